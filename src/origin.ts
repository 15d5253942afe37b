/**
 * Where a request comes from, whichever channel it came by. It is proof of nothing: a telephone's number can be forged and an
 * address shared, unless it is attested. It says whose tries are counted together, and which limits apply.
 */
import { isIPv6 } from 'node:net'

export type Origin =
  /** `number` as the network tells it; undefined when it is withheld. `attested`: by a secret of the telephone's own. */
  | { readonly channel: 'telephone'; readonly number?: string | undefined; readonly attested?: true }
  /** `address` of the browser, as the server sees it. */
  | { readonly channel: 'page'; readonly address?: string | undefined }
  /** A payment terminal, by the id under which it was set up. */
  | { readonly channel: 'terminal'; readonly terminal: string }
  /** A program of a shop, by its API key: many payers stand behind it. */
  | { readonly channel: 'shop'; readonly key: string }

/** By which the customer of a bank comes. */
export type Channel = Exclude<Origin['channel'], 'shop'>

/** One text for each origin; all that withhold what they are share one per channel. */
export function originKey(origin: Origin): string {
  const who = whoOf(origin)
  return who === undefined ? `${origin.channel} withheld` : `${origin.channel}:${who}`
}

/** Undefined: it withholds what it is. A browser is its network, as it may have any address of that. */
export function whoOf(origin: Origin): string | undefined {
  switch (origin.channel) {
    case 'telephone':
      return origin.number
    case 'page':
      return origin.address === undefined ? undefined : networkOf(origin.address)
    case 'terminal':
      return origin.terminal
    case 'shop':
      return origin.key
  }
}

/**
 * Whoever has one IPv6 address has 2⁶⁴ of them (RFC 6177): all of a /64 are one, in the text of RFC 5952. An IPv4 address is itself, also where
 * IPv6 writes it (RFC 4291, section 2.5.5.2).
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)
  if (mapped?.[1] !== undefined) return mapped[1]
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = (text = '') => text.split(':').filter(Boolean)
  const [before, after] = [groups(head), groups(tail)]
  const between = tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  const network = [...before, ...between, ...after].slice(0, 4).map(each => Number.parseInt(each, 16).toString(16))
  return `${network.join(':')}::/64`
}
