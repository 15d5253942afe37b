/**
 * Paying by what a card signed. The answer is opened, the order put together from what was asked, and judged; then one command
 * uses up card and counter, and receiver and nonce, and moves the money. Whatever is refused before has changed nothing.
 */
import { hash } from 'node:crypto'
import { toHex } from '../../bytes.ts'
import { type Judgement, judgeOrder, type Refusal, type UsedUp } from '../../card/judge.ts'
import type { Answer } from '../../card/messages/answer.ts'
import type { OrderRequest } from '../../card/order.ts'
import { rebuildSigned } from '../../card/rebuild.ts'
import { requestIn } from '../../card-receiver/asked-bytes.ts'
import { openAnswer } from '../../card-receiver/open-answer.ts'
import { InvariantBroken } from '../../invariant.ts'
import { now, orderedId } from '../../runtime.ts'
import { before, type IntendedRequest, type IntentReused, once } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { type DecidedTransfer, toldTransfer } from '../transfer.ts'
import type { CardAnswered, CardPayment, CardRefused } from '../transfer-edge.ts'
import { endOrders } from './orders.ts'
import { passwordJudge } from './password.ts'
import { cardRegister, orderRow, ownCard } from './register.ts'
import { cardSince, moveByCard } from './use-up.ts'

export async function payByCard(branch: Branch, request: CardAnswered): Promise<CardPayment> {
  const { store, runtime } = branch
  runtime.reached('card-payment.requested')
  const intent = intentOf(branch, request)
  const known = await store.read(tx => before<DecidedTransfer>(tx, intent))
  if (known !== undefined) return told(branch, known)
  const answer = await runtime.work(openAnswer({ id: branch.config.id, keys: branch.keys }, request.answer))
  if (answer === undefined) return { outcome: 'unreadable-answer' }
  const judged = await runtime.work(judge(branch, request, answer))
  if (judged.outcome !== 'genuine') return judged
  const drawn = { at: now(branch), id: orderedId(runtime) }
  const decided = await store.execute<DecidedTransfer | IntentReused | CardRefused>(async tx => {
    // Once more, in the command that acts: another answer may have come in between.
    const earlier = await before<DecidedTransfer>(tx, intent)
    if (earlier !== undefined) return earlier
    const refusal = await refusalSince(tx, branch, request, judged, drawn.at)
    if (refusal !== undefined) return { outcome: 'refused', ...refusal }
    return once<DecidedTransfer>(tx, intent, () => act(tx, branch, request, judged, drawn))
  })
  runtime.reached('card-payment.committed')
  return decided.outcome === 'refused' ? decided : told(branch, decided)
}

/** The very answer belongs to it: another one under the same intent is another request. */
function intentOf({ config }: Branch, { from, intent: id, nonce, answer }: CardAnswered): IntendedRequest {
  const request = { nonce: toHex(nonce), way: answer.way, answer: hash('sha256', answer.bytes) }
  return { tenant: config.id, principal: from, id, kind: 'card-transfer', request }
}

/** No limit of a PIN is in the way of a card. */
async function told(branch: Branch, decided: DecidedTransfer | IntentReused): Promise<CardPayment> {
  const became = await toldTransfer(branch, decided)
  if (became.outcome === 'card-needed') throw new InvariantBroken('a card was asked for a card', undefined)
  return became
}

interface Judged {
  readonly outcome: 'genuine'
  readonly message: Uint8Array
  readonly request: OrderRequest
  readonly usesUp: UsedUp
}

async function judge(
  branch: Branch,
  { intent, from, nonce }: CardAnswered,
  answer: Answer,
): Promise<Judged | CardRefused | { readonly outcome: 'undecided' }> {
  const { config, store } = branch
  const [order, card] = await store.read(async tx => [
    await orderRow(tx, branch, { intent, from }, nonce),
    await ownCard(tx, branch, from, answer.card),
  ])
  // A nonce that the account was not asked with under this intent has no order to put together.
  if (order === undefined) return { outcome: 'refused', reason: 'foreign-nonce' }
  if (answer.account !== from) return { outcome: 'refused', reason: 'changed-field', field: 'account' }
  const request = requestIn(order)
  const message = rebuildSigned(request, answer, config.id)
  const password = card && {
    sealed: answer.password,
    judge: await passwordJudge(branch, card, { message, sealed: answer.password }),
  }
  const presented = {
    message,
    receiver: config.id,
    now: Math.trunc(now(branch) / 1_000),
    runtime: branch.runtime,
    ...(password && { password }),
  }
  const judgement: Judgement = await judgeOrder(presented, cardRegister(branch, { intent, from }))
  switch (judgement.outcome) {
    case 'genuine':
      return { outcome: 'genuine', message, request, usesUp: judgement.usesUp }
    case 'undecided':
      return judgement
    case 'plausible':
      throw new InvariantBroken('an issuer does not know whether a card is its own', undefined)
    case 'refused': {
      const triesLeft = judgement.reason === 'wrong-password' ? password?.judge.triesLeft() : undefined
      return triesLeft === undefined ? judgement : { ...judgement, triesLeft }
    }
  }
}

/** What has become of card, nonce and time since they were judged: comparing a password takes its own. */
async function refusalSince(
  tx: ReadTx,
  branch: Branch,
  { intent, from, nonce }: CardAnswered,
  { request, usesUp: { card: number, counter } }: Judged,
  at: number,
): Promise<Refusal | undefined> {
  const seconds = Math.trunc(at / 1_000)
  const order = await orderRow(tx, branch, { intent, from }, nonce)
  if (order === undefined) return { reason: 'foreign-nonce' }
  if (order.over_at !== null) return { reason: 'used-nonce' }
  if (seconds > request.expiresAt) return { reason: 'late' }
  return cardSince(await ownCard(tx, branch, from, number), counter, seconds)
}

/** Uses up what may not be used twice, and moves the money, or says why it does not move. Either way the order is over. */
async function act(
  tx: Tx,
  branch: Branch,
  { from, intent }: CardAnswered,
  { message, request, usesUp }: Judged,
  drawn: { readonly at: number; readonly id: string },
): Promise<DecidedTransfer> {
  if (request.type !== 'transfer') throw new InvariantBroken('a bank asked for what is no transfer', undefined)
  await endOrders(tx, branch, from, drawn.at)
  const order = { intent, from, to: request.payee.account, amount: request.amount }
  return moveByCard(tx, branch, order, { message, usesUp }, drawn)
}
