/** A customer of a bank at a securities firm, with a card and a terminal: asks, has the card sign, and sends what it answered. */
import type { ReceiverAsked } from '../../src/card-receiver/edge.ts'
import type { Money } from '../../src/money.ts'
import type { Secret } from '../../src/secret.ts'
import { sharesOf } from '../../src/securities/firm.ts'
import type { Side } from '../../src/securities/trade.ts'
import { asSound, type HeldCard, signedBy } from './cards.ts'
import { intentId } from './ids.ts'
import { type Broker, tea } from './securities.ts'
import type { VirtualRuntime } from './virtual-runtime.ts'

type Asked = Extract<ReceiverAsked, { outcome: 'asked' }>

/** What a customer does with a terminal and the card of the broker, or with another one. */
export function customerOf({ house, world, card, answerKey }: Broker, runtime: VirtualRuntime) {
  const { account } = world.customers.cai
  const securities = () => house.running.securities
  const must = (
    asked: ReceiverAsked | { readonly outcome: 'unknown-security' | 'unknown-trade' | 'other-bank' },
  ): Asked => {
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    return asked
  }
  const answerTo = async (asked: Asked, held: HeldCard = card, keyed?: Secret) => {
    const signed = await signedBy(runtime, held, asked.request, 'hpke', keyed ?? held.password)
    return asSound(runtime, { answerKey }, asked, signed)
  }
  const answered = async (name: string, asked: Asked, held?: HeldCard, keyed?: Secret) => ({
    ...{ account, intent: intentId(name), nonce: asked.request.nonce },
    answer: await answerTo(asked, held, keyed),
  })
  return {
    account,
    answered,
    askSignIn: async (name: string) => must(await securities().askSignIn(intentId(name))),
    signIn: async (name: string, held?: HeldCard, keyed?: Secret) => {
      const asked = must(await securities().askSignIn(intentId(name)))
      return securities().signIn(await answered(name, asked, held, keyed))
    },
    askTrade: async (name: string, side: Side, quantity: bigint, limit?: Money) =>
      must(
        await securities().askTrade({
          ...{ account, intent: intentId(name), side, quantity: { minor: quantity, asset: sharesOf(tea) } },
          ...(limit && { limit }),
        }),
      ),
    askCancel: async (name: string, trade: string) =>
      must(await securities().askCancel({ account, intent: intentId(name), trade })),
    payIn: async (name: string, amount: Money) => {
      const asked = must(await securities().askPayIn({ account, intent: intentId(name), amount }))
      return securities().payIn(await answered(name, asked))
    },
    payOut: async (name: string, amount: Money) => {
      const asked = must(await securities().askPayOut({ account, intent: intentId(name), amount }))
      return securities().payOut(await answered(name, asked))
    },
    cash: async () => (await securities().standing(account)).cash.available,
    securities,
  }
}

export type BrokersCustomer = ReturnType<typeof customerOf>
