/**
 * What customers are told in writing. A confirmation is written in the command that does what it tells of: where that is undone, there is none.
 * It says what happened, how much, to whom and by which reference, and nothing that anybody could pay or sign in with: no voucher number, no
 * password, no PIN, no balance, and of an account or a card the last four digits.
 *
 *     1 write              ──▶ due        at once; beyond a share of the day, in one mail a day later
 *     2 sent      due      ──▶ sent       a mail server has taken it
 *     3 failed    due      ──▶ due, later each time
 *     4 failed    due      ──▶ given up, with an alarm, after the last try, or when its address is refused for good
 *     5 erased             some weeks later, whatever became of it
 *     6 moved     due      ──▶ due        to the address that its customer leaves now, with tries of its own
 *     7 withdrawn due      ──▶ withdrawn  its customer wants no mail any more
 *
 * A notice that an address was left, or is written to no more, is for that address alone: it waits for no share of the day, is never collected, and
 * is neither moved nor withdrawn.
 */
import type { AccountNumber } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { Money } from '../../money.ts'
import { amountOf, columnsOf } from '../../store/amount-columns.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

/** Of which an account is sent so many a day: whoever sends it many small amounts hides nothing else. */
const shares = {
  'transfer-in': 'received',
  refund: 'received',
  'came-back': 'received',
  payout: 'received',
  sale: 'spent',
  'transfer-out': 'spent',
  'card-payment': 'spent',
  'pin-changed': 'changed',
  'card-issued': 'changed',
  'card-blocked': 'changed',
  'card-unblocked': 'changed',
  'card-revoked': 'changed',
  'account-blocked': 'changed',
  'telephone-blocked': 'changed',
  'vouchers-blocked': 'changed',
  'block-lifted': 'changed',
  'telephone-registered': 'changed',
  'passkey-enrolled': 'changed',
  'account-closed': 'changed',
  'address-left': 'changed',
  'address-gone': 'changed',
} as const satisfies Record<string, 'received' | 'spent' | 'changed'>

export type ConfirmationKind = keyof typeof shares

const notices: readonly ConfirmationKind[] = ['address-left', 'address-gone']
/** As SQL. */
const isNoNotice = `kind NOT IN (${notices.map(kind => `'${kind}'`).join(', ')})`

/** What a sentence may say besides. */
export interface Facts {
  readonly amount?: Money
  /** Of the payee of a voucher. */
  readonly payee?: SpokenName
  /** The last digits of the other account, or of a card. */
  readonly ending?: string
  readonly reference?: string
}

export interface Confirmation extends Facts {
  readonly kind: ConfirmationKind
  readonly at: number
}

/** The same at every try of what it tells of: a posting's id, or an act's. */
export interface ToConfirm extends Confirmation {
  readonly id: string
  readonly account: AccountNumber
}

const dayMs = 86_400_000

/** What is shown of a number that somebody could key: `3555`. */
export const endingOf = (number: string): string => number.slice(-4)

/** Step 1, in the command that does what it tells of. Nothing where this bank writes to nobody, or its customer left no address. */
export async function confirmInWriting(tx: Tx, branch: Pick<Branch, 'config'>, told: ToConfirm): Promise<void> {
  const { confirmations } = branch.config
  if (confirmations === undefined) return
  const latest = await latestAddress(tx, branch, told.account)
  if (latest === undefined || latest.address === null) return
  await writeTo(tx, branch, told, latest.number)
}

/** To an address that may be another by now: `number` of the account's. */
export async function writeTo(
  tx: Tx,
  { config }: Pick<Branch, 'config'>,
  told: ToConfirm,
  number: bigint,
): Promise<void> {
  const { confirmations, id: tenant } = config
  if (confirmations === undefined) return
  const { id, account, kind, at } = told
  const share = shares[kind]
  const place = [tenant, account, share, BigInt(at - dayMs)] as const
  const lately = await tx.one<{ count: bigint }>(
    `SELECT count(*) AS count FROM confirmation WHERE tenant = ? AND account = ? AND share = ? AND at > ? AND collected = 0 AND ${isNoNotice}`,
    ...place,
  )
  const isTooMany = !notices.includes(kind) && (lately?.count ?? 0n) >= BigInt(confirmations.perDay)
  // One that was tried is under way, and takes no more.
  const open = isTooMany
    ? await tx.one<{ mail: string; due_at: bigint }>(
        `SELECT mail, due_at FROM confirmation WHERE tenant = ? AND account = ? AND share = ? AND at > ? AND collected = 1
           AND address = ? AND due_at > ? AND tries = 0 ORDER BY at LIMIT 1`,
        ...[...place, number, BigInt(at)],
      )
    : undefined
  const dueAt = open?.due_at ?? BigInt(isTooMany ? at + dayMs : at)
  await tx.run(
    `INSERT INTO confirmation (tenant, id, account, address, kind, facts, mail, collected, share, at, tries, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (tenant, id) DO NOTHING`,
    ...[tenant, id, account, number, kind, factsText(told), open?.mail ?? id, isTooMany ? 1n : 0n, share],
    ...[BigInt(at), dueAt],
  )
}

/** Steps 6 and 7: what waits goes to the address of this number; undefined: to none. */
export async function readdress(
  tx: Tx,
  { config }: Pick<Branch, 'config'>,
  {
    account,
    number,
    at,
  }: { readonly account: AccountNumber; readonly number: bigint | undefined; readonly at: number },
): Promise<void> {
  const waiting = `WHERE tenant = ? AND account = ? AND due_at IS NOT NULL AND ${isNoNotice}`
  const [when, place] = [BigInt(at), [config.id, account] as const]
  if (number === undefined)
    await tx.run(`UPDATE confirmation SET due_at = NULL, withdrawn_at = ? ${waiting}`, when, ...place)
  else {
    await tx.run(
      `UPDATE confirmation SET address = ?, due_at = CASE WHEN tries > 0 THEN ? ELSE due_at END, tries = 0 ${waiting}`,
      ...[number, when, ...place],
    )
  }
}

/** The one that counts. Without an `address`: its customer wants no mail any more. */
export function latestAddress(tx: ReadTx, { config }: Pick<Branch, 'config'>, account: AccountNumber) {
  return tx.one<{ number: bigint; address: string | null }>(
    'SELECT number, address FROM mail_address WHERE tenant = ? AND account = ? ORDER BY number DESC LIMIT 1',
    ...[config.id, account],
  )
}

function factsText({ amount, payee, ending, reference }: Facts): string {
  return JSON.stringify({
    ...(amount && { amount: columnsOf(amount).map(String) }),
    ...(payee && { payee: { en: payee.en, zh: payee.zh } }),
    ...{ ending, reference },
  })
}

/** As `factsText` wrote them. */
export function factsIn(text: string): Facts {
  const { amount, ...facts } = JSON.parse(text) as Omit<Facts, 'amount'> & {
    readonly amount?: readonly [minor: string, asset: string, scale: string]
  }
  if (amount === undefined) return facts
  const [minor, asset, scale] = amount
  return { ...facts, amount: amountOf({ minor: BigInt(minor), asset, scale: BigInt(scale) }) }
}
