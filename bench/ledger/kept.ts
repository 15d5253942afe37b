/**
 * Sales of a bank whose log PostgreSQL keeps, against the same bank on SQLite alone, and beside what one would write instead: the same
 * commands on tables in PostgreSQL (`postgres/`). All in turns, of 256 callers, on a real disk, PostgreSQL on this machine with its
 * own settings. With a standby every commit waits until a second PostgreSQL, on this machine too, has it on its disk.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { systemRuntime } from '../../src/runtime.ts'
import { beginMark } from '../../src/store/keeper/beginning.ts'
import { openKeptStore } from '../../src/store/keeper/open-kept.ts'
import { usualTimes } from '../../src/store/keeper/place.ts'
import { type OpenStore, openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { Postgres } from '../../test/support/postgres.ts'
import { believing } from '../../test/support/vouching.ts'
import type { BenchReport, Figure } from '../report.ts'
import { type PostgresBooks, postgresBooks, type Way } from './postgres/postgres-books.ts'
import { sell } from './sell.ts'
import { openStockedBank, type StockedBank } from './stocked-bank.ts'
import { median } from './turns.ts'

const callers = 256
const warmUp = callers * 10
/** `slow`: of what sells some dozens or hundreds in a second. */
const plans = {
  full: { rounds: 7, sales: 4_000, slow: 200 },
  quick: { rounds: 3, sales: 1_500, slow: 60 },
} as const

const ways = {
  Grouped: { kind: 'grouped', groupSize: 256 },
  Serializable16: { kind: 'serializable', connections: 16 },
  Serializable64: { kind: 'serializable', connections: 64 },
} as const satisfies Readonly<Record<string, Way>>

/** One of those that take turns. */
interface Side {
  readonly bank: StockedBank
  readonly sales: number
  readonly perSecond: number[]
}

export async function keptBench(options: { readonly quick: boolean; readonly standby: boolean }): Promise<BenchReport> {
  const { rounds, sales: salesPerRound, slow: salesPerSlowRound } = plans[options.quick ? 'quick' : 'full']
  const servers: Postgres[] = []
  const sides: Side[] = []
  const side = async (sales: number, first: number, open?: (books: OpenStore) => Promise<Store>) => {
    const bank = await openStockedBank(callers, first + sales * rounds, open && { open })
    const opened = { bank, sales, perSecond: [] }
    sides.push(opened)
    return opened
  }
  const fast = async (keeper?: Postgres) => {
    const opened = await side(salesPerRound, warmUp, keeper && (books => keptIn(keeper, books)))
    await sell(opened.bank, warmUp)
    return opened
  }
  try {
    const alone = await fast()
    const kept = await fast(await started(servers))
    const sync = options.standby ? await fast(await withStandby(servers)) : undefined
    const server = await started(servers)
    const instead: { name: string; side: Side; books: PostgresBooks }[] = []
    for (const [name, way] of Object.entries(ways)) {
      const moving = new Moving()
      const opened = await side(salesPerSlowRound, warmUp + salesPerSlowRound, books => moving.open(books))
      // On SQLite, so that its code is compiled as the others' is.
      await sell(opened.bank, warmUp)
      const books = await moving.to(server, way)
      await sell(opened.bank, salesPerSlowRound)
      instead.push({ name, side: opened, books })
    }
    const retriesBefore = instead.map(({ books }) => books.retries)
    const lagging = options.standby ? watchFlushLag(servers[1]) : undefined
    for (let round = 0; round < rounds; round++) {
      for (const { bank, sales, perSecond } of sides) perSecond.push(await sell(bank, sales))
      const rates = sides.map(({ perSecond }) => perSecond.at(-1)?.toFixed(0)).join(' ')
      process.stderr.write(`round ${round + 1} of ${rounds}: ${rates} sales a second\n`)
    }
    const lagsMs = (await lagging?.stop()) ?? []
    const perSecond = (of: Side) => median(of.perSecond)
    const reference = perSecond(alone)
    const note = `medians of ${rounds} rounds of ${salesPerRound} sales, ${callers} callers; the reference is SQLite alone`
    const figure = (name: string, ours: number, least: number): Figure => ({
      ...{ name, ours, reference, ratio: ours / reference, note },
      goal: `≥ ${least} of SQLite alone`,
      met: ours / reference >= least,
    })
    const against = ({ name, side, books }: (typeof instead)[number], at: number): Figure => {
      const [ours, other] = [perSecond(kept), perSecond(side)]
      const retries = (books.retries - (retriesBefore[at] ?? 0)) / (salesPerSlowRound * rounds)
      const tried = name === 'Grouped' ? 'one connection' : `${retries.toFixed(1)} retries a sale`
      return {
        ...{ name: `salesPerSecondKeptAgainst${name}`, ours, reference: other, ratio: ours / other },
        ...{ goal: 'faster than what one would write instead', met: ours > other },
        note: `the bank's own statements on tables in PostgreSQL, ${tried}; medians of ${rounds} rounds of ${salesPerSlowRound} sales, no standby on either side`,
      }
    }
    return {
      bench: 'ledger',
      figures: [
        figure('salesPerSecondKept', perSecond(kept), 0.7),
        ...(sync === undefined ? [] : [figure('salesPerSecondKeptSync', perSecond(sync), 0.6)]),
        ...instead.map(against),
      ],
      facts:
        lagsMs.length === 0
          ? []
          : [
              { name: 'standbyFlushLagMsP50', value: median(lagsMs) },
              { name: 'standbyFlushLagMsMost', value: Math.max(...lagsMs) },
            ],
    }
  } finally {
    for (const { bank } of sides) await bank.dispose()
    for (const server of servers) await server.stop()
  }
}

/** How long PostgreSQL waited for its standby's word that a commit is on its disk: samples in milliseconds, while it was asked for any. */
function watchFlushLag(primary: Postgres | undefined): { stop(): Promise<readonly number[]> } {
  const lagsMs: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const [row] = (await primary?.sql(lagQuery)) ?? []
      // Nothing is said of a standby that has been idle.
      if (typeof row?.['ms'] === 'number') lagsMs.push(row['ms'])
      await systemRuntime.sleep(200)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await watching
      return lagsMs
    },
  }
}

const lagQuery = `SELECT (1000 * extract(epoch FROM flush_lag))::float8 AS ms FROM pg_stat_replication WHERE sync_state = 'sync'`

/** Books that begin in SQLite, and go on in PostgreSQL. */
class Moving {
  #store: Store | undefined
  #books: PostgresBooks | undefined

  async open(books: OpenStore): Promise<Store> {
    const store = openStore(books)
    this.#store = store
    return {
      ...store,
      execute: (command, urgency) => this.#books?.execute(command) ?? store.execute(command, urgency),
      read: query => this.#books?.read(query) ?? store.read(query),
      close: async () => {
        await store.close()
        await this.#books?.close()
      },
    }
  }

  async to(server: Postgres, way: Way): Promise<PostgresBooks> {
    if (this.#store === undefined) throw new Error('these books are not open')
    this.#books = await postgresBooks(server, await this.#store.snapshot(), way)
    return this.#books
  }
}

function keptIn(keeper: Postgres, books: OpenStore): Promise<Store> {
  const lost = (cause: unknown) => {
    throw cause
  }
  if ('folder' in books.at) {
    mkdirSync(books.at.folder, { recursive: true, mode: 0o700 })
    writeFileSync(beginMark(books.at.folder), '')
  }
  // All sides are in this process, which may be busy with another for longer than a lease lasts.
  const times = { ...usualTimes, leaseMs: 120_000 }
  return openKeptStore({ ...books, institution: 'harbour', keeper: keeper.place(), vouching: believing, times, lost })
}

async function started(servers: Postgres[]): Promise<Postgres> {
  const postgres = await Postgres.start()
  servers.push(postgres)
  return postgres
}

async function withStandby(servers: Postgres[]): Promise<Postgres> {
  const primary = await started(servers)
  servers.push(await primary.follower())
  primary.configure({ synchronous_standby_names: '*' })
  primary.reload()
  for (;;) {
    const [row] = await primary.sql("SELECT count(*) AS n FROM pg_stat_replication WHERE sync_state = 'sync'")
    if (row?.['n'] === '1') return primary
  }
}
