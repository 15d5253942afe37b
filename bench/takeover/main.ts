/**
 * `npm run bench -- takeover [--sales N] [--followed]`: how soon a machine that has followed serves when the one that wrote has ended in order, or was
 * killed; and how long one without books takes until it has come to the end of what is kept, from a checkpoint and the log after it, at three
 * sizes. `--followed` leaves the latter out: the bank sells on its own disk and then hands its books over to PostgreSQL, so that no commit waits for it
 * and nobody follows meanwhile. All machines are processes of this machine, with PostgreSQL on it, too; the books are a bank's, sold by its own writer.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { beginMark } from '../../src/store/keeper/beginning.ts'
import { usualTimes } from '../../src/store/keeper/place.ts'
import { Postgres } from '../../test/support/postgres.ts'
import type { BenchOptions, BenchReport, Fact, Figure } from '../report.ts'
import { lineThrough, type Point } from './line.ts'
import { Machine } from './machine.ts'
import { proveBooks } from './proof.ts'
import { copyRecordKeys, leaseFreed, leaseOf, snapshotBytes, watchLag, weigh } from './watch.ts'

/** Left to sell for who takes over. */
const spare = 64
const longLeaseMs = 120_000
const usual = { isFirst: false, leaseMs: usualTimes.leaseMs }
/** Sales to one order of records: a record and its two keys take a kilobyte of memory. */
const stockedAtOnce = 50_000

const seconds = (fromNs: bigint, toNs: bigint) => Number(toNs - fromNs) / 1e9

export async function takeoverBench({
  followed,
  ...options
}: Pick<BenchOptions, 'quick' | 'sales' | 'followed'>): Promise<BenchReport> {
  const sales = options.sales ?? (options.quick ? 20_000 : 1_000_000)
  const root = mkdtempSync(join(tmpdir(), 'tonebank-takeover-'))
  const postgres = await Postgres.start()
  const { hosts, database, user } = postgres.place()
  const client = new pg.Client({ ...hosts[0], database, user, password: postgres.password })
  const machines: Machine[] = []
  const begin = (folder: string, how: { isFirst: boolean; leaseMs: number }, keeper: Postgres | 'none' = postgres) => {
    const machine = new Machine(folder, keeper === 'none' ? undefined : keeper, how)
    machines.push(machine)
    return machine
  }
  try {
    await client.connect()
    const [home, other] = [join(root, 'a'), join(root, 'b')]
    mkdirSync(home, { mode: 0o700 })
    let stocked = 0
    let sold = 0
    const sell = async (by: Machine, upTo: number) => {
      while (sold < upTo) {
        const count = Math.min(stockedAtOnce, upTo - sold)
        await by.do({ task: 'stock', from: stocked, to: sold + count + spare })
        stocked = sold + count + spare
        await by.do({ task: 'sell', count })
        sold += count
        process.stderr.write(`${sold} sold\n`)
      }
    }
    if (followed) {
      const alone = begin(home, { isFirst: true, leaseMs: longLeaseMs }, 'none')
      await alone.until('serving')
      await sell(alone, sales)
      await alone.do({ task: 'close' })
      await alone.kill()
      await proveBooks(home)
    } else writeFileSync(beginMark(home), '')
    const first = begin(home, { isFirst: !followed, leaseMs: longLeaseMs })
    await first.until('serving')
    copyKeys(home, other)
    const follower = begin(other, { isFirst: false, leaseMs: longLeaseMs })
    await follower.until('waiting')

    const bare: Point[] = []
    for (const part of followed ? [] : [4, 2, 1]) {
      const size = Math.round(sales / part)
      await sell(first, Math.round(size / 2))
      await first.do({ task: 'checkpoint' })
      await sell(first, size)
      const folder = join(root, `bare-${part}`)
      copyKeys(home, folder)
      const machine = begin(folder, { isFirst: false, leaseMs: longLeaseMs })
      const { atNs } = await machine.until('waiting')
      bare.push({ x: size, y: seconds(machine.beganAtNs, atNs) })
      process.stderr.write(`without books, ${size} sales: ${bare.at(-1)?.y.toFixed(1)} s\n`)
      await machine.kill()
      rmSync(folder, { recursive: true })
    }

    // What a sale weighs, and how far behind who follows is, over one more stretch without a checkpoint.
    const stretch = Math.min(stockedAtOnce, Math.round(sales / 10))
    const before = await weigh(client)
    await first.do({ task: 'stock', from: stocked, to: stocked + stretch })
    stocked += stretch
    const lagging = watchLag(client, other)
    const { perSecond = 0 } = await first.do({ task: 'sell', count: stretch })
    const lag = await lagging.stop()
    const after = await weigh(client)
    sold += stretch

    await follower.kill()
    copyRecordKeysAnew(home, other)
    const second = begin(other, usual)
    await second.until('waiting')
    const released = await takeOver(client, second, () => first.do({ task: 'close' }))
    await first.kill()
    copyRecordKeysAnew(other, home)
    const third = begin(home, usual)
    await third.until('waiting')
    const killed = await takeOver(client, third, () => second.kill())
    await third.do({ task: 'checkpoint' })
    const books = `books of ${sold} sales`
    return {
      bench: 'takeover',
      figures: [
        within(
          'takeOverSeconds',
          released.fromFree,
          2,
          `from the lease's being free to the first sale, which another machine answers that has followed; ${books}`,
        ),
        within(
          'takeOverSecondsKilled',
          killed.fromTrouble,
          5,
          `the same from the kill of who wrote, whose lease of 3 s is waited for; ${killed.fromFree.toFixed(2)} s of it after that`,
        ),
        ...(bare.length > 0 ? [linearity(bare)] : []),
      ],
      facts: [
        { name: 'sales', value: sold },
        { name: 'salesPerSecondGenerated', value: perSecond },
        { name: 'takeOverSecondsKilledAfterLease', value: killed.fromFree },
        ...(bare.length > 0 ? lineOf(bare) : []),
        { name: 'databaseBytesPerSale', value: snapshotBytes(home) / sold },
        { name: 'logBytesPerSale', value: Number(after.logBytes - before.logBytes) / stretch },
        { name: 'walBytesPerSale', value: Number(after.walBytes - before.walBytes) / stretch },
        { name: 'followerLagMsP50', value: lag.medianMs },
        { name: 'followerLagMsMost', value: lag.mostMs },
      ],
    }
  } finally {
    for (const machine of machines) await machine.kill()
    await client.end()
    await postgres.stop()
    rmSync(root, { recursive: true, force: true })
  }
}

function within(name: string, ours: number, reference: number, note: string): Figure {
  return { name, ours, reference, ratio: ours / reference, goal: `≤ ${reference}`, met: ours <= reference, note }
}

/** Without books: seconds by sales. */
function linearity(bare: readonly Point[]): Figure {
  const line = lineThrough(bare)
  const [least, most] = [bare[0], bare.at(-1)]
  if (least === undefined || most === undefined) throw new Error('three sizes are measured')
  const growth = (most.y - line.base) / most.x / ((least.y - line.base) / least.x)
  const at = bare.map(({ x, y }) => `${x} sales ${y.toFixed(1)} s`).join(', ')
  return {
    ...{ name: 'bareMachineLinearity', ours: line.explained, reference: 1, ratio: line.explained },
    ...{ goal: 'R² ≥ 0.98', met: line.explained >= 0.98 },
    note: `a machine without books, half of the sales in the checkpoint and half in the log after it: ${at}; fit ${line.base.toFixed(1)} s and ${(line.slope * 1e5).toFixed(2)} s for each 100,000 sales; a sale of the largest costs ${growth.toFixed(2)} of one of the smallest`,
  }
}

function lineOf(bare: readonly Point[]): readonly Fact[] {
  const { base, slope } = lineThrough(bare)
  return [
    { name: 'bareMachineBaseSeconds', value: base },
    { name: 'bareMachineSecondsPer100k', value: slope * 1e5 },
  ]
}

/** `end`: what ends the one that has the lease. */
async function takeOver(client: pg.Client, taker: Machine, end: () => Promise<unknown>) {
  const { epoch } = await leaseOf(client)
  const freed = leaseFreed(client, epoch)
  const troubledAtNs = process.hrtime.bigint()
  const ending = end()
  const freeAtNs = await freed
  const { atNs } = await taker.until('sold')
  await ending
  return { fromFree: seconds(freeAtNs, atNs), fromTrouble: seconds(troubledAtNs, atNs) }
}

/** What a second machine of an institution has before its books come. */
function copyKeys(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  cpSync(join(from, 'keys'), join(to, 'keys'), { recursive: true })
  mkdirSync(join(to, 'record-keys'), { mode: 0o700 })
  copyRecordKeys(from, to)
}

function copyRecordKeysAnew(from: string, to: string): void {
  rmSync(join(to, 'record-keys'), { recursive: true })
  mkdirSync(join(to, 'record-keys'), { mode: 0o700 })
  copyRecordKeys(from, to)
}
