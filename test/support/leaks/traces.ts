/**
 * The traces that a known secret could leave in bytes: as it is, reversed, in hexadecimal, in base64 at any of its three
 * alignments, in packed decimals, and one digit to a line.
 */

export type Encoding = 'raw' | 'reversed' | 'utf16' | 'hex' | 'base64' | 'bcd' | 'one-digit-a-line'

export interface Trace {
  readonly secret: string
  readonly encoding: Encoding
}

/**
 * Which traces of `secrets` are in `bytes`. The packed decimals of six digits are three bytes and so turn up by chance
 * (once in 17 MB); `significant` tells chance from a leak.
 */
export function tracesIn(bytes: Buffer, secrets: readonly string[]): Trace[] {
  if (secrets.length === 0) return []
  const text = bytes.toString('latin1')
  const rebuilt = digitsLineByLine(text)
  const written = Buffer.from(text.replace(digest, '#'), 'latin1')
  return secrets.flatMap(secret => {
    const found = encodings(secret).filter(({ encoding, patterns }) => {
      const within = encoding === 'raw' || encoding === 'reversed' ? written : bytes
      return patterns.some(pattern => within.includes(pattern))
    })
    const traces = found.map(({ encoding }): Trace => ({ secret, encoding }))
    return rebuilt.some(digits => digits.includes(secret))
      ? [...traces, { secret, encoding: 'one-digit-a-line' as const }]
      : traces
  })
}

/**
 * A leak writes every secret of its kind, chance only one: an encoding of fewer than five bytes counts when it was found
 * for two secrets or more, any other at once.
 */
export function significant(traces: readonly Trace[]): Trace[] {
  return traces.filter(trace => {
    if (trace.encoding !== 'bcd' || trace.secret.length >= 10) return true
    const others = traces.filter(({ secret, encoding }) => encoding === 'bcd' && secret !== trace.secret)
    return others.length > 0
  })
}

/**
 * A digest or an id in hexadecimal. Of the thousand that a run writes down, one in a hundred runs holds any six digits by chance; who lets a
 * secret out does not write it between letters from a to f.
 */
const digest = /(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{12,}(?![0-9A-Za-z])/g

function encodings(secret: string): { encoding: Encoding; patterns: Buffer[] }[] {
  const hex = Buffer.from(secret, 'latin1').toString('hex')
  return [
    { encoding: 'raw', patterns: [Buffer.from(secret, 'latin1')] },
    { encoding: 'reversed', patterns: [Buffer.from([...secret].reverse().join(''), 'latin1')] },
    { encoding: 'utf16', patterns: [Buffer.from(secret, 'utf16le')] },
    { encoding: 'hex', patterns: [Buffer.from(hex), Buffer.from(hex.toUpperCase())] },
    { encoding: 'base64', patterns: base64Alignments(secret) },
    { encoding: 'bcd', patterns: packed(secret) },
  ]
}

/** Base64 of the secret behind zero, one or two other bytes, without the characters that its neighbours share. */
function base64Alignments(secret: string): Buffer[] {
  return [0, 1, 2].map(shift => {
    const text = Buffer.from('\0'.repeat(shift) + secret, 'latin1')
      .toString('base64')
      .replace(/=+$/, '')
    const first = [0, 2, 3][shift] ?? 0
    const whole = (shift + secret.length) % 3 === 0
    return Buffer.from(text.slice(first, whole ? undefined : -1))
  })
}

/** Two digits a byte, high digit first and low digit first; an odd one is padded with 0 or F at either end. */
function packed(secret: string): Buffer[] {
  const even = secret.length % 2 === 0 ? [secret] : [`${secret}f`, `${secret}0`, `0${secret}`, `f${secret}`]
  const swapped = even.map(digits => digits.replace(/(.)(.)/g, '$2$1'))
  return [...even, ...swapped].map(digits => Buffer.from(digits, 'hex'))
}

/**
 * What lines that name single digits spell, as a debug log of key presses would: all of them in turn, those of one call,
 * and those in which the digit stands at the same place of the same sentence; as written, and with two to four copies of
 * each taken for one, as a key often leaves. Lines belong to one call when they share a long hexadecimal id, a channel
 * name or an address in memory.
 */
function digitsLineByLine(text: string): string[] {
  const spelled = new Map<string, string>()
  const add = (key: string, digit: string) => spelled.set(key, (spelled.get(key) ?? '') + digit)
  let call = ''
  for (const line of text.split('\n')) {
    // A header of a record (`Digit: 4`) belongs to the call that an earlier header named.
    call = /\b[0-9a-f]{32}\b|PJSIP\/[\w-]+|\b0x[0-9a-f]{8,}/.exec(line)?.[0] ?? (/^\w+: /.test(line) ? call : '')
    const digits = [...line.matchAll(/(?<![\w.])\d(?![\w.])/g)]
    if (digits.length === 0) continue
    for (const { 0: digit, index } of digits) add(`${call}: ${sentence(line.slice(0, index))}`, digit)
    const alone = [...line.matchAll(/(?<![\w.:/-])["'`]?(\d)["'`]?(?![\w.:/-])/g)]
    if (alone.length !== 1) continue
    for (const key of new Set(['', call])) add(key, alone[0]?.[1] ?? '')
  }
  const onceEach = [2, 3, 4].map(times => new RegExp(`(\\d)\\1{${times - 1}}`, 'g'))
  return [...spelled.values()].flatMap(digits => [digits, ...onceEach.map(copies => digits.replace(copies, '$1'))])
}

/** What is the same each time that a program writes this: no number, no id. */
const sentence = (text: string): string => text.replace(/[0-9a-f]{8,}|\d+/g, '#')
