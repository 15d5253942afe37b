/**
 * Proves one day-end file from its raw rows, with code of its own: its header is what its hash says, its lines are those of
 * the header, and each line's hash is that of its fields. Used by the audits of both ends, which share nothing else with the
 * rooms that they check.
 */
import { createHash } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'

export type FileToProve = {
  readonly number: bigint
  readonly date: string
  readonly header: Uint8Array
  readonly hash: Uint8Array
}

export type LineToProve = {
  readonly line: bigint
  readonly kind: string
  readonly ref: bigint
  readonly voucher: string
  readonly minor: bigint
  readonly intent: Uint8Array | null
  readonly hash: Uint8Array
}

const codes: Readonly<Record<string, number>> = { capture: 0, reversal: 1, termination: 2, refund: 3 }

/** Adds lines to a Merkle tree of RFC 9162, by levels. */
export class RootAgain {
  readonly #levels: (Uint8Array | undefined)[] = []

  add(leaf: Uint8Array): void {
    let carried = leaf
    let level = 0
    for (; ; level++) {
      const waiting = this.#levels[level]
      if (waiting === undefined) break
      carried = sha256(Buffer.from([1]), waiting, carried)
      this.#levels[level] = undefined
    }
    this.#levels[level] = carried
  }

  /** In hexadecimal. */
  root(): string {
    let joined: Uint8Array | undefined
    for (const hash of this.#levels) {
      if (hash !== undefined) joined = joined === undefined ? hash : sha256(Buffer.from([1]), hash, joined)
    }
    return hex(joined ?? sha256())
  }
}

/** What is wrong with a line by itself; it is added to the file's root. */
export function lineFault({ kind, ref, voucher, minor, intent, hash }: LineToProve): string | undefined {
  const fields = [codes[kind] ?? -1, ref, voucher, minor, ...(intent === null ? [] : [intent])]
  const encoded = encode(fields, rfc8949EncodeOptions)
  return hex(sha256(Buffer.from([0]), encoded)) === hex(hash) ? undefined : 'its hash is not that of its fields'
}

/** What is wrong with a file's header, and the root and totals that it states. */
export function readHeader(
  file: FileToProve,
  parties: { readonly from: string; readonly to: string },
  previous: Uint8Array | undefined,
): { readonly faults: readonly string[]; readonly root: string; readonly totals: ReadonlyMap<string, string> } {
  const faults: string[] = []
  if (hex(sha256(file.header)) !== hex(file.hash)) faults.push('its hash is not that of its header')
  const header = record(safely(file.header))
  if (header['from'] !== parties.from || header['to'] !== parties.to) faults.push('its header names others')
  if (String(header['number']) !== String(file.number) || header['date'] !== file.date)
    faults.push('its header has another number or date')
  if (hex(bytes(header['previous'])) !== hex(previous ?? new Uint8Array(32)))
    faults.push('it does not follow the file before')
  const sections = Array.isArray(header['sections']) ? header['sections'] : []
  const section = record(sections[0])
  const totals = new Map(
    Object.entries(record(section['totals'])).map(([kind, total]) => {
      const { count, minor } = record(total)
      return [kind, `${count}/${minor}`]
    }),
  )
  return { faults, root: hex(bytes(section['root'])), totals }
}

/** A result's amounts by their names, as texts: `float.opening`, `accepted.capture.minor`. Empty when it cannot be read. */
export function readResult(encoded: Uint8Array): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string, value: unknown) => {
    if (value instanceof Uint8Array) found.set(path, hex(value))
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(path === '' ? key : `${path}.${key}`, inner)
    else found.set(path, String(value))
  }
  visit('', safely(encoded))
  return found
}

/** A number as it was read, or one that no book has. */
export function numberIn(text: string | undefined): bigint {
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : -1n
}

export function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export function safely(encoded: Uint8Array): unknown {
  try {
    return decode(encoded)
  } catch {
    return undefined
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

export function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}
