/**
 * The personal password of a card, as it came sealed with an order. Three wrong ones in a row block the card: only who holds it and
 * knows its PIN gets so far, as the signature is verified before. What a card signed once has one try, however often it comes and
 * whatever password comes with it: a card seals one for each signature, while who forwards it could seal any to this bank's public key.
 */
import { hash } from 'node:crypto'
import { parseSign1 } from '../../card/cose/sign1.ts'
import type { SealedPassword } from '../../card/personal-password.ts'
import type { PasswordJudge } from '../../card/register.ts'
import type { IntentId } from '../../ids.ts'
import { now } from '../../runtime.ts'
import { before, type IntendedRequest, once } from '../../store/once.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { agreedKeyOf, type CardRow, cardRow, cardRows, passwordOwner, step } from './cards.ts'

/** What the card signed, as a COSE_Sign1, and the password that came with it. */
interface Came {
  readonly message: Uint8Array
  readonly sealed: SealedPassword
}

export interface CountingJudge extends PasswordJudge {
  /** After a wrong password: how many tries are left. With none the card is blocked. */
  triesLeft(): number | undefined
}

/** @throws Unopenable when the card's agreed key was changed in the books, or the key that it lies under is gone. */
export async function passwordJudge(branch: Branch, card: CardRow, came: Came): Promise<CountingJudge> {
  const { config, keys, store, verifiers, cardPasswordTries: tries } = branch
  const wrapped = { keyId: card.agreed_under, bytes: card.agreed_key }
  const signed = signedOnce(branch, card, came)
  let left: number | undefined
  return {
    keys: {
      issuer: config.id,
      open: (sealed, binding) => keys.openAnswer(card.answer_key, sealed, binding),
      agreedKey: await keys.unwrap(wrapped, agreedKeyOf(card.number)),
    },
    compare: async (number, password) => {
      const at = now(branch)
      const tried = await tries.attempt(
        number,
        async () => {
          const earlier = await store.read(tx => before<WrongPassword>(tx, signed))
          if (earlier?.outcome === 'wrong-password') {
            left = earlier.triesLeft
            // Not compared again: its slot is given back.
            return 'undecided'
          }
          const compared = await verifiers.verify(card.password, password, passwordOwner(card.number))
          return compared === 'busy' ? 'undecided' : compared
        },
        async (tx, comparison, triesLeft) => {
          if (comparison === 'right') return
          if (triesLeft > 0)
            await once<WrongPassword>(tx, signed, async () => ({ outcome: 'wrong-password', triesLeft }))
          else await blockGuessed(tx, branch, number, at)
        },
      )
      switch (tried.outcome) {
        case 'right':
          return 'right'
        case 'wrong':
          left = tried.triesLeft
          return 'wrong'
        case 'locked':
          // The process that took the last slot may have died before it blocked the card.
          await store.execute(tx => blockGuessed(tx, branch, number, at))
          left = 0
          return 'wrong'
        case 'undecided':
          return left === undefined ? 'undecided' : 'wrong'
        case 'busy':
          return 'undecided'
      }
    },
    triesLeft: () => left,
  }
}

/** Noted of a signature that left tries: the last one blocks the card, which is told instead. */
type WrongPassword = { readonly outcome: 'wrong-password'; readonly triesLeft: number }

/** What was signed, order and counter, as a request of its card. Its signature has no part in it: one of P-256 has a second form. */
function signedOnce({ config }: Branch, card: CardRow, { message }: Came): IntendedRequest {
  const digest = hash('sha256', parseSign1(message).payload)
  const id = digest.slice(0, 32) as IntentId
  return { tenant: config.id, principal: passwordOwner(card.number), id, kind: 'card-password', request: { digest } }
}

async function blockGuessed(tx: Tx, branch: Branch, card: CardRow['number'], at: number): Promise<void> {
  const row = await cardRow(tx, branch, card)
  if (row?.state !== 'active' || !(await branch.cardPasswordTries.isLocked(tx, card))) return
  await step(tx, branch, row, 'blocked', { by: 'password' }, at)
}

/** When a bank starts nothing is being compared: a card in use without a try was to be blocked when the process died. */
export async function blockGuessedCards(branch: Branch): Promise<void> {
  const at = now(branch)
  const guessed = await branch.store.read(async tx => {
    const inUse = (await cardRows(tx, branch)).filter(({ state }) => state === 'active')
    const locked = await Promise.all(inUse.map(({ number }) => branch.cardPasswordTries.isLocked(tx, number)))
    return inUse.filter((_, i) => locked[i])
  })
  for (const { number } of guessed) await branch.store.execute(tx => blockGuessed(tx, branch, number, at))
}
