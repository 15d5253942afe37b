/**
 * Where a request comes from, whichever channel it came by. It is proof of nothing: a telephone's number can be forged and an
 * address shared, unless it is attested. It says whose tries are counted together, and which limits apply.
 */
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

/** Undefined: it withholds what it is. */
export function whoOf(origin: Origin): string | undefined {
  switch (origin.channel) {
    case 'telephone':
      return origin.number
    case 'page':
      return origin.address
    case 'terminal':
      return origin.terminal
    case 'shop':
      return origin.key
  }
}
