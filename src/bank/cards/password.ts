/**
 * The personal password of a card, as it came sealed with an order. Three wrong ones in a row block the card: only who holds it and
 * knows its PIN gets so far, as the signature is verified before.
 */
import type { PasswordJudge } from '../../card/register.ts'
import { now } from '../../runtime.ts'
import type { Branch } from '../branch.ts'
import { agreedKeyOf, type CardRow, cardRow, passwordOwner, step } from './cards.ts'

export interface CountingJudge extends PasswordJudge {
  /** After a wrong password: how many tries are left. With none the card is blocked. */
  triesLeft(): number | undefined
}

/** @throws Unopenable when the card's agreed key was changed in the books, or the key that it lies under is gone. */
export async function passwordJudge(branch: Branch, card: CardRow): Promise<CountingJudge> {
  const { config, keys, verifiers, cardPasswordTries: tries } = branch
  const wrapped = { keyId: card.agreed_under, bytes: card.agreed_key }
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
          const compared = await verifiers.verify(card.password, password, passwordOwner(card.number))
          return compared === 'busy' ? 'undecided' : compared
        },
        async (tx, comparison, triesLeft) => {
          if (comparison === 'right' || triesLeft > 0) return
          const row = await cardRow(tx, branch, number)
          if (row?.state === 'active') await step(tx, branch, row, 'blocked', { by: 'password' }, at)
        },
      )
      switch (tried.outcome) {
        case 'right':
          return 'right'
        case 'wrong':
          left = tried.triesLeft
          return 'wrong'
        case 'locked':
          left = 0
          return 'wrong'
        case 'undecided':
        case 'busy':
          return 'undecided'
      }
    },
    triesLeft: () => left,
  }
}
