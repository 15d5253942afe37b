/**
 * The judgement of a signed order: the receiver's pre-check and the issuer's authorisation by the same rules. Each refusal has its own
 * reason. What is free comes first, so that a replay costs no more than two look-ups; then the signature, before anything of a
 * card's state is told; and last the personal password, which is slow to compare.
 *
 * It changes nothing. Whoever acts on an order uses up its counter and nonce in the transaction that does so.
 */
import type { InstitutionId } from '../ids.ts'
import type { Runtime } from '../runtime.ts'
import { isSign1By, parseSign1, type Sign1 } from './cose/sign1.ts'
import type { CardNumber } from './numbers.ts'
import type { Order, Payee, Witness } from './order.ts'
import { changedField, parseWitnessed } from './order-bytes.ts'
import { openPassword, type SealedPassword, unannounced } from './personal-password.ts'
import type { CardRegister, PasswordJudge, RegisteredCard } from './register.ts'

/** What is judged. */
export interface Presented {
  /** A COSE_Sign1, whole. */
  readonly message: Uint8Array
  /** Whose request the order has to answer: the one who judges, or, at an issuer, who sent the letter. */
  readonly receiver: InstitutionId
  /** Seconds since 1970. */
  readonly now: number
  /** At the issuer of the card. Anybody else forwards the password as it is. */
  readonly password?: { readonly sealed: SealedPassword; readonly judge: PasswordJudge }
  /** Where there is one: it is told what is verified and decrypted off the thread. */
  readonly runtime?: Pick<Runtime, 'offThread'>
}

/** What may not be accepted a second time. */
export interface UsedUp {
  readonly card: CardNumber
  readonly counter: number
  readonly receiver: InstitutionId
  readonly nonce: Uint8Array
}

export type Refusal =
  /** No COSE_Sign1 of an order. */
  | { readonly reason: 'unreadable' }
  /** It answers somebody else's request. */
  | { readonly reason: 'other-receiver' }
  | { readonly reason: 'foreign-nonce' | 'used-nonce' }
  /** It is not what was asked. `field`: of the order. */
  | { readonly reason: 'changed-field'; readonly field: string }
  /** It came after its time, or before it. */
  | { readonly reason: 'late' | 'early' }
  | { readonly reason: 'unknown-card' }
  /** Not above the greatest that the card was used with. */
  | { readonly reason: 'old-counter' }
  | { readonly reason: 'bad-signature' }
  | { readonly reason: 'blocked' | 'revoked' | 'expired' }
  | { readonly reason: 'unknown-payee' }
  /** The account is somebody else's. */
  | { readonly reason: 'payee-name' }
  /** The receiver may not collect for that payee. */
  | { readonly reason: 'not-its-payee' }
  /** The password is not for this bank, this card, or this order. */
  | { readonly reason: 'password-unopenable' }
  | { readonly reason: 'wrong-password' }

export type Judgement =
  | { readonly outcome: 'genuine'; readonly order: Order; readonly witness: Witness; readonly usesUp: UsedUp }
  /** Nothing speaks against it, but only the card's issuer can tell: nobody acts on it before. */
  | { readonly outcome: 'plausible'; readonly order: Order; readonly witness: Witness; readonly usesUp: UsedUp }
  /** The password could not be compared now. Nothing was decided. */
  | { readonly outcome: 'undecided' }
  | ({ readonly outcome: 'refused' } & Refusal)

/** Seconds by which two institutions' clocks may differ. */
const clocksDiffer = 60

export async function judgeOrder(presented: Presented, register: CardRegister): Promise<Judgement> {
  const read = readMessage(presented.message)
  if (read === undefined) return refused({ reason: 'unreadable' })
  const { message, order, witness } = read
  const wrongRequest = await judgeRequest(presented, order, register)
  if (wrongRequest !== undefined) return refused(wrongRequest)
  const usesUp = { card: order.card, counter: witness.counter, receiver: order.receiver, nonce: order.nonce }

  const card = await register.card(order.card, order.issuer)
  if (card === 'unknown') return refused({ reason: 'unknown-card' })
  if (card !== 'elsewhere') {
    const wrongCard = await judgeCard(presented, read, card)
    if (wrongCard !== undefined) return refused(wrongCard)
  }
  const wrongPayee = 'payee' in order ? await judgePayee(order, order.payee, register) : undefined
  if (wrongPayee !== undefined) return refused(wrongPayee)
  if (card === 'elsewhere') return { outcome: 'plausible', order, witness, usesUp }

  const password = await judgePassword(presented, order, message.payload)
  if (password === 'undecided') return { outcome: 'undecided' }
  return password === undefined ? { outcome: 'genuine', order, witness, usesUp } : refused(password)
}

interface ReadMessage {
  readonly message: Sign1
  readonly order: Order
  readonly witness: Witness
}

function readMessage(bytes: Uint8Array): ReadMessage | undefined {
  try {
    const message = parseSign1(bytes)
    return { message, ...parseWitnessed(message.payload) }
  } catch {
    return undefined
  }
}

async function judgeRequest(
  { receiver, now }: Presented,
  order: Order,
  register: CardRegister,
): Promise<Refusal | undefined> {
  if (order.receiver !== receiver) return { reason: 'other-receiver' }
  const asked = await register.asked(order.receiver, order.nonce)
  if (asked.state === 'foreign') return { reason: 'foreign-nonce' }
  if (asked.state === 'used') return { reason: 'used-nonce' }
  const field = asked.request && changedField(asked.request, order)
  if (field !== undefined) return { reason: 'changed-field', field }
  if (now > order.expiresAt) return { reason: 'late' }
  return now < order.issuedAt - clocksDiffer ? { reason: 'early' } : undefined
}

async function judgeCard(
  { now, runtime = unannounced }: Presented,
  { message, order, witness }: ReadMessage,
  card: RegisteredCard,
): Promise<Refusal | undefined> {
  if (witness.counter <= card.counter) return { reason: 'old-counter' }
  if (!(await runtime.offThread(isSign1By(card.key, message)))) return { reason: 'bad-signature' }
  if (order.issuer !== card.issuer) return { reason: 'changed-field', field: 'issuer' }
  if (order.account !== card.account) return { reason: 'changed-field', field: 'account' }
  if (card.state !== 'active') return { reason: card.state }
  return now > card.expiresAt ? { reason: 'expired' } : undefined
}

async function judgePayee(order: Order, payee: Payee, register: CardRegister): Promise<Refusal | undefined> {
  const known = await register.payeeName(payee)
  if (known === 'unknown') return { reason: 'unknown-payee' }
  if (known !== 'elsewhere' && known.name !== payee.name) return { reason: 'payee-name' }
  const collects = order.type === 'pay' || (order.type === 'fund' && order.direction === 'in')
  return collects && !(await register.mayCollect(order.receiver, payee)) ? { reason: 'not-its-payee' } : undefined
}

async function judgePassword(
  { password, runtime = unannounced }: Presented,
  order: Order,
  payload: Uint8Array,
): Promise<Refusal | 'undecided' | undefined> {
  if (password === undefined) return undefined
  const opened = await openPassword(password.judge.keys, password.sealed, payload, runtime)
  if (opened === undefined) return { reason: 'password-unopenable' }
  const compared = await password.judge.compare(order.card, opened)
  if (compared === 'undecided') return 'undecided'
  return compared === 'right' ? undefined : { reason: 'wrong-password' }
}

function refused(refusal: Refusal): Judgement {
  return { outcome: 'refused', ...refusal }
}
