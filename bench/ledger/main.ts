/**
 * How many vouchers a bank sells in a second, each durable before it is told, and how many PINs it verifies. Sales are the
 * bank's own `sellVoucher` on a real disk, asked by 64 callers at once; what they are compared with is in `raw-commits.ts`.
 */
import { defaultCost, HashPool } from '../../src/keys/hash-pool.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { Verifiers } from '../../src/keys/verifiers.ts'
import { randomId, systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { BenchReport, Figure } from '../report.ts'
import { hashAlone } from './hash-alone.ts'
import { rawCommits } from './raw-commits.ts'
import { openStockedBank, payee, price, type StockedBank } from './stocked-bank.ts'

const callers = 64

export async function ledgerBench(options: { readonly quick: boolean }): Promise<BenchReport> {
  return {
    bench: 'ledger',
    figures: [...(await salesFigures(options.quick ? 3_000 : 12_000)), await verifications(options.quick ? 60 : 300)],
  }
}

async function salesFigures(sales: number): Promise<Figure[]> {
  const warmUp = callers * 8
  const replayed = Math.min(sales, 4_000)
  const bank = await openStockedBank(callers, warmUp + sales + replayed)
  try {
    await sell(bank, warmUp)
    const commitsBefore = bank.commits()
    const ours = await sell(bank, sales)
    const groupSize = Math.round(sales / (bank.commits() - commitsBefore))

    const before = await bank.store.snapshot()
    const recorded = bank.record()
    await sell(bank, replayed)
    const grouped = rawCommits(before, recorded, groupSize)
    const alone = rawCommits(before, recorded.slice(0, 1_000), 1)
    const isSlowDisk = alone.msPerCommit >= 1
    const statements = recorded.reduce((sum, sale) => sum + sale.length, 0) / recorded.length
    return [
      {
        name: 'salesPerSecond',
        ours,
        reference: grouped.salesPerSecond,
        ratio: ours / grouped.salesPerSecond,
        goal: '≥ 0.5 of raw grouped commits',
        met: ours / grouped.salesPerSecond >= 0.5,
        note: `the same ${statements.toFixed(1)} statements per sale, replayed by hand, ${groupSize} sales to a commit`,
      },
      {
        name: 'salesPerSecondAgainstOneByOne',
        ours,
        reference: alone.salesPerSecond,
        ratio: ours / alone.salesPerSecond,
        goal: '≥ 5 where a raw commit takes ≥ 1 ms',
        met: !isSlowDisk || ours / alone.salesPerSecond >= 5,
        note: `a raw commit of one sale takes ${alone.msPerCommit.toFixed(2)} ms here`,
      },
    ]
  } finally {
    await bank.dispose()
  }
}

/** Sells `count` vouchers to all callers at once, each waiting for its answer. Returns how many per second. */
async function sell(bank: StockedBank, count: number): Promise<number> {
  let left = count
  const start = performance.now()
  await Promise.all(
    bank.buyers.map(async buyer => {
      while (left-- > 0) {
        const sale = await bank.bank.sellVoucher({ intent: randomId(systemRuntime), buyer, payee, amount: price })
        if (sale.outcome !== 'sold') throw new Error(`a sale ended ${sale.outcome}`)
      }
    }),
  )
  return (count / (performance.now() - start)) * 1_000
}

/** PINs verified per second of one core, against the bare hash of the same cost on the same core. */
async function verifications(count: number): Promise<Figure> {
  const keys = await memoryKeys(systemRuntime)
  const pool = new HashPool(systemRuntime, { parallel: 1, queueLimit: count })
  const verifiers = new Verifiers({ runtime: systemRuntime, keys, pool, cost: defaultCost })
  const pin = new Secret('604812')
  const stored = await verifiers.make(pin, 'pin 1', 'background')
  const start = performance.now()
  await Promise.all(Array.from({ length: count }, () => verifiers.verify(stored, pin, 'pin 1')))
  const ours = (count / (performance.now() - start)) * 1_000
  const reference = await hashAlone(count, defaultCost)
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
