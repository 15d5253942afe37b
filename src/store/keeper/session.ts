/**
 * One connection to the PostgreSQL that writes, for one statement at a time, each a transaction of its own. It tells apart
 * what has not happened (`Refused`) from what may have (`Unanswered`).
 */
import { Socket } from 'node:net'
import pg from 'pg'
import { sameBytes, toHex } from '../../bytes.ts'
import { type Runtime, withDeadline } from '../../runtime.ts'
import type { LogHead } from '../change-log/head.ts'
import type { KeeperPlace, KeeperTimes } from './place.ts'

/** It has not happened: nobody was reached, or PostgreSQL said no. */
export class Refused extends Error {
  constructor(why: string, cause?: unknown) {
    super(`PostgreSQL: ${why}`, { cause })
    this.name = 'Refused'
  }
}

/** It was sent, and may have happened. */
export class Unanswered extends Error {
  constructor(why: string, cause?: unknown) {
    super(`PostgreSQL: ${why}`, { cause })
    this.name = 'Unanswered'
  }
}

export type Value = string | bigint | boolean | Uint8Array

/**
 * What is known to be kept: a server whose lease has a lower epoch, or that has not got the last record, follows an older history, such as one
 * that was primary and has not noticed yet, or has become it without what another one confirmed.
 */
export interface LeastHistory {
  readonly institution: string
  readonly epoch: bigint
  /** The last record of which it is known. */
  readonly head: () => LogHead
}

/** `bytea` comes as a Buffer, `bigint` as text. */
export type Answer = readonly Readonly<Record<string, unknown>>[]

/**
 * Whoever has set up the role or the database may have said otherwise. Of a commit that no standby has confirmed PostgreSQL tells by a
 * warning alone, and a deadline of its own would be what makes it give up waiting for the standby.
 */
const settings = `
  SET client_min_messages = warning; SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 0;
  SET default_transaction_isolation = 'read committed'; SET default_transaction_read_only = off`

/** Classes of SQLSTATE (PostgreSQL manual, appendix A) by which PostgreSQL says that a transaction was undone, for reasons within it. */
const undone = /^(22|23|25|28|3D|40|42|55)/

const successfulCompletion = '00000'

export class Session {
  readonly #runtime: Runtime
  readonly #client: pg.Client
  readonly #socket: Socket
  readonly #answerMs: number
  /** By which PostgreSQL knows this connection, and no other. */
  readonly name: string
  /** Which of the hosts it is. */
  readonly at: KeeperPlace['hosts'][number]
  #warning: string | undefined
  #ended: unknown
  #isAbandoned = false

  private constructor(
    runtime: Runtime,
    client: pg.Client,
    socket: Socket,
    { name, at }: Pick<Session, 'name' | 'at'>,
    answerMs: number,
  ) {
    this.name = name
    this.at = at
    this.#runtime = runtime
    this.#client = client
    this.#socket = socket
    this.#answerMs = answerMs
    client.on('error', error => {
      this.#ended ??= error
    })
    client.on('end', () => {
      this.#ended ??= new Error('the connection has ended')
    })
    client.on('notice', ({ code, message }) => {
      if (code !== successfulCompletion) this.#warning ??= message
    })
  }

  /**
   * All hosts are asked at once, so that one that is cut off costs nobody its deadline. `shunned`: one that left a question unanswered is used when no other writes.
   * @throws Refused when none of the hosts writes and has come as far as `least`
   */
  static async open(
    runtime: Runtime,
    place: KeeperPlace,
    times: KeeperTimes,
    {
      shunned,
      least,
    }: { readonly shunned?: KeeperPlace['hosts'][number] | undefined; readonly least?: LeastHistory | undefined },
  ): Promise<Session> {
    const failures: string[] = []
    let reserve: Session | undefined
    let chosen: Session | undefined
    const opening = place.hosts.map(async at => {
      try {
        const session = await Session.#connect(runtime, place, times, at, least)
        if (chosen !== undefined) return session.end()
        if (at === shunned) reserve = session
        else chosen = session
      } catch (error) {
        failures.push(`${at.host}:${at.port} ${error instanceof Error ? error.message : error}`)
      }
    })
    const isChosen = () => chosen !== undefined
    await allOrUntil(opening, isChosen)
    if (chosen === undefined) chosen = reserve
    else reserve?.end()
    if (chosen === undefined) throw new Refused(`none can be written to: ${failures.join('; ')}`)
    return chosen
  }

  static async #connect(
    runtime: Runtime,
    place: KeeperPlace,
    times: KeeperTimes,
    at: KeeperPlace['hosts'][number],
    least: LeastHistory | undefined,
  ) {
    const { database, user, password, tls } = place
    const socket = new Socket()
    const name = `tonebank ${toHex(runtime.random(8))}`
    const client = new pg.Client({
      ...{ ...at, database, user, stream: () => socket, application_name: name },
      // Without one it would look in the environment and in files.
      password: password?.reveal() ?? '',
      ssl: tls === undefined ? false : { ca: tls.ca, rejectUnauthorized: true },
      enableChannelBinding: tls !== undefined,
      // What says nothing for minutes, as during a long change of the schema, firewalls forget.
      ...{ keepAlive: true, keepAliveInitialDelayMillis: 30_000 },
    })
    const session = new Session(runtime, client, socket, { name, at }, times.answerMs)
    try {
      const connecting = client.connect().then(() => session.#assertWrites(least))
      await runtime.work(withDeadline(runtime, 'a connection', times.connectMs, connecting))
      return session
    } catch (error) {
      session.end()
      throw error
    }
  }

  /** Nothing can be asked of it any more. */
  get hasEnded(): boolean {
    return this.#ended !== undefined
  }

  /** It ended before PostgreSQL had answered, whose end of it may still be at work: so it is for as long as a synchronous standby is away. */
  get isAbandoned(): boolean {
    return this.#isAbandoned
  }

  /** @throws Refused, Unanswered. `name`: of a statement that is asked often; it is prepared once. */
  async query(text: string, values: readonly Value[] = [], name?: string): Promise<Answer> {
    if (this.#ended !== undefined) throw new Refused('the connection is gone', this.#ended)
    this.#warning = undefined
    // Its own type would have numbers for integers.
    const bound = values.map(value => (typeof value === 'bigint' ? value.toString() : value))
    const asked = this.#client.query({ text, values: bound, ...(name !== undefined && { name }) })
    let answer: pg.QueryResult
    try {
      answer = await this.#runtime.work(withDeadline(this.#runtime, 'PostgreSQL', this.#answerMs, asked))
    } catch (error) {
      if (error instanceof pg.DatabaseError && undone.test(error.code ?? '')) throw new Refused(error.message, error)
      this.#isAbandoned = true
      this.end(error)
      throw new Unanswered('it is not known whether this happened', error)
    }
    if (this.#warning !== undefined) throw new Unanswered(`it happened with a warning: ${this.#warning}`)
    return answer.rows
  }

  /** At once: what is under way is not waited for. */
  end(cause: unknown = new Error('the connection was closed')): void {
    this.#ended ??= cause
    // `pg` would send its farewell first, and wait.
    this.#socket.destroy()
  }

  /** A statement without values may be many. */
  async #assertWrites(least: LeastHistory | undefined): Promise<void> {
    await this.#client.query(settings)
    const { rows } = await this.#client.query(
      `SELECT pg_is_in_recovery() AS reads, current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages`,
    )
    const [{ reads, fsync, pages }] = rows
    if (reads) throw new Error('only follows another one')
    if (fsync !== 'on' || pages !== 'on')
      throw new Error('does not keep what it says: fsync or full_page_writes is off')
    if (least === undefined) return
    const { sequence, hash } = least.head()
    const found = await this.#client.query(
      `SELECT (SELECT epoch FROM tonebank_lease WHERE institution = $1) AS epoch,
         coalesce((SELECT sha256(record) FROM tonebank_log WHERE institution = $1 AND sequence = $2),
           (SELECT hash FROM tonebank_checkpoint WHERE institution = $1 AND sequence = $2)) AS hash`,
      [least.institution, sequence.toString()],
    )
    const [row] = found.rows
    const epoch = BigInt(String(row?.epoch ?? 0))
    if (epoch < least.epoch)
      throw new Error(`follows an older history: its lease has epoch ${epoch}, not ${least.epoch}`)
    if (sequence > 0n && (row?.hash === null || !sameBytes(row.hash, hash)))
      throw new Error(`follows another history: it has not got record ${sequence} as it was kept`)
  }
}

/** None of them rejects. */
function allOrUntil(all: readonly Promise<void>[], isEnough: () => boolean): Promise<void> {
  return new Promise(resolve => {
    for (const each of all) void each.then(() => isEnough() && resolve())
    void Promise.all(all).then(() => resolve())
  })
}
