/** Whether an IPv4 address is one of those, or within a network of those, that a list names. */
import { BlockList, isIPv4 } from 'node:net'

/** Undefined where it is neither an IPv4 address nor a network of some. */
function parsed(text: string): { address: string; bits: number } | undefined {
  const [address = '', bits = '32', ...rest] = text.split('/')
  const isBits = /^\d{1,2}$/.test(bits) && Number(bits) <= 32
  return isIPv4(address) && isBits && rest.length === 0 ? { address, bits: Number(bits) } : undefined
}

export const isIPv4Network = (text: string): boolean => parsed(text) !== undefined

/** What `isIPv4Network` refuses is passed over. */
export function permitted(addresses: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const text of addresses) {
    const network = parsed(text)
    if (network) list.addSubnet(network.address, network.bits, 'ipv4')
  }
  return address => isIPv4(address) && list.check(address, 'ipv4')
}
