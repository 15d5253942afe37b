/** How many payments a payee takes in a second from callers who have opened their vouchers, each durable before it is told. */
import { drawIntentId } from '../../src/ids.ts'
import { money } from '../../src/money.ts'
import { systemRuntime } from '../../src/runtime.ts'
import type { Figure } from '../report.ts'
import type { OpenShop } from './open-shop.ts'
import { atOnce, byTurns } from './turns.ts'

const perRound = 2_000
/** Until the engine has compiled what a payee that has been up for a minute has compiled. */
const warmUp = 20_000
const part = money(1n)

export async function redemptionFigures(shop: OpenShop, rounds: number): Promise<Figure[]> {
  const run = (count: number) =>
    atOnce(shop.sessions, count, async session => {
      const { outcome } = await shop.merchant.pay({ intent: drawIntentId(systemRuntime), session, amount: part })
      if (outcome !== 'paid') throw new Error(`a payment ended ${outcome}`)
    })
  await run(warmUp)
  const measured = { ...shop, snapshot: () => shop.store.snapshot(), run }
  const { ours, grouped, statementsPerCommand, group } = await byTurns(measured, rounds, perRound)
  const note = `medians of ${rounds} rounds; the reference replays the same ${statementsPerCommand.toFixed(1)} statements per payment by hand, ${group} payments to a commit, and logs nothing`
  const ratio = ours / grouped
  const compared = { reference: grouped, goal: '≥ 0.6 of raw grouped commits', met: ratio >= 0.6 }
  return [
    { name: 'redemptionsPerSecond', ours, ratio, ...compared, note },
    { name: 'redemptionsRatio', ours: ratio, ...compared, reference: 1, ratio },
  ]
}
