/**
 * The cards that this bank issued, and what becomes of them.
 *
 *     1 issue                        ──▶ issued    drawn at the counter, and written into the card, which makes its key
 *     2 enrol     issued             ──▶ active    two people: this key is this account's card's; what it replaces is revoked
 *     3 block     active             ──▶ blocked   its holder's word, two people's, or three wrong personal passwords
 *     4 unblock   blocked            ──▶ active    two people; the password's tries are free again
 *     5 revoke    issued, active, blocked ──▶ revoked   two people, for ever
 */
import type { SigningAlgorithm } from '../../card/cose/signing.ts'
import type { CardNumber } from '../../card/numbers.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { type ConfirmationKind, confirmInWriting, endingOf } from '../confirmations/write.ts'
import { tellOfCard } from '../receivers/lists.ts'

export type CardState = 'issued' | 'active' | 'blocked' | 'revoked'

export type CardRow = {
  readonly number: CardNumber
  readonly account: AccountNumber
  readonly replaces: CardNumber | null
  readonly issued_at: bigint
  readonly expires_at: bigint
  readonly answer_key: string
  readonly agreed_under: string
  readonly agreed_key: Uint8Array
  readonly password: string
  readonly algorithm: SigningAlgorithm | null
  readonly public_key: Uint8Array | null
  readonly state: CardState
  readonly counter: bigint
}

const columns = `number, account, replaces, issued_at, expires_at, answer_key, agreed_under, agreed_key, password, algorithm,
  public_key, state, counter`

/** Whose verifier it is: one that was copied to another card's row does not verify there. */
export const passwordOwner = (card: CardNumber): string => `card password ${card}`
/** In what context the agreed key is wrapped: it is no other card's. */
export const agreedKeyOf = (card: CardNumber): string => `agreed key of card ${card}`

export function cardRow(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  card: CardNumber,
): Promise<CardRow | undefined> {
  return tx.one<CardRow>(`SELECT ${columns} FROM issued_card WHERE tenant = ? AND number = ?`, config.id, card)
}

/** Oldest first. Without an account: all of them. */
export function cardRows(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  account?: AccountNumber,
): Promise<readonly CardRow[]> {
  return tx.all<CardRow>(
    `SELECT ${columns} FROM issued_card WHERE tenant = ? AND (? IS NULL OR account = ?) ORDER BY issued_at, number`,
    ...[config.id, account ?? null, account ?? null],
  )
}

/** Why a card took a step. `intent`: its holder's. `decision`: the digest. */
export type Why =
  | { readonly by: 'holder'; readonly intent: IntentId }
  | { readonly by: 'people' | 'replacement'; readonly decision: string }
  | { readonly by: 'password' }

const leads = { blocked: 'blocked', unblocked: 'active', revoked: 'revoked' } as const satisfies Record<
  string,
  CardState
>

const confirmed = {
  blocked: 'card-blocked',
  unblocked: 'card-unblocked',
  revoked: 'card-revoked',
} as const satisfies Record<keyof typeof leads, ConfirmationKind>

/** Steps 3 to 5, from a state that was read in the same command. */
export async function step(
  tx: Tx,
  { config }: Pick<Branch, 'config'>,
  { number: card, account, state }: Pick<CardRow, 'number' | 'account' | 'state'>,
  to: keyof typeof leads,
  why: Why,
  at: number,
): Promise<void> {
  const { id: tenant } = config
  const stepped = await tx.run(
    'UPDATE issued_card SET state = ? WHERE tenant = ? AND number = ? AND state = ?',
    ...[leads[to], tenant, card, state],
  )
  steppedOnce(stepped, 'a card took a step that it may not take', card)
  const reason = why.by === 'holder' ? why.intent : why.by === 'password' ? null : why.decision
  await tx.run(
    `INSERT INTO card_step (tenant, card, number, step, by, reason, at)
     SELECT ?, ?, coalesce(max(number), 0) + 1, ?, ?, ?, ? FROM card_step WHERE tenant = ? AND card = ?`,
    ...[tenant, card, to, why.by, reason, BigInt(at), tenant, card],
  )
  await tellOfCard(tx, { config }, card)
  // One that was never in use is nothing to its holder.
  if (state === 'issued') return
  const taken = await tx.one<{ number: bigint }>(
    'SELECT max(number) AS number FROM card_step WHERE tenant = ? AND card = ?',
    ...[tenant, card],
  )
  const id = `card ${card} ${taken?.number}`
  await confirmInWriting(tx, { config }, { id, account, kind: confirmed[to], at, ending: endingOf(card) })
}

/** At their holder's word, at once: every card of the account that could sign. */
export async function blockCards(
  tx: Tx,
  branch: Branch,
  account: AccountNumber,
  intent: IntentId,
  at: number,
): Promise<{ readonly outcome: 'blocked' | 'already-blocked' | 'nothing-to-block' }> {
  const cards = await cardRows(tx, branch, account)
  const inUse = cards.filter(({ state }) => state === 'active')
  for (const card of inUse) await step(tx, branch, card, 'blocked', { by: 'holder', intent }, at)
  if (inUse.length > 0) return { outcome: 'blocked' }
  return { outcome: cards.some(({ state }) => state === 'blocked') ? 'already-blocked' : 'nothing-to-block' }
}
