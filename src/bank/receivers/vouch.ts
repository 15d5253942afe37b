/**
 * A firm's customer signs in there with a card of this bank: the bank judges what the card signed, the password last, and says whose the
 * card is and which key it has. It moves nothing and uses nothing up. What else is signed at the firm the firm judges by itself, and
 * hears by the lists of cards when this one is out of use.
 */

import { judgeOrder } from '../../card/judge.ts'
import type { Order } from '../../card/order.ts'
import type { InstitutionId } from '../../ids.ts'
import { InvariantBroken } from '../../invariant.ts'
import type { Query, QueryAnswer } from '../../mail/messages.ts'
import { now } from '../../runtime.ts'
import type { Branch } from '../branch.ts'
import { cardRow } from '../cards/cards.ts'
import { passwordJudge } from '../cards/password.ts'
import { nameOnOrder } from '../cards/payee-name.ts'
import { customerOf } from '../customers.ts'
import { orderIn } from './collect.ts'
import { admittedRows } from './lists.ts'
import { collectRegister } from './register.ts'

type Answer = QueryAnswer<'card-holder'>

export async function answerCardHolder(
  branch: Branch,
  from: InstitutionId,
  { message, password: sealed }: Query<'card-holder'>,
): Promise<Answer> {
  const { store, runtime } = branch
  const order: Order | undefined = orderIn(message)
  if (order === undefined) return { outcome: 'refused', reason: 'unreadable' }
  // Whoever is shown who a card's holder is takes cards by two people's decision, and asked for nothing but that.
  if (order.type !== 'sign-in') return { outcome: 'refused', reason: 'changed-field', field: 'type' }
  const [admitted, card] = await store.read(async tx => [
    await admittedRows(tx, branch),
    await cardRow(tx, branch, order.card),
  ])
  if (!admitted.some(({ receiver }) => receiver === from)) return { outcome: 'refused', reason: 'not-its-payee' }
  const password = card && { sealed, judge: await passwordJudge(branch, card, { message, sealed }) }
  const presented = { message, receiver: from, now: Math.trunc(now(branch) / 1_000), ...(password && { password }) }
  const judgement = await runtime.work(judgeOrder(presented, collectRegister(branch)))
  switch (judgement.outcome) {
    case 'genuine':
      return found(branch, card)
    case 'undecided':
      return { outcome: 'refused', reason: 'not-now' }
    case 'plausible':
      throw new InvariantBroken('an issuer does not know whether a card is its own', undefined)
    case 'refused': {
      const triesLeft = judgement.reason === 'wrong-password' ? password?.judge.triesLeft() : undefined
      return {
        ...{ outcome: 'refused', reason: judgement.reason },
        ...('field' in judgement && { field: judgement.field }),
        ...(triesLeft !== undefined && { triesLeft }),
      }
    }
  }
}

async function found({ store, config }: Branch, card: Awaited<ReturnType<typeof cardRow>>): Promise<Answer> {
  if (card === undefined || card.algorithm === null || card.public_key === null)
    throw new InvariantBroken('a card without a key has signed', card?.number)
  const { account, algorithm, public_key: key, expires_at } = card
  const customer = await store.read(tx => customerOf(tx, config.id, account))
  // Its account was closed, and nobody has revoked the card yet.
  if (customer === undefined) return { outcome: 'refused', reason: 'unknown-card' }
  return {
    ...{ outcome: 'found', account, name: nameOnOrder(customer.name), algorithm, key },
    expiresAt: Number(expires_at),
  }
}
