/**
 * A payment, and whatever is given back of one or ends a voucher, is known by the id under which it was asked for, also in books that
 * went back in time: its row of the journal and its line of the day-end file carry a digest of that id and of who asked. What was
 * done in lost books and came again from a bank's file answers whoever asks under the same id, and is not done twice.
 */
import { hash } from 'node:crypto'
import { intentLength, type LineKind, type Subject } from '../clearing/lines.ts'
import type { VoucherNumber } from '../ids.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { netstring } from '../ledger/journal.ts'
import type { Money } from '../money.ts'
import type { IntentReused } from '../store/once.ts'
import type { ReadTx } from '../store/store.ts'
import { promiseOf, type Shop } from './shop.ts'

export interface Asked {
  readonly principal: string
  /** An intent; or a shop's name of an order, which is paid once. */
  readonly id: string
}

/** In hexadecimal: of SHA-256 over `tonebank-intent-1`, principal and id as netstrings, the first 16 bytes. */
export function digestOf({ principal, id }: Asked): string {
  const text = ['tonebank-intent-1', principal, id].map(netstring).join('')
  return hash('sha256', text, 'hex').slice(0, 2 * intentLength)
}

export interface RecoveredPayment {
  readonly outcome: 'paid'
  readonly amount: Money
  /** On the voucher, as it is now. */
  readonly remaining: Money
  /** Drawn when it was taken from the bank's file: the one that the payer heard is lost. */
  readonly reference: string
  /** Of the journal: what does it again. */
  readonly event: string
}

/** What was paid in lost books. Undefined: nothing, under this id. */
export async function recoveredPayment(
  tx: ReadTx,
  { config, chain }: Shop,
  number: VoucherNumber,
  asked: Asked,
): Promise<RecoveredPayment | undefined> {
  const promise = promiseOf(number)
  // Books that never went back have no such row, and need not look at those of the voucher.
  const row = await tx.one<{ event: string; reference: string; minor: bigint }>(
    `SELECT journal.id AS event, reference, minor
     FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
     WHERE EXISTS (SELECT 1 FROM day_end_recall WHERE tenant = ?)
       AND entry.chain = ? AND account = ? AND side = 'debit' AND kind = 'recovered' AND facts = ?`,
    ...[config.id, chain, promise, digestOf(asked)],
  )
  if (row === undefined) return undefined
  const { available } = await balanceOf(tx, promise, chain)
  const { event, reference, minor } = row
  return { outcome: 'paid', amount: { ...available, minor }, remaining: available, reference, event }
}

/** As whoever asks is answered: the same id for another amount is another request. */
export async function recovered(
  tx: ReadTx,
  shop: Shop,
  number: VoucherNumber,
  asked: Asked,
  amount: Money,
): Promise<RecoveredPayment | IntentReused | undefined> {
  const found = await recoveredPayment(tx, shop, number, asked)
  return found === undefined || found.amount.minor === amount.minor ? found : { outcome: 'intent-reused' }
}

/** What was done in lost books under an id, whatever it was. */
export interface DoneAgain {
  readonly kind: LineKind
  /** The voucher; of a refund to a card's account, the payment. */
  readonly of: Subject
  readonly amount: Money
  /** Of the journal: what does it again, and the reference that was drawn for it. */
  readonly event: string
  readonly reference: string
}

/** Undefined: nothing, under this id. */
export async function doneAgain(
  tx: ReadTx,
  { config, chain }: Pick<Shop, 'config' | 'chain'>,
  asked: Asked,
): Promise<DoneAgain | undefined> {
  const row = await tx.one<{ event: string; reference: string }>(
    `SELECT id AS event, reference FROM journal
     WHERE chain = ? AND kind = 'recovered' AND facts = ? AND EXISTS (SELECT 1 FROM day_end_recall WHERE tenant = ?)`,
    ...[chain, digestOf(asked), config.id],
  )
  if (row === undefined) return undefined
  const [, bank = '', number = '0', line = '0'] = row.event.split(' ')
  const told = await tx.one<{ kind: LineKind; of: Subject; minor: bigint }>(
    'SELECT kind, voucher AS "of", minor FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ? AND line = ?',
    ...[config.id, bank, BigInt(number), BigInt(line)],
  )
  return told && { ...told, ...row, amount: { minor: told.minor, asset: config.currency } }
}

/** A voucher ends once: by which id it was ended says the row that did it, or did it again. */
export async function endedAs(tx: ReadTx, { config, chain }: Shop, number: VoucherNumber, asked: Asked) {
  const row = await tx.one<{ reference: string; minor: bigint }>(
    `SELECT reference, minor FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
     WHERE journal.chain = ? AND journal.id = ? AND facts = ?`,
    ...[chain, `termination ${number}`, digestOf(asked)],
  )
  return (
    row &&
    ({ outcome: 'ended', amount: { minor: row.minor, asset: config.currency }, reference: row.reference } as const)
  )
}
