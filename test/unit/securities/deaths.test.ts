/**
 * The firm dies between "signed" and "answered", at every step of it: what became of the order is one thing, by intent and by card and
 * counter, and the same answer, sent again, does at most once what it says.
 */
import { describe, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { customerOf } from '../../support/brokers-customer.ts'
import { intentId } from '../../support/ids.ts'
import { type Broker, openBroker } from '../../support/securities.ts'
import { usualStart, VirtualRuntime } from '../../support/virtual-runtime.ts'

const hour = 3_600_000
const kinds = { trade: 'buy', fund: 'out', cancel: 'cancel' } as const
type Kind = keyof typeof kinds

interface Died {
  readonly broker: Broker
  readonly customer: ReturnType<typeof customerOf>
  readonly again: () => Promise<{ readonly outcome: string }>
  readonly counter: number
  readonly nonce: Uint8Array
}

function afterDeath(kind: Kind, step: string, story: (died: Died) => Promise<void>): Promise<void> {
  let deadly: string | undefined
  const runtime = new VirtualRuntime({
    seed: 363,
    startsAt: usualStart + 24 * hour,
    onReached: point => {
      if (point !== deadly) return
      deadly = undefined
      throw new Error('the firm died')
    },
  })
  return runtime.run(async () => {
    const broker = await openBroker(runtime)
    const customer = customerOf(broker, runtime)
    const { securities, answered, account } = customer
    await customer.signIn('a')
    await customer.payIn('b', yuan(1_000n))
    const waiting = await securities().trade(
      await answered('c', await customer.askTrade('c', 'buy', 1n, { ...yuan(0n), minor: 500n })),
    )
    if (waiting.outcome !== 'taken') throw new Error(waiting.outcome)
    const asked = {
      trade: () => customer.askTrade('d', 'buy', 10n),
      cancel: () => customer.askCancel('d', waiting.number),
      fund: async () => {
        const asking = await securities().askPayOut({ account, intent: intentId('d'), amount: yuan(100n) })
        if (asking.outcome !== 'asked') throw new Error(asking.outcome)
        return asking
      },
    }[kind]
    const answer = await answered('d', await asked())
    const again = () =>
      ({ trade: securities().trade, cancel: securities().cancel, fund: securities().payOut })[kind](answer)
    deadly = step
    await expect(again()).rejects.toThrow('the firm died')
    await broker.house.restart(runtime)
    await broker.house.running.recovery.begun
    // Sign-in, money in, the order that waits, and this one.
    await story({ broker, customer, again, counter: 4, nonce: answer.nonce })
    await runtime.sleep(10_000)
    expect(await broker.house.audited()).toEqual([])
    expect(await broker.world.audited()).toEqual([])
    await broker.house.close()
    await broker.world.close()
  })
}

const cashAfter = { trade: yuan(895n), cancel: yuan(1_000n), fund: yuan(895n) }

describe.each(['trade', 'cancel', 'fund'] as const)('a death within a %s', kind => {
  test.each(['requested', 'committed'])('at %s: the same answer does it once', step =>
    afterDeath(kind, `${kind}.${step}`, async ({ customer, again }) => {
      const done = await again()
      expect(['executed', 'cancelled', 'sent']).toContain(done.outcome)
      expect(await again()).toEqual(done)
      expect(await customer.cash()).toEqual(cashAfter[kind])
    }),
  )

  test.each(['requested', 'committed'])('at %s: whoever asks is told one thing, and it stays so', step =>
    afterDeath(kind, `${kind}.${step}`, async ({ broker, customer, again, counter, nonce }) => {
      const { securities, account } = customer
      const isDone = step === 'committed'
      const byCard = () => securities().becameOfCard({ card: broker.card.number, counter, nonce, account })
      expect((await byCard()).outcome).toBe(isDone ? 'acted-on' : 'not-done')
      const byIntent = await securities().becameOf({ account, intent: intentId('d') })
      expect(byIntent.outcome).toBe(isDone ? 'decided' : 'not-done')
      const sent = await again()
      expect(sent).toMatchObject(isDone ? {} : { outcome: 'refused', reason: 'used-nonce' })
      expect((await byCard()).outcome).toBe(isDone ? 'acted-on' : 'not-done')
      expect(await customer.cash()).toEqual(isDone ? cashAfter[kind] : yuan(995n))
    }),
  )
})
