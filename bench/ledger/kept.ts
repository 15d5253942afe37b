/**
 * Sales of a bank whose log PostgreSQL keeps, against the same bank on SQLite alone, in turns: 256 callers, real disk, PostgreSQL on this machine with its
 * own settings. With a standby every commit waits until a second PostgreSQL, on this machine too, has it on its disk.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { beginMark } from '../../src/store/keeper/beginning.ts'
import { openKeptStore } from '../../src/store/keeper/open-kept.ts'
import type { OpenStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'
import { Postgres } from '../../test/support/postgres.ts'
import { believing } from '../../test/support/vouching.ts'
import type { BenchReport, Figure } from '../report.ts'
import { sell } from './sell.ts'
import { openStockedBank, type StockedBank } from './stocked-bank.ts'
import { median } from './turns.ts'

const callers = 256
const salesPerRound = 4_000
const warmUp = callers * 10

export async function keptBench(options: { readonly quick: boolean; readonly standby: boolean }): Promise<BenchReport> {
  const rounds = options.quick ? 3 : 7
  const vouchers = warmUp + salesPerRound * rounds
  const servers: Postgres[] = []
  const banks: StockedBank[] = []
  const opened = async (keeper?: Postgres) => {
    const bank = await openStockedBank(callers, vouchers, keeper && { open: books => keptIn(keeper, books) })
    banks.push(bank)
    await sell(bank, warmUp)
    return bank
  }
  try {
    const alone = await opened()
    const kept = await opened(await started(servers))
    const sync = options.standby ? await opened(await withStandby(servers)) : undefined
    const runs: { alone: number; kept: number; sync: number }[] = []
    for (let round = 0; round < rounds; round++) {
      runs.push({
        alone: await sell(alone, salesPerRound),
        kept: await sell(kept, salesPerRound),
        sync: sync === undefined ? 0 : await sell(sync, salesPerRound),
      })
    }
    const reference = median(runs.map(run => run.alone))
    const note = `medians of ${rounds} rounds of ${salesPerRound} sales, ${callers} callers; the reference is SQLite alone`
    const figure = (name: string, ours: number, least: number): Figure => ({
      ...{ name, ours, reference, ratio: ours / reference, note },
      goal: `≥ ${least} of SQLite alone`,
      met: ours / reference >= least,
    })
    return {
      bench: 'ledger',
      figures: [
        figure('salesPerSecondKept', median(runs.map(run => run.kept)), 0.7),
        ...(sync === undefined ? [] : [figure('salesPerSecondKeptSync', median(runs.map(run => run.sync)), 0.6)]),
      ],
    }
  } finally {
    for (const bank of banks) await bank.dispose()
    for (const server of servers) await server.stop()
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
  return openKeptStore({ ...books, institution: 'harbour', keeper: keeper.place(), vouching: believing, lost })
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
