/**
 * What institutions say to each other: the body of every letter (delivered once, in order, with a receipt) and of every
 * query (asked and answered at once, remembered by nobody). `messages/` has them by what they are about.
 */

import { z } from 'zod'
import { integer } from './letter.ts'
import { signedLogHead } from './log-heads.ts'
import { cardLetters, cardQueries } from './messages/cards.ts'
import { dayEndLetters } from './messages/day-end.ts'
import { keyLetters } from './messages/keys.ts'
import { payeeLetters } from './messages/payees.ts'
import { transferLetters, transferQueries } from './messages/transfers.ts'
import { voucherLetters, voucherQueries } from './messages/vouchers.ts'

export { mostListed } from './messages/cards.ts'
export { mostRecords } from './messages/vouchers.ts'

export const letters = {
  ...payeeLetters,
  ...keyLetters,
  ...transferLetters,
  ...cardLetters,
  ...voucherLetters,
  ...dayEndLetters,
} as const

/** Letters that are sealed until they leave, and of which neither end keeps more than digest, signature and receipt. */
export type SecretLetterType = 'voucher-batch'

/**
 * Whether neither end keeps such a letter once it was taken. Its shares are sealed to a key that the bank has for ever: a
 * copy would tell a password whose own key was destroyed.
 */
export function carriesSecrets(type: string): boolean {
  return type === ('voucher-batch' satisfies SecretLetterType)
}

/** Asked by who may have gone back in time: the highest head of the asker's change log that the other end holds. */
const highestHead = z.object({
  head: z.union([signedLogHead, z.null()]),
  /** Where the next letter to the asker stands: what is told from there on did not happen in books that the asker lost. */
  next: z.object({ epoch: integer, sequence: integer }),
})

export const queries = {
  ...cardQueries,
  ...transferQueries,
  'highest-head': { question: z.object({}), answer: highestHead },
  ...voucherQueries,
} as const

export type LetterType = keyof typeof letters
export type Letter<T extends LetterType> = z.output<(typeof letters)[T]>
export type QueryType = keyof typeof queries
export type Query<T extends QueryType> = z.output<(typeof queries)[T]['question']>
export type QueryAnswer<T extends QueryType> = z.output<(typeof queries)[T]['answer']>

export type Activation = Letter<'activation'>
