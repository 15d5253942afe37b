/**
 * How many vouchers a bank sells in a second, each durable before it is told, and how many PINs it verifies. Sales are the
 * bank's own `sellVoucher` on a real disk, asked by 64 callers at once; what they are compared with is in `raw-commits.ts`.
 */
import { drawIntentId } from '../../src/ids.ts'
import { defaultCost, HashPool } from '../../src/keys/hash-pool.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { Verifiers } from '../../src/keys/verifiers.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { BenchReport, Figure } from '../report.ts'
import { hashAlone } from './hash-alone.ts'
import { rawCommits } from './raw-commits.ts'
import { openStockedBank, payee, price, type StockedBank } from './stocked-bank.ts'

const callers = 64
const salesPerRound = 2_000
const hashesPerRound = 25
const warmUp = callers * 40

export async function ledgerBench(options: { readonly quick: boolean }): Promise<BenchReport> {
  return {
    bench: 'ledger',
    figures: [...(await salesFigures(options.quick ? 3 : 9)), await verifications(options.quick ? 3 : 9)],
  }
}

/**
 * Ours and the references take turns, so that other work on the machine falls on all of them; medians are compared. In each
 * round they sell from the same database, ours with as many more sales in it as were recorded: as a bank's tables grow, what
 * 64 sales change lies on more and more pages, and a reference that always began with the empty bank was ahead by that.
 */
async function salesFigures(rounds: number): Promise<Figure[]> {
  const bank = await openStockedBank(callers, warmUp + 2 * salesPerRound * rounds)
  try {
    await sell(bank, warmUp)
    const runs: { ours: number; grouped: number; alone: number; commitMs: number; group: number }[] = []
    let statements = 0
    for (let round = 0; round < rounds; round++) {
      const before = await bank.store.snapshot()
      const { recorded, stop } = bank.record()
      // Not timed: writing the statements down costs a sale 20 µs.
      await sell(bank, salesPerRound)
      stop()
      bank.emptyLog()
      const commitsBefore = bank.commits()
      const ours = await sell(bank, salesPerRound)
      const group = Math.round(salesPerRound / (bank.commits() - commitsBefore))
      const grouped = rawCommits(before, recorded, group)
      const alone = rawCommits(before, recorded.slice(0, salesPerRound / 4), 1)
      const commitMs = alone.msPerCommit
      statements += recorded.reduce((sum, sale) => sum + sale.length, 0)
      runs.push({ ours, grouped: grouped.salesPerSecond, alone: alone.salesPerSecond, commitMs, group })
    }
    const ours = median(runs.map(run => run.ours))
    const grouped = median(runs.map(run => run.grouped))
    const alone = median(runs.map(run => run.alone))
    const commitMs = median(runs.map(run => run.commitMs))
    const perSale = statements / (rounds * salesPerRound)
    const group = median(runs.map(run => run.group))
    return [
      {
        name: 'salesPerSecond',
        ours,
        reference: grouped,
        ratio: ours / grouped,
        goal: '≥ 0.6 of raw grouped commits',
        met: ours / grouped >= 0.6,
        note: `medians of ${rounds} rounds; the reference replays the same ${perSale.toFixed(1)} statements per sale by hand, ${group} sales to a commit, and logs nothing`,
      },
      {
        name: 'salesPerSecondAgainstOneByOne',
        ours,
        reference: alone,
        ratio: ours / alone,
        goal: '≥ 5 where a raw commit takes ≥ 1 ms',
        met: commitMs < 1 || ours / alone >= 5,
        note: `a raw commit of one sale takes ${commitMs.toFixed(2)} ms here`,
      },
    ]
  } finally {
    await bank.dispose()
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Sells `count` vouchers to all callers at once, each waiting for its answer. Returns how many per second. */
async function sell(bank: StockedBank, count: number): Promise<number> {
  let left = count
  const start = performance.now()
  await Promise.all(
    bank.buyers.map(async buyer => {
      while (left-- > 0) {
        const sale = await bank.bank.sellVoucher({
          intent: drawIntentId(systemRuntime),
          buyer,
          payee,
          amount: price,
          channel: 'telephone',
        })
        if (sale.outcome !== 'sold') throw new Error(`a sale ended ${sale.outcome}`)
      }
    }),
  )
  return (count / (performance.now() - start)) * 1_000
}

/** PINs verified per second, one at a time, against the bare hash of the same cost; in turns, as above. */
async function verifications(rounds: number): Promise<Figure> {
  const keys = await memoryKeys(systemRuntime)
  const pool = new HashPool(systemRuntime, { parallel: 1, queueLimit: hashesPerRound })
  const verifiers = new Verifiers({ runtime: systemRuntime, keys, pool, cost: defaultCost })
  const pin = new Secret('604812')
  const stored = await verifiers.make(pin, 'pin 1', 'background')
  const runs: { ours: number; alone: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await Promise.all(Array.from({ length: hashesPerRound }, () => verifiers.verify(stored, pin, 'pin 1')))
    const ours = (hashesPerRound / (performance.now() - start)) * 1_000
    runs.push({ ours, alone: await hashAlone(hashesPerRound, defaultCost) })
  }
  const ours = median(runs.map(run => run.ours))
  const reference = median(runs.map(run => run.alone))
  return {
    name: 'verificationsPerSecond',
    ours,
    reference,
    ratio: ours / reference,
    goal: '≥ 0.9 of the bare hash',
    met: ours / reference >= 0.9,
    note: `Argon2id, ${defaultCost.memoryKiB} KiB, ${defaultCost.passes} passes, one at a time`,
  }
}
