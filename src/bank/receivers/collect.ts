/**
 * Money that a receiver collects by what a card of this bank signed. The bank judges again in full, the password last, and then in one
 * command uses up what may not be used twice, moves the money, and answers by letter. The same letter again has the same outcome, for
 * ever: a payment is known by the signature itself.
 */
import { parseSign1 } from '../../card/cose/sign1.ts'
import { type Judgement, judgeOrder, type UsedUp } from '../../card/judge.ts'
import type { ResultReason } from '../../card/messages/result.ts'
import type { Order } from '../../card/order.ts'
import { parseWitnessed } from '../../card/order-bytes.ts'
import { paymentId } from '../../card-receiver/payment-id.ts'
import type { InstitutionId } from '../../ids.ts'
import { InvariantBroken } from '../../invariant.ts'
import { Unopenable } from '../../keys/keys.ts'
import { accepted } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { type LetterHandler, preparing } from '../../mail/reception.ts'
import { isPayable } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { before, type IntendedRequest, once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { cardRow } from '../cards/cards.ts'
import { passwordJudge } from '../cards/password.ts'
import { cardSince, isUsed, moveByCard } from '../cards/use-up.ts'
import type { DecidedTransfer } from '../transfer.ts'
import { type Collected, keepCollected, tellAgain } from './collected.ts'
import { collectRegister } from './register.ts'

type CardPayment = Letter<'card-payment'>
type Collectable = Extract<Order, { type: 'pay' | 'transfer' | 'fund' }>

/** What was found out before the command. `drawn` is for what it does. */
interface Judged {
  readonly payment: ReturnType<typeof paymentId>
  readonly found: Refused | Genuine | 'decided'
  readonly drawn: { readonly at: number; readonly id: string }
}
interface Refused {
  readonly outcome: 'refused'
  readonly reason: ResultReason
  readonly field?: string
  readonly triesLeft?: number
}
interface Genuine {
  readonly outcome: 'genuine'
  readonly message: Uint8Array
  readonly order: Collectable
  readonly usesUp: UsedUp
}
type Decided = Refused | DecidedTransfer

export function collectTaking(branch: Branch): LetterHandler<'card-payment'> {
  return preparing<'card-payment', Judged>({
    prepare: async (from, body) => {
      const payment = paymentId(body.message, body.password)
      const known = await branch.store.read(tx => before<Decided>(tx, intentOf(branch, from, payment)))
      const found = known === undefined ? await judge(branch, from, body) : 'decided'
      return { payment, found, drawn: { at: now(branch), id: orderedId(branch.runtime) } }
    },
    judge: async (tx, from, _body, judged) => {
      await decide(tx, branch, from, judged)
      return accepted
    },
    // The receiver waits for our word.
    afterwards: () => branch.mail.wake(),
  })
}

function intentOf(
  { config }: Pick<Branch, 'config'>,
  receiver: InstitutionId,
  payment: Judged['payment'],
): IntendedRequest {
  return { tenant: config.id, principal: receiver, id: payment, kind: 'card-collection', request: { payment } }
}

async function judge(branch: Branch, from: InstitutionId, body: CardPayment): Promise<Refused | Genuine> {
  try {
    return await judgeWithPassword(branch, from, body)
  } catch (error) {
    // The key that the card agreed on is not to be had: whoever waits is told, and people find it in the log.
    if (!(error instanceof Unopenable)) throw error
    branch.troubled(error)
    return { outcome: 'refused', reason: 'not-now' }
  }
}

async function judgeWithPassword(
  branch: Branch,
  from: InstitutionId,
  { message, password: sealed }: CardPayment,
): Promise<Refused | Genuine> {
  const { config, store, runtime } = branch
  const order = orderIn(message)
  if (order === undefined) return { outcome: 'refused', reason: 'unreadable' }
  // Only what is collected is asked for by somebody else than the card's own bank.
  const isCollected = order.type === 'pay' || (order.type === 'fund' && order.direction === 'in')
  if (!isCollected) return { outcome: 'refused', reason: 'changed-field', field: 'type' }
  if (!isPayable(order.amount, config.currency))
    return { outcome: 'refused', reason: 'changed-field', field: 'currency' }
  const card = await store.read(tx => cardRow(tx, branch, order.card))
  const password = card && { sealed, judge: await passwordJudge(branch, card, { message, sealed }) }
  const seconds = Math.trunc(now(branch) / 1_000)
  const presented = { message, receiver: from, now: seconds, runtime, ...(password && { password }) }
  const judgement: Judgement = await runtime.work(judgeOrder(presented, collectRegister(branch)))
  switch (judgement.outcome) {
    case 'genuine':
      return { outcome: 'genuine', message, order, usesUp: judgement.usesUp }
    case 'undecided':
      return { outcome: 'refused', reason: 'not-now' }
    case 'plausible':
      throw new InvariantBroken('an issuer does not know whether a card is its own', undefined)
    case 'refused': {
      const triesLeft = judgement.reason === 'wrong-password' ? password?.judge.triesLeft() : undefined
      return { ...judgement, ...(triesLeft !== undefined && { triesLeft }) }
    }
  }
}

export function orderIn(message: Uint8Array): Order | undefined {
  try {
    return parseWitnessed(parseSign1(message).payload).order
  } catch {
    return undefined
  }
}

async function decide(tx: Tx, branch: Branch, from: InstitutionId, { payment, found, drawn }: Judged): Promise<void> {
  const intent = intentOf(branch, from, payment)
  const known = await before<Decided>(tx, intent)
  if (known !== undefined || found === 'decided') return tellAgain(tx, branch, from, payment)
  const since = found.outcome === 'genuine' ? await refusalSince(tx, branch, found, drawn.at) : undefined
  const decided = await once<Decided>(tx, intent, async () => {
    if (found.outcome === 'refused') return found
    if (since !== undefined) return since
    const { order, message, usesUp } = found
    const moving = { intent: payment, from: order.account, to: order.payee.account, amount: order.amount }
    return moveByCard(tx, branch, moving, { message, usesUp }, drawn)
  })
  if (decided.outcome === 'intent-reused') throw new InvariantBroken('a payment was another one before', payment)
  const became = collectedAs(decided)
  const of = found.outcome === 'genuine' && became.outcome !== 'refused' ? found.usesUp : undefined
  await keepCollected(tx, branch, { receiver: from, payment, at: drawn.at, ...became, ...(of && { of }) })
}

/** Nonce, counter and card, once more in the command that acts. */
async function refusalSince(tx: ReadTx, branch: Branch, { order, usesUp }: Genuine, at: number) {
  const seconds = Math.trunc(at / 1_000)
  const refusal = (await isUsed(tx, branch, usesUp.receiver, usesUp.nonce))
    ? ({ reason: 'used-nonce' } as const)
    : cardSince(await cardRow(tx, branch, usesUp.card), usesUp.counter, seconds)
  const late = refusal === undefined && seconds > order.expiresAt ? ({ reason: 'late' } as const) : refusal
  return late && ({ outcome: 'refused', ...late } as const)
}

function collectedAs(decided: Decided): Collected {
  switch (decided.outcome) {
    case 'transferred':
      return { outcome: 'paid', reference: decided.reference }
    case 'sent':
      return { outcome: 'sent', reference: decided.reference }
    case 'refused':
      return decided
    case 'insufficient-funds':
    case 'limit-exceeded':
    case 'account-blocked':
      return { outcome: 'refused', reason: decided.outcome }
    case 'unknown-account':
      return { outcome: 'refused', reason: 'unknown-payee' }
    case 'bank-out-of-reach':
    case 'bank-cap':
    case 'same-account':
    case 'under-review':
    case 'refused-amount':
    case 'card-needed':
      return { outcome: 'refused', reason: 'not-now' }
  }
}
