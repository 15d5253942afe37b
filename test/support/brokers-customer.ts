/** A customer of a bank at a securities firm, with a card and a terminal: asks, has the card sign, and sends what it answered. */
import type { ReceiverAsked } from '../../src/card-receiver/edge.ts'
import type { AccountNumber } from '../../src/ids.ts'
import type { Money } from '../../src/money.ts'
import type { Runtime } from '../../src/runtime.ts'
import type { Secret } from '../../src/secret.ts'
import { sharesOf } from '../../src/securities/firm.ts'
import type { Securities } from '../../src/securities/securities.ts'
import type { Side } from '../../src/securities/trade.ts'
import { asSound, type HeldCard, signedBy } from './cards.ts'
import { intentId } from './ids.ts'
import { type Broker, tea } from './securities.ts'

type Asked = Extract<ReceiverAsked, { outcome: 'asked' }>

/** A card, and what its holder knows. */
type Held = Pick<HeldCard, 'session' | 'pin' | 'password'>

export interface CustomerParts {
  readonly account: AccountNumber
  readonly card: Held
  /** Of the firm, as a terminal has it in the directory of the bank. */
  readonly answerKey: Uint8Array
  /** The firm, whichever process it is by now. */
  readonly securities: () => Securities
}

/** Of the broker, with the card that it has. */
export function customerOf({ house, world, card, answerKey }: Broker, runtime: Runtime) {
  const securities = () => house.running.securities
  return customerWith({ account: world.customers.cai.account, card, answerKey, securities }, runtime)
}

/** What a customer does with a terminal and this card, or with another one. */
export function customerWith({ account, card, answerKey, securities }: CustomerParts, runtime: Runtime) {
  const must = (
    asked: ReceiverAsked | { readonly outcome: 'unknown-security' | 'unknown-trade' | 'other-bank' },
  ): Asked => {
    if (asked.outcome !== 'asked') throw new Error(asked.outcome)
    return asked
  }
  const answerTo = async (asked: Asked, held: Held = card, keyed?: Secret) => {
    const signed = await signedBy(runtime, held, asked.request, 'hpke', keyed ?? held.password)
    return asSound(runtime, { answerKey }, asked, signed)
  }
  const answered = async (name: string, asked: Asked, held?: Held, keyed?: Secret) => ({
    ...{ account, intent: intentId(name), nonce: asked.request.nonce },
    answer: await answerTo(asked, held, keyed),
  })
  return {
    account,
    answered,
    askSignIn: async (name: string) => must(await securities().askSignIn(intentId(name))),
    signIn: async (name: string, held?: Held, keyed?: Secret) => {
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
