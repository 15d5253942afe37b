/** The two edges in front of Asterisk: telephones of this machine call at one, pages of browsers at the other. */
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { BrowserEdge } from './browser-edge/browser-edge.ts'
import { userAgent } from './configuration.ts'
import { type AsteriskInstallation, loopback } from './installation.ts'
import { isOwnAddress } from './own-addresses.ts'
import { openSipEdge, type SipEdge } from './sip-edge/sip-edge.ts'

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
    },
    runtime,
  )
}

/** Undefined where no page has a telephone. */
export function openBrowserEdge(
  installation: AsteriskInstallation,
  users: readonly string[],
  runtime: Runtime,
): BrowserEdge | undefined {
  if (users.length === 0) return undefined
  const { phonePasswords, ports } = installation
  const accounts = users.map(user => ({ user, password: new Secret(phonePasswords[user] ?? '') }))
  return new BrowserEdge({ accounts, asteriskPort: ports.ari, userAgent: userAgent(installation) }, runtime)
}
