/** The addresses by which this machine is known. */
import { networkInterfaces } from 'node:os'
import type { Runtime } from '../runtime.ts'

/** IPv4 addresses of the network cards, as they are now; the loopback is none. */
export function ownAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return [...new Set(all.flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : [])))]
}

/** How long a look at the network cards holds: a laptop that joins another network waits no longer for its new address. */
const lookMs = 1_000

/**
 * Whether an IPv4 address is this machine's: plain SIP listens on the loopback, and what reaches it from an address of a
 * network card comes from this machine, too.
 */
export function isOwnAddress(runtime: Runtime, look = ownAddresses): (address: string) => boolean {
  let own = new Set(look())
  let lookedAtMs = runtime.monotonicMs()
  return address => {
    if (address.startsWith('127.')) return true
    if (runtime.monotonicMs() - lookedAtMs > lookMs) {
      own = new Set(look())
      lookedAtMs = runtime.monotonicMs()
    }
    return own.has(address)
  }
}
