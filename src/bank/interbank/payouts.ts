/**
 * What this bank holds for a private payee whose account is at another bank goes there as a credit that names the payee: that bank takes
 * it for the payee's own account, and for no other. Until it has, the money stays on the settlement account, held.
 *
 *     1 pay out                    ──▶ pending    two people decide; the money is held, the letter written
 *     2 credited      pending      ──▶ credited   the other bank's signed acceptance, which is final: owed to it
 *     3 refused       pending      ──▶ refused    its signed refusal: the hold is gone, and an alarm tells people
 *     4 give up       pending      ──▶ returned   two people say that the bank is dead: the hold is gone, the letter void
 *     5 credited      returned     ──▶ overtaken  it had credited it after all: owed to it, out of what is held for the payee, the
 *                                             rest against suspense; while that waits there, nothing is paid out
 */
import { raiseAlarm } from '../../alarm.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import { balanceOf } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import type { Refused } from '../../ledger/post.ts'
import { capture, release, reserve } from '../../ledger/reserve.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { Place } from '../../mail/streams.ts'
import type { Money } from '../../money.ts'
import { type AmountColumns, columnsOf } from '../../store/amount-columns.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, dueTo, settlementOf } from '../branch.ts'
import { isFileUnderWay } from '../clearing/files.ts'
import type { Correspondent } from '../config.ts'
import { refusalOfBank } from './send.ts'

export type SentPayout = AmountColumns & {
  readonly id: string
  readonly payee: InstitutionId
  readonly bank: InstitutionId
  readonly account: AccountNumber
  readonly sent_at: bigint
  readonly state: 'pending' | 'credited' | 'refused' | 'returned' | 'overtaken'
  readonly letter_epoch: bigint
  readonly letter_sequence: bigint
}

const columns = 'id, payee, bank, account, minor, asset, scale, sent_at, state, letter_epoch, letter_sequence'

/** A hold ends by the other bank's word or two people's, never by time. */
const never = 8_640_000_000_000_000

/** Step 1. `decided`: the digest of two people's decision, which the transfer's id is taken from. */
export async function sendPayout(
  tx: Tx,
  branch: Branch,
  payout: {
    readonly decided: string
    readonly payee: InstitutionId
    readonly bank: Correspondent
    readonly account: AccountNumber
    readonly amount: Money
    readonly at: number
  },
): Promise<{ readonly outcome: 'sent' | 'bank-out-of-reach' | 'bank-cap' } | Refused> {
  const { config, chain, calendar } = branch
  const { decided, payee, bank, account, amount, at } = payout
  const id = decided.slice(0, 32)
  const refused = await refusalOfBank(tx, branch, bank, amount)
  if (refused !== undefined) return { outcome: refused.outcome }
  const held = await reserve(tx, {
    ...{ chain, id: `payout ${id}`, at, kind: 'payout-sent', amount, expiresAt: never },
    ...{ debit: settlementOf(payee), credit: dueTo(bank.id) },
    businessDate: await businessDate(tx, calendar, at),
  })
  if (held.outcome !== 'reserved') return held
  const body = { transfer: id, to: account, amount, payee }
  const letter = await writeLetter(tx, { from: config.id, to: bank.id, type: 'payee-credit', body })
  await tx.run(
    `INSERT INTO sent_payout (tenant, id, decided, payee, bank, account, minor, asset, scale, sent_at, letter_epoch,
       letter_sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[
      config.id,
      id,
      decided,
      payee,
      bank.id,
      account,
      ...columnsOf(amount),
      BigInt(at),
      letter.epoch,
      letter.sequence,
    ],
  )
  return { outcome: 'sent' }
}

export function sentPayout(tx: ReadTx, { config }: Branch, id: string): Promise<SentPayout | undefined> {
  return tx.one<SentPayout>(`SELECT ${columns} FROM sent_payout WHERE tenant = ? AND id = ?`, config.id, id)
}

/** By the letter that sent it. */
export function payoutAt(
  tx: ReadTx,
  { config }: Branch,
  bank: InstitutionId,
  { epoch, sequence }: Place,
): Promise<SentPayout | undefined> {
  return tx.one<SentPayout>(
    `SELECT ${columns} FROM sent_payout WHERE tenant = ? AND bank = ? AND letter_epoch = ? AND letter_sequence = ?`,
    ...[config.id, bank, epoch, sequence],
  )
}

/** How much of `minor` a payee's settlement account can give now: nothing while refunds may be promised from it. */
export async function bearableBy(
  tx: ReadTx,
  { config, chain }: { readonly config: Pick<Branch['config'], 'id'>; readonly chain: string },
  payee: InstitutionId,
  minor: bigint,
): Promise<bigint> {
  if (await isFileUnderWay(tx, config.id, payee)) return 0n
  const { available } = await balanceOf(tx, settlementOf(payee), chain)
  return available.minor < minor ? available.minor : minor
}

/** Whether its bank has credited a payout of this payee that is not paid yet by what is held for it, nor cleared by people. */
export async function isOwedFor(tx: ReadTx, { config, chain }: Branch, payee: InstitutionId): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM sent_payout AS row
     JOIN credit_result AS said ON said.tenant = row.tenant AND said.bank = row.bank AND said.transfer = row.id
     JOIN entry ON entry.chain = ? AND entry.seq = said.owed_posting AND entry.account = 'suspense:' || said.bank
     WHERE row.tenant = ? AND row.payee = ? AND NOT EXISTS (SELECT 1 FROM suspense_cleared AS gone
       WHERE gone.tenant = row.tenant AND gone.item = 'owed ' || said.bank || ' ' || said.transfer) LIMIT 1`,
    ...[chain, config.id, payee],
  )
  return row !== undefined
}

/** Oldest first. */
export function pendingPayouts(tx: ReadTx, { config }: Pick<Branch, 'config'>): Promise<SentPayout[]> {
  return tx.all<SentPayout>(
    `SELECT ${columns} FROM sent_payout WHERE tenant = ? AND state = 'pending' ORDER BY sent_at, id`,
    config.id,
  )
}

/** Step 2. */
export async function settlePayout(tx: Tx, branch: Branch, { id }: SentPayout, at: number): Promise<void> {
  const { chain, calendar } = branch
  const posted = await capture(tx, {
    ...{ chain, id: `payout-credited ${id}`, reservation: `payout ${id}`, at },
    businessDate: await businessDate(tx, calendar, at),
  })
  if (posted.outcome !== 'posted') throw new Error(`a payout could not be owed: ${posted.outcome}`)
  await stepPayout(tx, branch, id, 'pending', 'credited', { at, posting: posted.seq })
}

/** Steps 3 and 4. */
export async function keepPayout(
  tx: Tx,
  branch: Branch,
  { id, bank, payee }: SentPayout,
  to:
    | { readonly state: 'refused'; readonly reason: string }
    | { readonly state: 'returned'; readonly decision: string },
  at: number,
): Promise<void> {
  const { chain, calendar, config } = branch
  const released = await release(tx, {
    ...{ chain, id: `payout-kept ${id}`, reservation: `payout ${id}`, at },
    businessDate: await businessDate(tx, calendar, at),
  })
  if (released.outcome !== 'released') throw new Error(`a payout could not be kept: ${released.state}`)
  const decision = to.state === 'returned' ? to.decision : undefined
  await stepPayout(tx, branch, id, 'pending', to.state, { at, ...(decision && { decision }) })
  if (to.state === 'refused')
    await raiseAlarm(tx, config.id, { peer: bank, kind: 'payout-refused', detail: `payee ${payee}: ${to.reason}`, at })
}

/** Each step, in the same command as what it does to the hold. */
export async function stepPayout(
  tx: Tx,
  { config }: Branch,
  id: string,
  from: SentPayout['state'],
  to: Exclude<SentPayout['state'], 'pending'>,
  ended?: { readonly at: number; readonly posting?: bigint; readonly decision?: string },
): Promise<void> {
  const stepped =
    ended === undefined
      ? await tx.run(
          'UPDATE sent_payout SET state = ? WHERE tenant = ? AND id = ? AND state = ?',
          to,
          config.id,
          id,
          from,
        )
      : await tx.run(
          `UPDATE sent_payout SET state = ?, ended_at = ?, ended_posting = ?, decision = ?
           WHERE tenant = ? AND id = ? AND state = ?`,
          ...[to, BigInt(ended.at), ended.posting ?? null, ended.decision ?? null, config.id, id, from],
        )
  steppedOnce(stepped, 'a payout took a step that it may not take', id)
}
