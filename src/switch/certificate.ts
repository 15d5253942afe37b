/** The certificate for callers from the network: one per installation, made here, signed by itself. */
import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Program } from './program.ts'

export interface Certificate {
  readonly certificateFile: string
  readonly privateKeyFile: string
  /** SHA-256 of the certificate, in hex pairs with colons: what a person compares with the softphone's display. */
  readonly fingerprint: string
}

const validDays = 825
const renewBeforeSeconds = 30 * 86_400

/**
 * The installation's certificate, renewed when it has less than 30 days left or does not name `host`, an IPv4 address at which this
 * machine was not yet known. Phones that trust it must be told anew then.
 */
export async function openCertificate(folder: string, host: string, openssl: Program): Promise<Certificate> {
  const certificateFile = join(folder, 'network-certificate.pem')
  const privateKeyFile = join(folder, 'network-key.pem')
  const isGood =
    existsSync(privateKeyFile) && names(certificateFile, host) && (await stillValid(openssl, certificateFile))
  if (!isGood) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    await make(openssl, host, certificateFile, privateKeyFile)
  }
  const { fingerprint256 } = new X509Certificate(readFileSync(certificateFile))
  return { certificateFile, privateKeyFile, fingerprint: fingerprint256 }
}

/** Softphones do not ask for it; browsers do. */
const names = (certificateFile: string, host: string): boolean =>
  existsSync(certificateFile) && new X509Certificate(readFileSync(certificateFile)).checkIP(host) !== undefined

/** False also when there is no certificate. */
function stillValid(openssl: Program, certificateFile: string): Promise<boolean> {
  const check = ['x509', '-in', certificateFile, '-noout', '-checkend', String(renewBeforeSeconds)]
  return run(openssl, check).then(
    () => true,
    () => false,
  )
}

async function make(openssl: Program, host: string, certificateFile: string, privateKeyFile: string): Promise<void> {
  const names = `subjectAltName=${[...new Set([`IP:${host}`, ...namesOfThisMachine()])].join(',')}`
  // openssl itself creates the key with mode 0600.
  await run(openssl, [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', String(validDays), '-subj', '/CN=Tonebank', '-addext', names],
    ...['-keyout', privateKeyFile, '-out', certificateFile],
  ])
}

function run(openssl: Program, args: readonly string[]): Promise<unknown> {
  return promisify(execFile)(openssl.command, [...openssl.args, ...args], {
    env: { ...process.env, ...openssl.env },
    timeout: 30_000,
  })
}

function namesOfThisMachine(): string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap(each => each ?? [])
    .filter(({ family }) => family === 'IPv4')
  return [`DNS:${hostname()}`, 'DNS:localhost', ...addresses.map(({ address }) => `IP:${address}`)]
}
