/** The addresses by which this machine is known, other than the loopback. */
import { networkInterfaces } from 'node:os'

/**
 * IPv4 addresses of the network cards, as they are now: plain SIP listens on the IPv4 loopback alone, and what reaches it
 * from one of these comes from this machine.
 */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return [...new Set(all.flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : [])))]
}
