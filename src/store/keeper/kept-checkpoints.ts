/** Snapshots in PostgreSQL from which a new machine starts. They are those that the store takes and signs; the log before the older of the last two goes. */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs'
import { checkpointFile, checkpointsIn, isWhole } from '../change-log/checkpoint.ts'
import type { Checkpoint } from '../change-log/checkpoint-facts.ts'
import { replaceFile } from '../replace-file.ts'
import type { Link } from './link.ts'

const partBytes = 1 << 20

/** What PostgreSQL holds is not what was put there. */
export class KeptCheckpointDamaged extends Error {
  constructor(institution: string, sequence: bigint) {
    super(`the checkpoint of ${institution} at record ${sequence} is not in PostgreSQL as it was put there`)
    this.name = 'KeptCheckpointDamaged'
  }
}

export class KeptCheckpoints {
  readonly #link: Link
  readonly #institution: string

  constructor(link: Link, institution: string) {
    this.#link = link
    this.#institution = institution
  }

  /** Nothing happens when it is there. It counts once its last part is there. @throws Refused, Unanswered */
  async put({ head, file }: Checkpoint): Promise<void> {
    const place = [this.#institution, head.sequence] as const
    const of = 'WHERE institution = $1 AND sequence = $2'
    if ((await this.#link.query(`SELECT 1 AS there FROM tonebank_checkpoint ${of}`, place)).length > 0) return
    await this.#link.query(`DELETE FROM tonebank_checkpoint_part ${of}`, place)
    let parts = 0n
    for (const bytes of partsOf(file))
      await this.#link.query(
        'INSERT INTO tonebank_checkpoint_part (institution, sequence, part, bytes) VALUES ($1, $2, $3, $4)',
        [...[...place, parts++, bytes]],
      )
    await this.#link.query(
      'INSERT INTO tonebank_checkpoint (institution, sequence, hash, facts, parts) VALUES ($1, $2, $3, $4, $5)',
      [...place, head.hash, readFileSync(file.replace(/db$/, 'json'), 'utf8'), parts],
    )
  }

  /** All but the last two, and the log before the older of them. Never the last record. */
  async letGo(): Promise<void> {
    const older = `(SELECT min(sequence) FROM
      (SELECT sequence FROM tonebank_checkpoint WHERE institution = $1 ORDER BY sequence DESC LIMIT 2) AS two)`
    const of = [this.#institution]
    await this.#link.query(`DELETE FROM tonebank_checkpoint WHERE institution = $1 AND sequence < ${older}`, of)
    await this.#link.query(`DELETE FROM tonebank_checkpoint_part WHERE institution = $1 AND sequence < ${older}`, of)
    await this.#link.query(
      `DELETE FROM tonebank_log WHERE institution = $1 AND sequence <= ${older}
         AND (SELECT count(*) FROM tonebank_checkpoint WHERE institution = $1) = 2
         AND sequence < (SELECT max(sequence) FROM tonebank_log WHERE institution = $1)`,
      of,
    )
  }

  /** The last one, as files in `folder`. Undefined: there is none. @throws KeptCheckpointDamaged */
  async fetch(folder: string): Promise<Checkpoint | undefined> {
    const [row] = await this.#link.query(
      'SELECT sequence, facts, parts FROM tonebank_checkpoint WHERE institution = $1 ORDER BY sequence DESC LIMIT 1',
      [this.#institution],
    )
    if (row === undefined) return undefined
    const sequence = BigInt(String(row['sequence']))
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = checkpointFile(folder, sequence, 'db')
    const descriptor = openSync(file, 'w', 0o600)
    try {
      for (let part = 0n; part < BigInt(String(row['parts'])); part++) {
        const [found] = await this.#link.query(
          'SELECT bytes FROM tonebank_checkpoint_part WHERE institution = $1 AND sequence = $2 AND part = $3',
          [this.#institution, sequence, part],
        )
        if (found === undefined) throw new KeptCheckpointDamaged(this.#institution, sequence)
        writeWhole(descriptor, found['bytes'] as Uint8Array)
      }
    } finally {
      closeSync(descriptor)
    }
    replaceFile(checkpointFile(folder, sequence, 'json'), String(row['facts']))
    const checkpoint = checkpointsIn(folder).find(({ head }) => head.sequence === sequence)
    if (checkpoint !== undefined && isWhole(checkpoint)) return checkpoint
    for (const kind of ['db', 'json'] as const) rmSync(checkpointFile(folder, sequence, kind))
    throw new KeptCheckpointDamaged(this.#institution, sequence)
  }
}

function* partsOf(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    for (let at = 0; at < size; ) {
      const part = Buffer.alloc(Math.min(partBytes, size - at))
      at += readSync(descriptor, part, 0, part.length, at)
      yield part
    }
  } finally {
    closeSync(descriptor)
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
}
