/**
 * Has a card sign one thing that the firm does: asked for under an intent, said, signed, sent, and told to both ends. What an earlier call
 * left unknown the terminal asks about first; it is told, and never signed again.
 */
import type { Inquiry } from '../../src/card/messages/inquiry.ts'
import type { CardResult } from '../../src/card/messages/result.ts'
import type { OrderType } from '../../src/card/order.ts'
import { type ReceiverAnswered, type ReceiverAsked, resultOf } from '../../src/card-receiver/edge.ts'
import type { IntentId } from '../../src/ids.ts'
import type { Call } from '../../src/phone/call.ts'
import type { Client, NotActedOn, Securities } from '../../src/securities/securities.ts'
import { untilKnown } from '../dialogs/carry-out.ts'
import { tellBecame } from '../dialogs/receiver-became.ts'
import { refusalResult, signByCard, tellEarlier, tellNotAccepted, untilAsked } from '../dialogs/sign-by-card.ts'

/** How every line says, before the reason, that what was to be signed did not come about. */
export const nothing = 'card.nothing-done'

export type NotAskedFor = Exclude<ReceiverAsked<OrderType>, { outcome: 'asked' }> | { readonly outcome: Unfit }
type Unfit = 'unknown-security' | 'unknown-trade' | 'other-bank'

export interface Errand<Became> {
  /** Of the intent. */
  readonly name: 'sign-in' | 'trade' | 'cancel' | 'pay-in' | 'pay-out'
  readonly ask: (intent: IntentId) => Promise<Extract<ReceiverAsked<OrderType>, { outcome: 'asked' }> | NotAskedFor>
  /** Says what the card is to sign. */
  readonly announce: () => Promise<void>
  readonly send: (answered: ReceiverAnswered) => Promise<Became>
  /** For the terminal. */
  readonly result: (became: Became) => CardResult
  /** For the caller. */
  readonly tell: (became: Became) => Promise<void>
}

/** `account`: whose, or nobody's yet. */
export function bySignature<Became>(
  call: Call,
  firm: Securities,
  account: Client['account'] | '',
  errand: Errand<Became>,
): Promise<void> {
  return untilAsked(call, nothing, async () => {
    const { id: intent } = await call.intent(errand.name, account)
    const asked = await untilKnown(call, () => errand.ask(intent))
    if (asked.outcome !== 'asked') return void (await tellNotAskedFor(call, asked))

    await errand.announce()
    // Whoever has signed in has signed.
    const signed = await signByCard(call, asked, nothing, { signedBefore: account !== '' })
    if (signed.outcome === 'over') return undefined
    if (signed.outcome === 'inquiry') return settle(call, firm, account, signed.inquiry)

    const became = await errand.send({ intent, nonce: asked.request.nonce, answer: signed.answer })
    await call.tellCard(errand.result(became))
    return void (await errand.tell(became))
  })
}

async function tellNotAskedFor(call: Call, { outcome }: NotAskedFor): Promise<void> {
  switch (outcome) {
    case 'no-cards':
      return call.refuse('securities.no-cards')
    case 'other-bank':
      return call.refuse('funds.other-bank')
    default:
      return call.refuse('securities.refused')
  }
}

/** What the firm did not act on. */
export function resultOfNothing(refused: NotActedOn): CardResult {
  return refused.outcome === 'intent-reused' ? { outcome: 'refused', reason: 'not-now' } : refusalResult(refused)
}

export function tellNothingDone(call: Call, refused: NotActedOn): Promise<void> {
  if (refused.outcome === 'intent-reused') return call.refuse('securities.refused')
  return tellNotAccepted(call, refused, nothing)
}

async function settle(
  call: Call,
  firm: Securities,
  account: Client['account'] | '',
  inquiry: Inquiry,
): Promise<'again' | undefined> {
  const became = await untilKnown(call, () => firm.becameOfCard({ ...inquiry, account }))
  if (became.outcome === 'acted-on') {
    const result = { outcome: 'paid', reference: became.reference } as const
    return tellEarlier(call, result, () => call.say('earlier.acted-on'))
  }
  return tellEarlier(call, resultOf(became), () =>
    tellBecame(call, became, { unknown: 'funds.unknown', notDone: 'earlier.not-done' }),
  )
}
