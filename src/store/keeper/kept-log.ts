/** An institution's log in PostgreSQL: a row for each commit group, written under the epoch of its lease. */
import type { LogHead } from '../change-log/head.ts'
import { type ChainedRecord, sha256 } from '../change-log/record.ts'
import type { Link } from './link.ts'
import { Refused, Unanswered } from './session.ts'

export class KeptLog {
  readonly #link: Link
  readonly #institution: string

  constructor(link: Link, institution: string) {
    this.#link = link
    this.#institution = institution
  }

  /**
   * One statement, which commits by itself: what PostgreSQL refuses was not kept. `fenced`: the lease is another's by now.
   * @throws Refused, Unanswered: also when there is a record of this number, as then the server asked has another history
   */
  async append({ sequence, record }: ChainedRecord, previous: Uint8Array, epoch: bigint): Promise<'kept' | 'fenced'> {
    const writing = this.#link.query(
      `INSERT INTO tonebank_log (institution, sequence, epoch, previous, record)
         SELECT institution, $3, epoch, $4, $5 FROM tonebank_lease WHERE institution = $1 AND epoch = $2 FOR KEY SHARE
         RETURNING 1 AS kept`,
      [this.#institution, epoch, sequence, previous, record],
      'keep',
    )
    const written = await writing.catch(error => {
      if (error instanceof Refused && isThere(error.cause))
        throw new Unanswered('a record of this number is there', error)
      throw error
    })
    return written.length === 1 ? 'kept' : 'fenced'
  }

  /**
   * At most `limit` records after `after`, oldest first. A record that no standby has confirmed can be seen when whoever wrote it has gone, and
   * is no more when another server takes over: with those that are found a message is written, whose commit waits for the standby as theirs did.
   * @throws Refused, Unanswered
   */
  async after(after: bigint, limit: number): Promise<readonly ChainedRecord[]> {
    const rows = await this.#link.query(
      `WITH found AS MATERIALIZED
         (SELECT sequence, record FROM tonebank_log WHERE institution = $1 AND sequence > $2 ORDER BY sequence LIMIT $3)
       SELECT sequence, record,
           CASE WHEN row_number() OVER (ORDER BY sequence) = 1 THEN pg_logical_emit_message(true, 'tonebank', '') END
         FROM found ORDER BY sequence`,
      [this.#institution, after, BigInt(limit)],
    )
    return rows.map(row => {
      const record = row['record'] as Uint8Array
      return { sequence: BigInt(String(row['sequence'])), hash: sha256(record), record }
    })
  }

  /** The last record, or the checkpoint after which there is none yet. Undefined: nothing is kept. */
  async head(): Promise<LogHead | undefined> {
    const [row] = await this.#link.query(`${headOf} ORDER BY sequence DESC LIMIT 1`, [this.#institution])
    return row && headIn(row)
  }

  /**
   * The last record with the epoch of the lease, in one statement. What only reads is answered at once, by a server that was primary and has not
   * noticed yet, too: a message is written with it, whose commit waits for the standby.
   * @throws Refused, Unanswered
   */
  async confirmed(): Promise<{ readonly epoch: bigint; readonly head: LogHead | undefined }> {
    const [row] = await this.#link.query(
      `SELECT epoch, sequence, hash, pg_logical_emit_message(true, 'tonebank', '')
         FROM tonebank_lease LEFT JOIN (${headOf} ORDER BY sequence DESC LIMIT 1) AS head ON true WHERE institution = $1`,
      [this.#institution],
    )
    if (row === undefined) throw new Refused(`there is no lease of ${this.#institution}`)
    return { epoch: BigInt(String(row['epoch'])), head: row['sequence'] === null ? undefined : headIn(row) }
  }
}

const headOf = `SELECT * FROM (
    (SELECT sequence, sha256(record) AS hash FROM tonebank_log WHERE institution = $1 ORDER BY sequence DESC LIMIT 1)
    UNION ALL
    (SELECT sequence, hash FROM tonebank_checkpoint WHERE institution = $1 ORDER BY sequence DESC LIMIT 1)
  ) AS heads`

function headIn(row: Readonly<Record<string, unknown>>): LogHead {
  return { sequence: BigInt(String(row['sequence'])), hash: row['hash'] as Uint8Array }
}

const uniqueViolation = '23505'

function isThere(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === uniqueViolation
}
