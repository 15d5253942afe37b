/**
 * What is particular to one installation of the switch: its ports and its passwords, drawn once and kept in
 * `<data>/switch/installation.json`, readable by the owner only.
 */

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { errorCode } from '../error-code.ts'
import { type Runtime, randomBelow } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { freePort, freeRtpRange, isFree, PortBusy, type Protocol } from './ports.ts'

export const loopback = '127.0.0.1'

/**
 * Addresses of the loopback by which Asterisk tells apart who is behind an edge: its accounts of the network are served to this one
 * alone. Linux has them all without being told.
 */
export const networkLoopback = '127.0.0.3'

/** Where one Asterisk listens, on the loopback: SIP, ARI, AMI, and for sound from `rtpFirst` to `rtpLast`. */
export interface AsteriskPorts {
  readonly sip: number
  readonly ari: number
  readonly manager: number
  readonly rtpFirst: number
  readonly rtpLast: number
}

/** Every port the switch listens on, with one Asterisk or the first of several. RTP takes the range from `rtpFirst` to `rtpLast`, both included. */
export interface Ports {
  /** Where telephones call by plain SIP: the edge's. */
  sip: number
  /** Where the edge finds Asterisk, or what stands in front of several. */
  asteriskSip: number
  /** Where telephones of the network call: the edge's. */
  tls: number
  /** Where that edge finds Asterisk. */
  asteriskTls: number
  ari: number
  manager: number
  rtpFirst: number
  rtpLast: number
}

const port = z.number().int().min(1).max(65_535)
const installationFile = z.object({
  id: z.string().regex(/^[a-z0-9]{8}$/),
  ports: z.object({
    sip: port,
    asteriskSip: port.optional(),
    tls: port,
    asteriskTls: port.optional(),
    ari: port,
    manager: port,
    rtpFirst: port,
    rtpLast: port,
  }),
  /** Of each Asterisk, where there are several. */
  asterisks: z.array(z.object({ sip: port, ari: port, manager: port, rtpFirst: port, rtpLast: port })).optional(),
  /** By which each Asterisk knows what stands in front of it: drawn anew at each start. */
  balancerKeys: z.array(z.string()).optional(),
  managerPassword: z.string(),
  ariPasswords: z.record(z.string(), z.string()),
  phonePasswords: z.record(z.string(), z.string()),
})

type Kept = z.infer<typeof installationFile>
export type AsteriskInstallation = Omit<Kept, 'ports'> & { readonly ports: Ports }

/** 1,000 streams, each with its RTCP port. */
const rtpPortCount = 2_000

/** What a softphone tries unless told otherwise, so the first installation of a machine takes them. */
const customary: Partial<Record<Listener, number>> = { sip: 5060, tls: 5061, ari: 8088, manager: 5038 }

const listening = {
  sip: ['udp', 'tcp'],
  asteriskSip: ['udp', 'tcp'],
  tls: ['tcp'],
  asteriskTls: ['tcp'],
  ari: ['tcp'],
  manager: ['tcp'],
} as const satisfies Record<string, readonly Protocol[]>
type Listener = keyof typeof listening

const told: Record<Listener, string> = {
  sip: 'SIP',
  asteriskSip: 'SIP between edge and Asterisk',
  tls: 'SIP over TLS',
  asteriskTls: 'SIP between the edge of TLS and Asterisk',
  ari: 'ARI',
  manager: 'AMI',
}

export interface InstallationWishes {
  readonly dataFolder: string
  readonly institutions: readonly string[]
  readonly phones: readonly string[]
  /** How many Asterisk; one, unless it is said. */
  readonly asterisks?: number
  /** Ports that the operator chose. One that is busy is an error; a port that we chose ourselves is replaced. */
  readonly ports: Partial<Ports>
  /** Address of the TLS listener; undefined when phones of the network are not let in. */
  readonly tlsHost: string | undefined
  /** Try the customary ports (5060, 8088, …) for a new installation. */
  readonly customaryPorts: boolean
  /** Do not look whether Asterisk's ports that were kept are free: it runs on them already, elsewhere. */
  readonly trustKeptPorts: boolean
  /** Told of a port that had to change. */
  readonly onPortMoved: (what: string, from: number, to: number) => void
}

/** How a telephone of this machine calls an installation: its SIP port and a user's password. Undefined where there is no such user. */
export function phoneIn(
  dataFolder: string,
  user: string,
): { readonly port: number; readonly password: Secret } | undefined {
  const kept = read(fileIn(dataFolder))
  const password = kept?.phonePasswords[user]
  return kept && password !== undefined ? { port: kept.ports.sip, password: new Secret(password) } : undefined
}

/**
 * Opens the installation, creating or completing it as needed; every port is free when this returns.
 * Throws `PortBusy` for a port of the operator's that is not.
 */
export async function openInstallation(wishes: InstallationWishes, runtime: Runtime): Promise<AsteriskInstallation> {
  const path = fileIn(wishes.dataFolder)
  const kept = read(path)
  const ports = await choosePorts(kept?.ports, wishes, runtime)
  const several = wishes.asterisks !== undefined && wishes.asterisks > 1
  const installation: AsteriskInstallation = {
    id: kept?.id ?? word(runtime, 8),
    ports,
    ...(several && {
      asterisks: await chooseAsterisks(kept?.asterisks ?? [], ports, wishes, runtime),
      balancerKeys: Array.from({ length: wishes.asterisks ?? 1 }, () => word(runtime, 32)),
    }),
    managerPassword: kept?.managerPassword ?? word(runtime, 32),
    ariPasswords: withPasswords(kept?.ariPasswords, wishes.institutions, 32, runtime),
    // A caller types this one into a softphone: 80 bits, and no letter that looks like a digit.
    phonePasswords: withPasswords(kept?.phonePasswords, wishes.phones, 16, runtime),
  }
  write(path, installation)
  return installation
}

/** The same installation with an ARI account for each of these institutions. */
export function admit(
  installation: AsteriskInstallation,
  { dataFolder, institutions }: Pick<InstallationWishes, 'dataFolder' | 'institutions'>,
  runtime: Runtime,
): AsteriskInstallation {
  const ariPasswords = withPasswords(installation.ariPasswords, institutions, 32, runtime)
  const admitted = { ...installation, ariPasswords }
  write(fileIn(dataFolder), admitted)
  return admitted
}

/** Where each Asterisk listens: one alone, or several. */
export function asteriskPortsOf({ ports, asterisks }: AsteriskInstallation): readonly AsteriskPorts[] {
  const { asteriskSip: sip, ari, manager, rtpFirst, rtpLast } = ports
  return asterisks ?? [{ sip, ari, manager, rtpFirst, rtpLast }]
}

const fileIn = (dataFolder: string) => join(dataFolder, 'switch/installation.json')

function read(path: string): Kept | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  return installationFile.parse(JSON.parse(text))
}

function write(path: string, installation: AsteriskInstallation): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, `${JSON.stringify(installation, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

async function choosePorts(
  kept: Kept['ports'] | undefined,
  wishes: InstallationWishes,
  runtime: Runtime,
): Promise<Ports> {
  const chosen = {} as Ports
  for (const name of ['sip', 'asteriskSip', 'tls', 'asteriskTls', 'ari', 'manager'] as const) {
    chosen[name] = await choosePort(name, kept?.[name], Object.values(chosen), wishes, runtime)
  }
  const rtpFirst = wishes.ports.rtpFirst ?? kept?.rtpFirst ?? (await freeRtpRange(runtime, loopback, rtpPortCount))
  const rtpLast = wishes.ports.rtpLast ?? (wishes.ports.rtpFirst ? undefined : kept?.rtpLast)
  return { ...chosen, rtpFirst, rtpLast: rtpLast ?? rtpFirst + rtpPortCount - 1 }
}

/** The first has the ports for ARI, AMI and sound that it has where it is alone. */
async function chooseAsterisks(
  kept: readonly AsteriskPorts[],
  { ari, manager, rtpFirst, rtpLast, ...others }: Ports,
  wishes: InstallationWishes,
  runtime: Runtime,
): Promise<AsteriskPorts[]> {
  const taken = Object.values({ ari, manager, ...others })
  const chosen: AsteriskPorts[] = []
  const choose = async (name: Listener, before: number | undefined) => {
    const found = await choosePort(name, before, taken, { ...wishes, ports: {}, customaryPorts: false }, runtime)
    taken.push(found)
    return found
  }
  for (let index = 0; index < (wishes.asterisks ?? 1); index++) {
    const before = kept[index]
    const sip = await choose('asteriskSip', before?.sip)
    if (index === 0) {
      chosen.push({ sip, ari, manager, rtpFirst, rtpLast })
      continue
    }
    const own = { sip, ari: await choose('ari', before?.ari), manager: await choose('manager', before?.manager) }
    const first = before?.rtpFirst ?? (await freeRtpRangeBeside(chosen, runtime))
    chosen.push({ ...own, rtpFirst: first, rtpLast: first + rtpPortCount - 1 })
  }
  return chosen
}

/** Each Asterisk may send and hear where no other does. */
async function freeRtpRangeBeside(others: readonly AsteriskPorts[], runtime: Runtime): Promise<number> {
  for (;;) {
    const first = await freeRtpRange(runtime, loopback, rtpPortCount)
    const overlaps = others.some(({ rtpFirst, rtpLast }) => first <= rtpLast && first + rtpPortCount > rtpFirst)
    if (!overlaps) return first
  }
}

async function choosePort(
  name: Listener,
  kept: number | undefined,
  taken: readonly number[],
  wishes: InstallationWishes,
  runtime: Runtime,
): Promise<number> {
  const protocols = listening[name]
  const host = name === 'tls' ? (wishes.tlsHost ?? loopback) : loopback
  const busyProtocol = async (port: number) => {
    for (const protocol of protocols) if (!(await isFree(protocol, host, port))) return protocol
    return undefined
  }
  const isAsterisks = wishes.trustKeptPorts && name !== 'sip' && name !== 'tls'
  const usable = async (port: number) =>
    !taken.includes(port) && ((isAsterisks && port === kept) || (await busyProtocol(port)) === undefined)

  const wished = wishes.ports[name]
  if (wished !== undefined) {
    if (await usable(wished)) return wished
    throw new PortBusy(told[name], (await busyProtocol(wished)) ?? protocols[0], host, wished)
  }
  const first = kept ?? (wishes.customaryPorts ? customary[name] : undefined)
  if (first !== undefined && (await usable(first))) return first
  for (;;) {
    const port = await freePort(runtime, protocols[0], host)
    if (!(await usable(port))) continue
    if (first !== undefined) wishes.onPortMoved(told[name], first, port)
    return port
  }
}

function withPasswords(
  kept: Record<string, string> | undefined,
  names: readonly string[],
  length: number,
  runtime: Runtime,
): Record<string, string> {
  return Object.fromEntries(names.map(name => [name, kept?.[name] ?? word(runtime, length)]))
}

/** 32 characters, 5 bits each, without `i`, `l`, `o` and `1`, which are read for one another. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz023456789'

function word(runtime: Runtime, length: number): string {
  return Array.from({ length }, () => alphabet[randomBelow(runtime, alphabet.length)]).join('')
}
