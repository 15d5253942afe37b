/** Certificates of a cluster's machines, by an authority of its own, whose key signs them and is then not needed until there is another machine. */
import { execFile } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Member, memberFiles } from './plan.ts'

const validDays = '3650'
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const authorityKeyFile = 'ca.key'

/** Makes `ca.pem` and `ca.key` in `folder` where they are missing. `openssl`: the program. */
export async function makeAuthority(openssl: string, folder: string): Promise<void> {
  const [certificate, privateKey] = [join(folder, memberFiles.authority), join(folder, authorityKeyFile)]
  if (existsSync(certificate) && existsSync(privateKey)) return
  await run(openssl, [
    ...['req', '-x509', ...key, '-days', validDays, '-subj', '/CN=Tonebank cluster'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', privateKey, '-out', certificate],
  ])
}

/** A member's certificate and key in `own`, signed by the authority in `folder`: as a server and as a client, as etcd asks for both. */
export async function makeCertificate(openssl: string, folder: string, own: string, member: Member): Promise<void> {
  const [request, extensions] = [join(own, 'member.csr'), join(own, 'member.ext')]
  await run(openssl, [
    ...['req', ...key, '-subj', `/CN=${member.name}`],
    ...['-keyout', join(own, memberFiles.privateKey), '-out', request],
  ])
  writeFileSync(
    extensions,
    `subjectAltName=IP:${member.address},DNS:${member.name}
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
`,
  )
  await run(openssl, [
    ...['x509', '-req', '-in', request, '-days', validDays, '-extfile', extensions, '-CAcreateserial'],
    ...['-CA', join(folder, memberFiles.authority), '-CAkey', join(folder, authorityKeyFile)],
    ...['-out', join(own, memberFiles.certificate)],
  ])
  for (const file of [request, extensions]) rmSync(file)
}

function run(openssl: string, args: readonly string[]): Promise<unknown> {
  return promisify(execFile)(openssl, [...args], { timeout: 30_000 })
}
