/** The lines of a file that has come, in their order, read from the letters that brought them, a part at a time. */
import { decodeLines, type Line } from '../../clearing/lines.ts'
import { leafHash } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import { takenLetter } from '../../mail/inbox.ts'
import { letters } from '../../mail/messages.ts'
import type { Branch } from '../branch.ts'
import { peerOf } from '../private/letters.ts'
import type { FileRow } from './files.ts'

export interface Part {
  /** The number of its first line. */
  readonly from: bigint
  readonly lines: readonly HashedLine[]
}

export type HashedLine = Line & { readonly hash: Uint8Array }

/** Lines that are decoded and hashed at a stretch, before everybody else has a turn: half a millisecond. */
const stretch = 200

/** Bytes of a hash. */
const width = 32

/** The hashes of a file's lines, one after another. */
export class LineHashes {
  readonly #bytes: Uint8Array

  constructor(lines: bigint) {
    this.#bytes = new Uint8Array(Number(lines) * width)
  }

  put(line: bigint, hash: Uint8Array): void {
    this.#bytes.set(hash, Number(line - 1n) * width)
  }

  of(line: bigint): Uint8Array {
    const at = Number(line - 1n) * width
    return this.#bytes.subarray(at, at + width)
  }
}

/** Every part that has a line at or after `from`. `known`: as they were hashed before. */
export async function* partsOf(
  branch: Branch,
  slices: Slices,
  file: FileRow,
  from: bigint,
  known?: LineHashes,
): AsyncGenerator<Part> {
  const { config, store } = branch
  const { payee, number } = file
  const peer = peerOf(branch, payee)
  const parts = await store.read(tx =>
    tx.all<{ line: bigint; count: bigint; skipped: bigint; epoch: bigint; sequence: bigint }>(
      `SELECT line, lines AS count, skipped, epoch, sequence FROM payee_file_part
       WHERE tenant = ? AND payee = ? AND number = ? AND line + lines > ? ORDER BY line`,
      ...[config.id, payee, number, from],
    ),
  )
  for (const { line, count, skipped, ...place } of parts) {
    const body = await store.read(tx => takenLetter(tx, config.id, peer, place))
    // A letter of a host has lines of several payees.
    const { lines: bytes } = letters['host-file-lines'].parse(body)
    const lines: HashedLine[] = []
    let before = 0n
    for (const { kind, ref, number, minor, intent, encoded } of decodeLines(bytes)) {
      if (before++ < skipped) continue
      const hash = known?.of(line + BigInt(lines.length)) ?? leafHash(encoded)
      lines.push({ kind, ref, number, minor, intent, hash })
      if (BigInt(lines.length) === count) break
      if (lines.length % stretch === 0) await slices.breathe()
    }
    yield { from: line, lines }
  }
}
