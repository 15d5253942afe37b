/** What two people decide about cards: that one is in use, that it is not, and that it never is again. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { type CardNumber, parseCardNumber } from '../../card/numbers.ts'
import { accountNumberShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import { steppedOnce } from '../../invariant.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { confirmInWriting, endingOf } from '../confirmations/write.ts'
import { customerOf } from '../customers.ts'
import { type CardState, cardRow, step } from './cards.ts'

const cardShape = z.string().refine((text): text is CardNumber => parseCardNumber(text) !== undefined)
const keyLengths = { Ed25519: 32, 'P-256': 65 } as const
const enrolShape = z
  .strictObject({
    card: cardShape,
    account: accountNumberShape,
    algorithm: z.enum(['Ed25519', 'P-256']),
    publicKey: bytes,
    /** The card that it takes the place of, which is revoked: whoever approves reads it. */
    replaces: cardShape.optional(),
  })
  .refine(({ algorithm, publicKey }) => publicKey.length === keyLengths[algorithm])
const oneCardShape = z.strictObject({ card: cardShape, facts: signedFacts })

interface Decided {
  readonly request: unknown
  readonly digest: string
}

export function cardDecisions(branch: Branch): Readonly<Record<string, Kind>> {
  const roles = ['teller', 'officer'] as const
  const unknown: Carried = { done: false, outcome: 'unknown-card' }
  const stepping = (from: readonly CardState[], to: 'blocked' | 'unblocked' | 'revoked', otherwise: string): Kind => ({
    roles,
    carryOut: async (tx, { request, digest }, at) => {
      const card = await cardRow(tx, branch, oneCardShape.parse(request).card)
      if (card === undefined) return unknown
      if (!from.includes(card.state)) return { done: false, outcome: otherwise }
      await step(tx, branch, card, to, { by: 'people', decision: digest }, at)
      if (to === 'unblocked') await branch.cardPasswordTries.clear(tx, card.number)
      return { done: true, outcome: to }
    },
  })
  /** Blocked again since it was proposed, it is another block. */
  const ofBlock: NonNullable<Kind['facts']> = async (tx, request) => {
    const { card } = oneCardShape.parse(request)
    return tx.one<{ since: bigint; by: string }>(
      `SELECT at AS since, by FROM card_step WHERE tenant = ? AND card = ? AND step = 'blocked' ORDER BY number DESC LIMIT 1`,
      ...[branch.config.id, card],
    )
  }
  return {
    'enrol-card': { roles, carryOut: (tx, approved, at) => enrol(tx, branch, approved, at) },
    'block-card': stepping(['active'], 'blocked', 'not-in-use'),
    'unblock-card': onFacts({
      ...stepping(['blocked'], 'unblocked', 'not-blocked'),
      ...{ shape: oneCardShape, facts: ofBlock },
    }),
    'revoke-card': stepping(['issued', 'active', 'blocked'], 'revoked', 'already-revoked'),
  }
}

/** Step 2. */
async function enrol(tx: Tx, branch: Branch, { request, digest }: Decided, at: number): Promise<Carried> {
  const { card: number, account, algorithm, publicKey, replaces = null } = enrolShape.parse(request)
  const card = await cardRow(tx, branch, number)
  if (card === undefined || card.account !== account) return { done: false, outcome: 'unknown-card' }
  if (card.replaces !== replaces) return { done: false, outcome: 'replaces-another' }
  if (card.state !== 'issued') return { done: false, outcome: 'already-enrolled' }
  if ((await customerOf(tx, branch.config.id, account)) === undefined)
    return { done: false, outcome: 'unknown-account' }
  const enrolled = await tx.run(
    `UPDATE issued_card SET state = 'active', algorithm = ?, public_key = ?, enrolled_at = ?, enrolled_by = ?
     WHERE tenant = ? AND number = ? AND state = 'issued'`,
    ...[algorithm, publicKey, BigInt(at), digest, branch.config.id, number],
  )
  steppedOnce(enrolled, 'a card was enrolled that was not just issued', number)
  const old = card.replaces === null ? undefined : await cardRow(tx, branch, card.replaces)
  if (old !== undefined && old.state !== 'revoked')
    await step(tx, branch, old, 'revoked', { by: 'replacement', decision: digest }, at)
  const told = { id: `card ${number} enrolled`, account, at, ending: endingOf(number) }
  await confirmInWriting(tx, branch, { ...told, kind: 'card-issued' })
  return { done: true, outcome: 'enrolled' }
}
