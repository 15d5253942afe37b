/** A merchant that takes cards, and what becomes of a payment by one: as its bank and the terminal would have it. */
import type { InstitutionNumber } from '../../../src/card/numbers.ts'
import type { ReceiverBecame, ReceiverPayment } from '../../../src/card-receiver/edge.ts'
import type { Merchant } from '../../../src/merchant/merchant.ts'
import { yuan } from '../../../src/money.ts'
import { accountNumber, institutionId } from '../../support/ids.ts'
import { answering } from './substitute.ts'
import { type Terminal, withTerminal } from './terminal.ts'

export interface CardScenario {
  readonly terminal?: Terminal
  readonly merchant: (merchant: Merchant) => Merchant
}

/** What is keyed in these scenarios. */
const amount = yuan(1_200n)
const reference = '100009'

/** The same to whoever signed, and to whoever comes back after the process has died. */
const signed = (payment: ReceiverPayment & ReceiverBecame): CardScenario => ({
  terminal: 'signs',
  merchant: merchant => answering(answering(asking(merchant), 'payByCard', payment), 'becameOfCardIntent', payment),
})

const asksFirst = (became: ReceiverBecame): CardScenario => ({
  terminal: 'asks first',
  merchant: merchant =>
    answering(answering(asking(merchant), 'becameOfCard', became), 'becameOfCardIntent', { outcome: 'not-done' }),
})

export const cardScenarios: Readonly<Record<string, CardScenario>> = {
  'card: paid': signed({ outcome: 'paid', amount, reference }),
  'card: on its way': signed({ outcome: 'on-its-way', amount, reference }),
  'card: came back': signed({ outcome: 'came-back', amount }),
  'card: not known yet': signed({ outcome: 'unknown', amount }),
  'card: wrong personal password': signed({ outcome: 'refused', reason: 'wrong-password', triesLeft: 2 }),
  'card: earlier paid': asksFirst({ outcome: 'paid', amount, reference }),
  'card: earlier on its way': asksFirst({ outcome: 'on-its-way', amount, reference }),
  'card: earlier not known yet': asksFirst({ outcome: 'unknown', amount }),
  'card: earlier not done': asksFirst({ outcome: 'not-done' }),
  'card: no terminal': { merchant: asking },
  'card: no such amount': { merchant: merchant => answering(merchant, 'askByCard', { outcome: 'refused-amount' }) },
}

/** It asks whatever card comes. */
function asking(merchant: Merchant): Merchant {
  const issuedAt = 1_795_312_800
  const asked = {
    ...{ receiver: institutionId('lantern'), nonce: new Uint8Array(8).fill(7), issuedAt, expiresAt: issuedAt + 300 },
    payee: { bank: institutionId('harbour'), account: accountNumber('1234'), name: 'Lantern Books' },
  }
  return {
    ...merchant,
    askByCard: async request => ({
      ...{ outcome: 'asked', receiverNumber: 8001 as InstitutionNumber, answerKeyId: 1 },
      request: { ...asked, type: 'pay', amount: request.amount },
    }),
  }
}

/** As its callers find it. */
export function takingCards(merchant: Merchant, scenario: Partial<CardScenario>): Merchant {
  const takes: Merchant = { ...merchant, takesCards: true }
  const altered = scenario.merchant?.(takes) ?? takes
  return scenario.terminal ? withTerminal(altered, scenario.terminal) : altered
}
