/**
 * What one would write instead of a log that is kept: the bank's own commands on tables in PostgreSQL. Either commands in groups on one
 * connection, a commit for each group, or each command a SERIALIZABLE transaction on one of several connections, tried again for as long as
 * PostgreSQL refuses it for what another did.
 */
import pg from 'pg'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Command, ReadTx, Row, SqlValue, Tx } from '../../../src/store/store.ts'
import type { Postgres } from '../../../test/support/postgres.ts'
import { bound, Dialect, rowTypes } from './dialect.ts'
import { copyTables } from './tables.ts'

export interface PostgresBooks {
  execute<O>(command: Command<O>): Promise<O>
  read<O>(query: (tx: ReadTx) => Promise<O>): Promise<O>
  /** Transactions that were tried again so far. */
  readonly retries: number
  close(): Promise<void>
}

export type Way =
  | { readonly kind: 'grouped'; readonly groupSize: number }
  | { readonly kind: 'serializable'; readonly connections: number }

/** A database of its own on `server`, with what the bank's tables hold in `snapshot`. */
export async function postgresBooks(server: Postgres, snapshot: Uint8Array, way: Way): Promise<PostgresBooks> {
  const name = way.kind === 'grouped' ? 'grouped' : `serializable_${way.connections}`
  await server.sql(`CREATE DATABASE ${name}`)
  const count = way.kind === 'grouped' ? 1 : way.connections
  const clients = await Promise.all(Array.from({ length: count + 1 }, () => connected(server, name)))
  const [reading, ...writing] = clients
  if (reading === undefined) throw new Error('there is no connection')
  await copyTables(snapshot, reading)
  const dialect = new Dialect()
  const transactions = writing.map(client => new PostgresTx(client, dialect))
  const queries = new PostgresTx(reading, dialect)
  const how = way.kind === 'grouped' ? new Grouped(transactions, way.groupSize) : new Serializable(transactions)
  return {
    execute: command => how.execute(command),
    read: query => query(queries),
    get retries() {
      return how.retries
    },
    close: async () => {
      for (const client of clients) await client.end()
    },
  }
}

async function connected(server: Postgres, database: string): Promise<pg.Client> {
  const { hosts, user } = server.place()
  const client = new pg.Client({ ...hosts[0], user, password: server.password, database, types: rowTypes })
  client.on('error', () => {})
  await client.connect()
  return client
}

class PostgresTx implements Tx {
  readonly #client: pg.Client
  readonly #dialect: Dialect

  constructor(client: pg.Client, dialect: Dialect) {
    this.#client = client
    this.#dialect = dialect
  }

  /** BEGIN, COMMIT and ROLLBACK. */
  async say(sql: string): Promise<void> {
    await this.#client.query(sql)
  }

  async all<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R[]> {
    return (await this.#ask(sql, values)).rows as R[]
  }

  async one<R extends Row>(sql: string, ...values: SqlValue[]): Promise<R | undefined> {
    const [row] = await this.all<R>(sql, ...values)
    return row
  }

  async run(sql: string, ...values: SqlValue[]): Promise<bigint> {
    return BigInt((await this.#ask(sql, values)).rowCount ?? 0)
  }

  #ask(sql: string, values: readonly SqlValue[]): Promise<pg.QueryResult> {
    return this.#client.query({ ...this.#dialect.of(sql), values: [...bound(values)] })
  }
}

/** Runs it on a connection. What it returns answers whoever asked. */
type Queued = { readonly run: (tx: PostgresTx) => Promise<() => void>; readonly refuse: (error: unknown) => void }

function queued<O>(command: Command<O>, into: (queued: Queued) => void): Promise<O> {
  return new Promise((resolve, reject) =>
    into({
      run: async tx => {
        const outcome = await command(tx)
        return () => resolve(outcome)
      },
      refuse: reject,
    }),
  )
}

/** Whoever came while one group was at work makes the next. A command that fails fails its group. */
class Grouped {
  readonly retries = 0
  readonly #tx: PostgresTx
  readonly #groupSize: number
  readonly #queue: Queued[] = []
  #isAtWork = false

  constructor([tx]: readonly PostgresTx[], groupSize: number) {
    if (tx === undefined) throw new Error('there is no connection')
    this.#tx = tx
    this.#groupSize = groupSize
  }

  execute<O>(command: Command<O>): Promise<O> {
    return queued(command, each => {
      this.#queue.push(each)
      if (!this.#isAtWork) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#isAtWork = true
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, this.#groupSize)
      try {
        await this.#tx.say('BEGIN')
        const answers: (() => void)[] = []
        for (const each of group) answers.push(await each.run(this.#tx))
        await this.#tx.say('COMMIT')
        for (const answer of answers) answer()
      } catch (error) {
        for (const each of group) each.refuse(error)
        await this.#tx.say('ROLLBACK')
      }
    }
    this.#isAtWork = false
  }
}

/** Serialization failure, deadlock, and a row of that key that another has written meanwhile (PostgreSQL manual, appendix A). */
const triedAgain: ReadonlySet<unknown> = new Set(['40001', '40P01', '23505'])

/** By chance, from more and more: without it they get in each other's way again, and 16 connections tried each sale three times as often. */
function pauseMs(tries: number): number {
  const [byte = 0] = systemRuntime.random(1)
  return (byte / 256) * Math.min(512, 8 * 2 ** tries)
}

class Serializable {
  retries = 0
  readonly #free: PostgresTx[]
  readonly #queue: Queued[] = []

  constructor(transactions: readonly PostgresTx[]) {
    this.#free = [...transactions]
  }

  execute<O>(command: Command<O>): Promise<O> {
    return queued(command, each => {
      const tx = this.#free.pop()
      if (tx === undefined) this.#queue.push(each)
      else void this.#serve(tx, each)
    })
  }

  async #serve(tx: PostgresTx, first: Queued): Promise<void> {
    for (let next: Queued | undefined = first; next !== undefined; next = this.#queue.shift())
      await this.#untilDone(tx, next)
    this.#free.push(tx)
  }

  async #untilDone(tx: PostgresTx, { run, refuse }: Queued): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await tx.say('BEGIN ISOLATION LEVEL SERIALIZABLE')
        const answer = await run(tx)
        await tx.say('COMMIT')
        return answer()
      } catch (error) {
        await tx.say('ROLLBACK')
        if (!(error instanceof pg.DatabaseError && triedAgain.has(error.code))) return refuse(error)
        this.retries++
        await systemRuntime.sleep(pauseMs(tries))
      }
    }
  }
}
