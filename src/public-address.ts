/** Whether an IP address is of a machine out there: not of this one, of its own network, or of none (RFC 6890, IANA's special-purpose registries). */
import { BlockList, isIP } from 'node:net'

// One list of both would take every IPv4 address for one that IPv6 stands for.
const own = { 4: new BlockList(), 6: new BlockList() }
for (const [network, bits] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const),
] as const)
  own[4].addSubnet(network, bits, 'ipv4')
// What stands for an IPv4 address is no address of its own.
for (const [network, bits] of [
  ...([
    ['::', 96],
    ['::ffff:0:0', 96],
    ['64:ff9b::', 16],
    ['2002::', 16],
    ['2001::', 32],
  ] as const),
  ...([
    ['fc00::', 7],
    ['fe80::', 9],
    ['ff00::', 8],
    ['100::', 64],
  ] as const),
] as const)
  own[6].addSubnet(network, bits, 'ipv6')

/** False of what is no IP address. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !own[4].check(address, 'ipv4')
  return family === 6 && !own[6].check(address, 'ipv6')
}
