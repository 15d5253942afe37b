/**
 * Is it our Asterisk that answers? A busy port does not stop Asterisk's boot, so an answer alone proves nothing: each of
 * the three interfaces is asked something that only ours can answer.
 */
import { createSocket } from 'node:dgram'
import { type Runtime, randomId, withDeadline } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { userAgent } from './configuration.ts'
import { type AsteriskInstallation, type AsteriskPorts, loopback } from './installation.ts'
import { ManagerClient, ManagerRefused } from './manager-client.ts'

export interface Interfaces {
  readonly host: string
  readonly sipPort: number
  readonly ariPort: number
  readonly managerPort: number
  readonly managerPassword: Secret
  /** Any one institution's account at ARI; undefined when there is none yet. */
  readonly ari: { readonly user: string; readonly password: Secret } | undefined
  /** What our SIP port calls itself. */
  readonly userAgent: string
}

/** @param sipPort where SIP is asked: at the edge in front of one alone, or at each of several itself */
export function interfacesOf(
  installation: AsteriskInstallation,
  { ari, manager }: AsteriskPorts,
  sipPort: number,
): Interfaces {
  const [first] = Object.entries(installation.ariPasswords)
  return {
    host: loopback,
    sipPort,
    ariPort: ari,
    managerPort: manager,
    managerPassword: new Secret(installation.managerPassword),
    ari: first && { user: first[0], password: new Secret(first[1]) },
    userAgent: userAgent(installation),
  }
}

/** Another program answers on a port of ours, which was free when we chose it. */
export class PortTaken extends Error {
  constructor(what: string, port: number, answer?: string) {
    super(`${what} port ${port} is another program's${answer ? `: ${answer}` : ''}`)
    this.name = 'PortTaken'
  }
}

const answerMs = 2_000

/** Throws an error that names the interface that did not answer, or that answered as somebody else. */
export async function askAll(interfaces: Interfaces, runtime: Runtime): Promise<void> {
  await askStillThere(interfaces, runtime)
  await askSip(interfaces, runtime)
}

/** The same without SIP: Asterisk logs each SIP question, and this one is asked every few seconds. */
export async function askStillThere(interfaces: Interfaces, runtime: Runtime): Promise<void> {
  await askManager(interfaces, runtime)
  await askAri(interfaces, runtime)
}

async function askManager({ host, managerPort, managerPassword }: Interfaces, runtime: Runtime): Promise<void> {
  const address = { host, port: managerPort, user: 'switch', password: managerPassword }
  const client = await ManagerClient.open(address, runtime).catch((error: unknown) => {
    if (error instanceof ManagerRefused) throw new PortTaken('AMI', managerPort, error.message)
    throw error
  })
  try {
    await client.action('Ping')
  } finally {
    client.close()
  }
}

async function askAri({ host, ariPort, ari }: Interfaces, runtime: Runtime): Promise<void> {
  if (!ari) return
  const authorization = `Basic ${Buffer.from(`${ari.user}:${ari.password.reveal()}`).toString('base64')}`
  const give = new AbortController()
  try {
    const request = fetch(`http://${host}:${ariPort}/ari/asterisk/ping`, {
      headers: { authorization },
      signal: give.signal,
    })
    const response = await withDeadline(runtime, `ARI on port ${ariPort}`, answerMs, request)
    await response.body?.cancel()
    // 404 and 503 are also what an Asterisk says that is still loading.
    if (response.status === 401) throw new PortTaken('ARI', ariPort, 'it refuses our account')
    if (response.status !== 200) throw new Error(`ARI port ${ariPort} answers ${response.status}`)
  } finally {
    give.abort()
  }
}

/** OPTIONS without an account is refused (RFC 3261, section 11), and the refusal carries the name of who refuses. */
export async function askSip(
  { host, sipPort, userAgent }: Pick<Interfaces, 'host' | 'sipPort' | 'userAgent'>,
  runtime: Runtime,
): Promise<void> {
  const socket = createSocket('udp4')
  try {
    const answer = new Promise<string>((resolve, reject) => {
      socket.once('message', message => resolve(message.toString('latin1')))
      socket.once('error', reject)
    })
    await new Promise<void>(resolve => socket.bind(0, host, resolve))
    const own = `${host}:${socket.address().port}`
    const request = [
      `OPTIONS sip:${host}:${sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${randomId(runtime)};rport`,
      'Max-Forwards: 1',
      `From: <sip:readiness@${own}>;tag=${randomId(runtime)}`,
      `To: <sip:readiness@${host}:${sipPort}>`,
      `Call-ID: ${randomId(runtime)}`,
      'CSeq: 1 OPTIONS',
      'Content-Length: 0',
      '',
      '',
    ]
    socket.send(request.join('\r\n'), sipPort, host)
    const text = await withDeadline(runtime, `SIP on port ${sipPort}`, answerMs, answer)
    if (!new RegExp(`^(Server|User-Agent): ${userAgent}\\r?$`, 'm').test(text)) throw new PortTaken('SIP', sipPort)
  } finally {
    socket.close()
  }
}
