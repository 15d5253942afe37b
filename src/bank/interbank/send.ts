/**
 * Transfers to accounts of other banks. The money leaves its account when the letter is written; what becomes of it is the
 * other bank's signed word, and nothing else but two people's, when that bank is dead.
 *
 *     1 send                       ──▶ pending    from the deposit to what is on its way; the letter is written
 *     2 credited      pending      ──▶ credited   the other bank's signed acceptance, which is final: owed to it
 *     3 refused       pending      ──▶ refused    its signed refusal: back on the deposit
 *     4 give up       pending      ──▶ returned   two people say that the bank is dead: back on the deposit, the letter void
 *     5 credited      returned     ──▶ overtaken  it had credited it after all: owed to it, against suspense
 *     6 refused       returned     ──▶ returned   nothing more
 *
 * A second word about the same transfer changes nothing, and one that says otherwise is an alarm.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { steppedOnce } from '../../invariant.ts'
import { balanceOf } from '../../ledger/accounts.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { Money } from '../../money.ts'
import { subtract } from '../../money.ts'
import { now } from '../../runtime.ts'
import { type AmountColumns, columnsOf } from '../../store/amount-columns.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { countedText } from '../allowances.ts'
import type { Transfer, TransferOrder } from '../bank.ts'
import { type Branch, depositOf, sendingTo } from '../branch.ts'
import type { Correspondent } from '../config.ts'
import { nameOfBank, netOwed } from './correspondents.ts'

/** What is stored for ever under the intent of a transfer to another bank. */
export type SentTransfer = {
  readonly outcome: 'sent'
  readonly transfer: string
  readonly bank: InstitutionId
  readonly to: AccountNumber
  readonly amount: Money
  readonly reference: string
  readonly balance: Money
}

export type SentRow = AmountColumns & {
  readonly id: string
  readonly bank: InstitutionId
  readonly from_account: AccountNumber
  readonly to_account: AccountNumber
  readonly name_en: string | null
  readonly name_zh: string | null
  readonly reference: string
  readonly business_date: string
  readonly sent_at: bigint
  readonly state: 'pending' | 'credited' | 'refused' | 'returned' | 'overtaken'
  readonly letter_epoch: bigint
  readonly letter_sequence: bigint
  readonly counted_by: string | null
}

export const sentColumns = `id, bank, from_account, to_account, name_en, name_zh, minor, asset, scale, reference,
  business_date, sent_at, state, letter_epoch, letter_sequence, counted_by`

/** Why nothing can be sent to that bank now, before anything moves. */
export async function refusalOfBank(
  tx: ReadTx,
  branch: Branch,
  bank: Correspondent,
  amount: Money,
): Promise<Extract<Transfer, { outcome: 'bank-out-of-reach' | 'bank-cap' }> | undefined> {
  const tenant = branch.config.id
  if (!(await isWithinReach(tx, tenant, bank.id))) return { outcome: 'bank-out-of-reach', bank: bank.name }
  if ((await netOwed(tx, branch, bank.id)) + amount.minor > bank.debitCap)
    return { outcome: 'bank-cap', bank: bank.name }
  return undefined
}

/** Step 1. The balance is enough, and limits were kept. */
export async function send(
  tx: Tx,
  branch: Branch,
  { from, to, amount }: TransferOrder,
  sent: {
    readonly bank: Correspondent
    readonly id: string
    readonly at: number
    readonly date: string
    readonly reference: string
    readonly available: Money
    /** The channels whose limits it counted against. */
    readonly counted: readonly string[]
  },
): Promise<SentTransfer> {
  const { config, chain, readBacks } = branch
  const { bank, id, at, date, reference, available, counted } = sent
  const posted = await post(tx, {
    ...{ chain, id: `send ${id}`, at, businessDate: date, kind: 'transfer-sent', reference },
    entries: [debit(depositOf(from), amount), credit(sendingTo(bank.id), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`the balance was enough, and it was refused: ${posted.outcome}`)
  const body = { transfer: id, to, amount }
  const letter = await writeLetter(tx, { from: config.id, to: bank.id, type: 'credit', body })
  const name = readBacks.nameOf(to)
  await tx.run(
    `INSERT INTO sent_transfer (tenant, id, bank, from_account, to_account, name_en, name_zh, minor, asset, scale, reference,
       business_date, sent_at, posting, letter_epoch, letter_sequence, counted_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, id, bank.id, from, to, name?.en ?? null, name?.zh ?? null, ...columnsOf(amount), reference],
    ...[date, BigInt(at), posted.seq, letter.epoch, letter.sequence, countedText(counted)],
  )
  const balance = subtract(available, amount)
  return { outcome: 'sent', transfer: id, bank: bank.id, to, amount, reference, balance }
}

export function sentTransfer(tx: ReadTx, { config }: Pick<Branch, 'config'>, id: string): Promise<SentRow | undefined> {
  return tx.one<SentRow>(`SELECT ${sentColumns} FROM sent_transfer WHERE tenant = ? AND id = ?`, config.id, id)
}

const firstPauseMs = 20
const longestPauseMs = 500

/** Waits a while for the other bank's word, with the caller on the line. What is final by then counts as heard. */
export async function untilEnded(branch: Branch, sent: SentTransfer): Promise<Transfer> {
  const { store, runtime, config, chain } = branch
  const bank = nameOfBank(branch, sent.bank)
  const until = runtime.monotonicMs() + config.creditDeadlineMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const row = await store.read(tx => sentTransfer(tx, branch, sent.transfer))
    if (row === undefined) throw new Error(`transfer ${sent.transfer} was decided and is not there`)
    if (row.state === 'pending') {
      if (runtime.monotonicMs() >= until)
        return { outcome: 'pending', reference: sent.reference, balance: sent.balance, bank }
      await runtime.sleep(pauseMs)
      continue
    }
    await heardOf(branch, row.from_account, row.id)
    if (row.state === 'credited') return { outcome: 'transferred', reference: sent.reference, balance: sent.balance }
    const { available } = await store.read(tx => balanceOf(tx, depositOf(row.from_account), chain))
    return { outcome: 'came-back', balance: available, bank }
  }
}

/** Its sender has been told what became of it. Before that is known it does nothing. */
export async function heardOf(branch: Branch, account: AccountNumber, transfer: string): Promise<void> {
  const at = now(branch)
  await branch.store.execute(tx =>
    tx.run(
      `UPDATE sent_transfer SET heard_at = ? WHERE tenant = ? AND id = ? AND from_account = ? AND heard_at IS NULL
         AND state <> 'pending'`,
      ...[BigInt(at), branch.config.id, transfer, account],
    ),
  )
}

/** Steps 2 to 5, in the same command as their posting. */
export async function step(
  tx: Tx,
  { config }: Branch,
  id: string,
  from: SentRow['state'],
  to: Exclude<SentRow['state'], 'pending'>,
  ended?: { readonly at: number; readonly posting: bigint; readonly decision?: string },
): Promise<void> {
  const stepped =
    ended === undefined
      ? await tx.run(
          'UPDATE sent_transfer SET state = ?, heard_at = NULL WHERE tenant = ? AND id = ? AND state = ?',
          ...[to, config.id, id, from],
        )
      : await tx.run(
          `UPDATE sent_transfer SET state = ?, ended_at = ?, ended_posting = ?, decision = ?
           WHERE tenant = ? AND id = ? AND state = ?`,
          ...[to, BigInt(ended.at), ended.posting, ended.decision ?? null, config.id, id, from],
        )
  steppedOnce(stepped, 'a transfer took a step that it may not take', id)
}
