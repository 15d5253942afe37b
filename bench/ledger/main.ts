/**
 * How many vouchers a bank sells in a second, how many payments a payee takes, each durable before it is told, and how many PINs
 * are verified. They are the edges' own requests on a real disk, asked by 64 callers at once; what they are compared with is in
 * `raw-commits.ts`, and by HTTP in `http/grouped-fastify.ts`.
 */
import { defaultCost, HashPool } from '../../src/keys/hash-pool.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { Verifiers } from '../../src/keys/verifiers.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import type { BenchOptions, BenchReport, Figure } from '../report.ts'
import { hashAlone } from './hash-alone.ts'
import { httpRedemptionFigure } from './http/redemptions.ts'
import { openShop } from './open-shop.ts'
import { redemptionFigures } from './redemptions.ts'
import { sell } from './sell.ts'
import { openStockedBank } from './stocked-bank.ts'
import { byTurns, median } from './turns.ts'

const callers = 64
const salesPerRound = 2_000
const hashesPerRound = 25
const warmUp = callers * 40

type LedgerOptions = Pick<BenchOptions, 'quick' | 'engine' | 'standby'>

export async function ledgerBench(options: LedgerOptions): Promise<BenchReport> {
  if (options.engine === 'kept') return (await import('./kept.ts')).keptBench(options)
  const rounds = options.quick ? 3 : 9
  const sales = await salesFigures(rounds)
  const shop = await openShop(callers)
  try {
    const redemptions = await redemptionFigures(shop, rounds)
    const http = await httpRedemptionFigure(shop, rounds)
    return { bench: 'ledger', figures: [...sales, ...redemptions, http, await verifications(rounds)] }
  } finally {
    await shop.dispose()
  }
}

async function salesFigures(rounds: number): Promise<Figure[]> {
  const bank = await openStockedBank(callers, warmUp + 2 * salesPerRound * rounds)
  const run = (count: number) => sell(bank, count)
  try {
    await run(warmUp)
    const measured = { ...bank, snapshot: () => bank.store.snapshot(), run }
    const { ours, grouped, alone, ...of } = await byTurns(measured, rounds, salesPerRound)
    return [
      {
        name: 'salesPerSecond',
        ours,
        reference: grouped,
        ratio: ours / grouped,
        goal: '≥ 0.6 of raw grouped commits',
        met: ours / grouped >= 0.6,
        note: `medians of ${rounds} rounds; the reference replays the same ${of.statementsPerCommand.toFixed(1)} statements per sale by hand, ${of.group} sales to a commit, and logs nothing`,
      },
      {
        name: 'salesPerSecondAgainstOneByOne',
        ours,
        reference: alone,
        ratio: ours / alone,
        goal: '≥ 5 where a raw commit takes ≥ 1 ms',
        met: of.msPerCommitAlone < 1 || ours / alone >= 5,
        note: `a raw commit of one sale takes ${of.msPerCommitAlone.toFixed(2)} ms here`,
      },
    ]
  } finally {
    await bank.dispose()
  }
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
