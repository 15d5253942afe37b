/** The edges in front of Asterisk: for telephones of this machine, for those of the network, for pages of browsers, and for trunks. */
import { errorCode } from '../error-code.ts'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { BrowserEdge } from './browser-edge/browser-edge.ts'
import { userAgent } from './configuration.ts'
import { type AsteriskInstallation, loopback, networkLoopback } from './installation.ts'
import { isOwnAddress } from './own-addresses.ts'
import type { Network } from './pjsip.ts'
import { isTaken, PortBusy } from './ports.ts'
import { openSipEdge, type SipEdge } from './sip-edge/sip-edge.ts'
import { SwitchFailed } from './switch-failed.ts'
import { openTlsEdge, type TlsEdge } from './tls-edge/tls-edge.ts'
import { type Trunk, trunkLoopback } from './trunk-edge/trunk.ts'
import { openTrunkEdge, type TrunkEdge } from './trunk-edge/trunk-edge.ts'

/** @param publishedAddress where a container's ports are published */
export function openTelephoneEdge(
  installation: AsteriskInstallation,
  publishedAddress: string | undefined,
  runtime: Runtime,
): Promise<SipEdge> {
  const { ports } = installation
  return openSipEdge(
    {
      // A container's ports are published on the loopback of the machine outside: callers come from a gateway.
      own: { address: publishedAddress ? '0.0.0.0' : loopback, port: ports.sip },
      admits: publishedAddress ? () => true : isOwnAddress(runtime),
      asterisk: { address: loopback, port: ports.asteriskSip },
      userAgent: userAgent(installation),
      isBeforeBalancer: isBalanced(installation),
    },
    runtime,
  )
}

const isBalanced = ({ asterisks }: AsteriskInstallation) => asterisks !== undefined

/** Undefined where the network is not let in. @param log is told in a line of each address that is shut out */
export async function openNetworkEdge(
  installation: AsteriskInstallation,
  network: Network | undefined,
  log: (line: string) => void,
  runtime: Runtime,
): Promise<TlsEdge | undefined> {
  if (network === undefined) return undefined
  const { ports } = installation
  return openTlsEdge(
    {
      own: { address: network.host, port: ports.tls },
      asterisk: { address: loopback, port: ports.asteriskTls, from: networkLoopback },
      userAgent: userAgent(installation),
      certificate: network.certificate,
      isBeforeBalancer: isBalanced(installation),
      onBlocked: ({ address, why, seconds }) => log(`${address} is shut out for ${seconds} s: ${why}`),
    },
    runtime,
  )
}

/** Undefined where no page has a telephone. @param asteriskPort where the next page's Asterisk has its HTTP server */
export function openBrowserEdge(
  installation: AsteriskInstallation,
  users: readonly string[],
  asteriskPort: () => number,
  runtime: Runtime,
): BrowserEdge | undefined {
  if (users.length === 0) return undefined
  const { phonePasswords } = installation
  const accounts = users.map(user => ({ user, password: new Secret(phonePasswords[user] ?? '') }))
  return new BrowserEdge({ accounts, asteriskPort, userAgent: userAgent(installation) }, runtime)
}

/** @param log is told in a line whenever a provider takes us, or does no more */
export async function openTrunkEdges(
  installation: AsteriskInstallation,
  trunks: readonly Trunk[],
  { publishedAddress, log }: { readonly publishedAddress?: string | undefined; readonly log: (line: string) => void },
  runtime: Runtime,
): Promise<TrunkEdge[]> {
  const { ports } = installation
  const edges: TrunkEdge[] = []
  try {
    for (const [index, trunk] of trunks.entries()) {
      const options = {
        trunk,
        asterisk: { address: loopback, port: ports.asteriskSip, from: trunkLoopback(index) },
        asteriskSays: { address: publishedAddress ?? loopback, port: ports.sip },
        userAgent: userAgent(installation),
        onChanged: (state: string) => log(`the trunk ${trunk.name}: ${state}`),
      }
      edges.push(await openTrunkEdge(options, runtime))
    }
    return edges
  } catch (error) {
    // Whoever tries again needs their ports.
    await Promise.all(edges.map(edge => edge.close()))
    const { name = '', own } = trunks[edges.length] ?? {}
    if (own && isTaken(error)) throw new PortBusy(`trunk ${name}`, 'udp', own.address, own.port)
    if (own && errorCode(error) === 'EADDRNOTAVAIL')
      throw new SwitchFailed(`the trunk ${name} is to listen at ${own.address}, which is no address of this machine`)
    throw error
  }
}
