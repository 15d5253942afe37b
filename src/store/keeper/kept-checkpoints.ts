/** Snapshots in PostgreSQL from which a new machine starts. They are those that the store takes and signs; the log before the older of the last two goes. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { addSignature, checkpointDigest, checkpointFile, checkpointsIn, isWhole } from '../change-log/checkpoint.ts'
import type { Checkpoint, CheckpointSignature } from '../change-log/checkpoint-facts.ts'
import { replaceFile } from '../replace-file.ts'
import { NotKept } from '../store.ts'
import type { Link } from './link.ts'
import type { Value } from './session.ts'

const partBytes = 1 << 20

/** Of one statement. A part has 1 MB. */
const rowsAtOnce = { tonebank_checkpoint: 256, tonebank_checkpoint_part: 64, tonebank_log: 256 }

const isHeld = 'EXISTS (SELECT 1 FROM held)'

/** What PostgreSQL holds is not what was put there. */
export class KeptCheckpointDamaged extends Error {
  constructor(institution: string, sequence: bigint) {
    super(`the checkpoint of ${institution} at record ${sequence} is not in PostgreSQL as it was put there`)
    this.name = 'KeptCheckpointDamaged'
  }
}

/** What PostgreSQL holds is not the institution's: whoever can write there could have put it there. */
export class KeptCheckpointDoubtful extends Error {
  constructor(institution: string, sequence: bigint, why: string) {
    super(`the checkpoint of ${institution} at record ${sequence} in PostgreSQL is not begun with: ${why}`)
    this.name = 'KeptCheckpointDoubtful'
  }
}

/** The institution's word on its checkpoints. A digest is `checkpointDigest`. */
export interface Vouching {
  sign(digest: Uint8Array): Promise<readonly CheckpointSignature[]>
  /** Why none of the signatures is the institution's. */
  doubt(digest: Uint8Array, signatures: readonly CheckpointSignature[]): Promise<string | undefined>
}

/** The same checkpoint of this folder, with the institution's word on it. */
export async function vouchedFor(folder: string, checkpoint: Checkpoint, { sign }: Vouching): Promise<Checkpoint> {
  const signatures = await sign(checkpointDigest(checkpoint))
  return signatures.reduce((signed, each) => addSignature(folder, signed, each), checkpoint)
}

export class KeptCheckpoints {
  readonly #link: Link
  readonly #institution: string

  constructor(link: Link, institution: string) {
    this.#link = link
    this.#institution = institution
  }

  /**
   * Nothing happens when it is there. It counts once its last part is there.
   * @throws NotKept when the lease is of another epoch by now, Refused, Unanswered
   */
  async put({ head, file }: Checkpoint, epoch: bigint): Promise<void> {
    const { sequence } = head
    const there = 'SELECT 1 AS there FROM tonebank_checkpoint WHERE institution = $1 AND sequence = $2'
    if ((await this.#link.query(there, [this.#institution, sequence])).length > 0) return
    const under = (text: string, ...values: readonly Value[]) => this.#under(epoch, text, [sequence, ...values])
    await this.#deleteUnder(epoch, 'tonebank_checkpoint_part', `sequence = ${sequence}`)
    let parts = 0n
    for (const bytes of partsOf(file))
      await under(
        'INSERT INTO tonebank_checkpoint_part (institution, sequence, part, bytes) SELECT $1, $3, $4, $5 FROM held',
        ...[parts++, bytes],
      )
    const facts = readFileSync(file.replace(/db$/, 'json'), 'utf8')
    await under(
      'INSERT INTO tonebank_checkpoint (institution, sequence, hash, facts, parts) SELECT $1, $3, $4, $5, $6 FROM held',
      ...[head.hash, facts, parts],
    )
  }

  /** The last record before the last one. Undefined: there is none. @throws Refused, Unanswered */
  async latest(): Promise<bigint | undefined> {
    const [row] = await this.#link.query(
      'SELECT max(sequence) AS latest FROM tonebank_checkpoint WHERE institution = $1',
      [this.#institution],
    )
    const latest = row?.['latest']
    return latest === null || latest === undefined ? undefined : BigInt(String(latest))
  }

  /** All but the last two, and the log before the older of them. Never the last record. @throws NotKept, as `put` */
  async letGo(epoch: bigint): Promise<void> {
    const older = `(SELECT min(sequence) FROM
      (SELECT sequence FROM tonebank_checkpoint WHERE institution = $1 ORDER BY sequence DESC LIMIT 2) AS two)`
    for (const table of ['tonebank_checkpoint', 'tonebank_checkpoint_part'] as const)
      await this.#deleteUnder(epoch, table, `sequence < ${older}`)
    await this.#deleteUnder(
      epoch,
      'tonebank_log',
      `sequence <= ${older} AND (SELECT count(*) FROM tonebank_checkpoint WHERE institution = $1) = 2
         AND sequence < (SELECT max(sequence) FROM tonebank_log WHERE institution = $1)`,
    )
  }

  /** In slices: for as long as one takes, nobody who takes over gets the lease. */
  async #deleteUnder(epoch: bigint, table: keyof typeof rowsAtOnce, which: string): Promise<void> {
    const slice = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE institution = $1 AND ${which} AND ${isHeld} LIMIT ${rowsAtOnce[table]}))`
    while ((await this.#under(epoch, slice)) > 0n);
  }

  /** What is changed is changed while the lease is of this epoch. `$1` and `$2`: institution and epoch. Returns how many rows. */
  async #under(epoch: bigint, text: string, values: readonly Value[] = []): Promise<bigint> {
    const under = `WITH held AS MATERIALIZED (SELECT 1 FROM tonebank_lease WHERE institution = $1 AND epoch = $2 FOR KEY SHARE),
      done AS (${text} RETURNING 1) SELECT (SELECT count(*) FROM done) AS done FROM held`
    const [held] = await this.#link.query(under, [this.#institution, epoch, ...values])
    if (held === undefined) throw new NotKept('another process has taken over')
    return BigInt(String(held['done']))
  }

  /**
   * The last one, as files in `folder`; `begun` hears that there is one. Undefined: there is none.
   * @throws KeptCheckpointDamaged, KeptCheckpointDoubtful
   */
  async fetch(folder: string, doubt: Vouching['doubt'], begun: () => void): Promise<Checkpoint | undefined> {
    const [row] = await this.#link.query(
      'SELECT sequence, facts, parts FROM tonebank_checkpoint WHERE institution = $1 ORDER BY sequence DESC LIMIT 1',
      [this.#institution],
    )
    if (row === undefined) return undefined
    begun()
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
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    replaceFile(checkpointFile(folder, sequence, 'json'), String(row['facts']))
    const checkpoint = checkpointsIn(folder).find(({ head }) => head.sequence === sequence)
    const isThere = checkpoint !== undefined && isWhole(checkpoint)
    const why = isThere && (await doubt(checkpointDigest(checkpoint), checkpoint.signatures))
    if (isThere && !why) return checkpoint
    for (const kind of ['db', 'json'] as const) rmSync(checkpointFile(folder, sequence, kind))
    if (why) throw new KeptCheckpointDoubtful(this.#institution, sequence, why)
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
