/** What waits in suspense, one posting for each, and what the books say of it: whence it came, whose it was, and to whom it may go. */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { ownerOf, parseAccountId } from '../ledger/chart.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { ReadTx } from '../store/store.ts'
import type { Branch } from './branch.ts'
import { holderOf } from './customers.ts'
import { sentPayout } from './interbank/payouts.ts'
import { sentTransfer } from './interbank/send.ts'

export type ItemRow = AmountColumns & {
  readonly item: string
  readonly kind: string
  readonly account: string
  readonly side: 'debit' | 'credit'
  readonly at: bigint
}

/** Takes chain and tenant. */
const waiting = `
  SELECT journal.id AS item, kind, at, entry.account, side, minor, asset, scale
  FROM entry JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
  WHERE entry.chain = ? AND (account = 'suspense' OR (account >= 'suspense:' AND account < 'suspense;'))
    AND kind <> 'suspense-cleared'
    AND NOT EXISTS (SELECT 1 FROM suspense_cleared AS gone WHERE gone.tenant = ? AND gone.item = journal.id)`

/** Oldest first. */
export function itemRows(tx: ReadTx, { chain, config }: Branch): Promise<ItemRow[]> {
  return tx.all<ItemRow>(`${waiting} ORDER BY journal.seq`, chain, config.id)
}

export function itemRow(tx: ReadTx, { chain, config }: Branch, item: string): Promise<ItemRow | undefined> {
  return tx.one<ItemRow>(`${waiting} AND journal.id = ?`, chain, config.id, item)
}

interface Whose {
  /** Whose it was, where the books know. */
  readonly account: AccountNumber | undefined
  /** Of a payout to another bank that was given up: the private payee for whom it was held. */
  readonly payee: InstitutionId | undefined
}

/** The closed account, or the sender of a transfer that the other bank credited, or the payee of such a payout. */
export async function whose(tx: ReadTx, branch: Branch, { item, kind }: ItemRow): Promise<Whose> {
  const [, first = '', second = '', third = ''] = item.split(' ')
  if (kind === 'transfer-owed' || kind === 'transfer-returned') {
    const transfer = kind === 'transfer-owed' ? second : first
    const account = (await sentTransfer(tx, branch, transfer))?.from_account
    const payout = account === undefined ? await sentPayout(tx, branch, transfer) : undefined
    return { account, payee: payout?.bank === first ? payout.payee : undefined }
  }
  const account = await buyerOf(tx, branch, [first, BigInt(second), BigInt(third)])
  return { account, payee: undefined }
}

/** Of a line of a day-end file: who bought its voucher, or paid by card. */
async function buyerOf(
  tx: ReadTx,
  branch: Branch,
  line: readonly [payee: string, number: bigint, line: bigint],
): Promise<AccountNumber | undefined> {
  const { id: tenant } = branch.config
  const byCard = await tx.one<{ account: AccountNumber }>(
    `SELECT account FROM payee_file_line AS line
     JOIN card_collection AS each ON each.tenant = line.tenant AND each.receiver = line.payee AND each.payment = line.voucher
     JOIN card_payment AS paid ON paid.tenant = each.tenant AND paid.card = each.card AND paid.counter = each.counter
     WHERE line.tenant = ? AND line.payee = ? AND line.number = ? AND line.line = ?`,
    ...[tenant, ...line],
  )
  if (byCard !== undefined) return byCard.account
  const row = await tx.one<{ buyer: AccountNumber }>(
    `SELECT buyer FROM payee_file_line AS line
     JOIN stock ON stock.tenant = line.tenant AND stock.payee = line.payee AND stock.number = line.voucher
     JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee AND sale.batch = stock.batch
       AND sale.serial = stock.serial
     WHERE line.tenant = ? AND line.payee = ? AND line.number = ? AND line.line = ?`,
    ...[tenant, ...line],
  )
  return row?.buyer
}

/**
 * What two officers sign of an item: how it came, what it is, and whom it concerns by account and name; and the name of whoever has the
 * account that it shall go to or be taken from. Undefined: nothing waits under that name.
 */
export async function factsOfItem(
  tx: ReadTx,
  branch: Branch,
  { item, account: chosen }: { readonly item: string; readonly account: AccountNumber | undefined },
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const row = await itemRow(tx, branch, item)
  if (row === undefined) return undefined
  const { account, payee } = await whose(tx, branch, row)
  const amount = amountOf(row)
  const nameOf = async (of: AccountNumber | undefined) => {
    const holder = of === undefined ? undefined : await holderOf(tx, branch.config.id, of)
    return holder && `${holder.name.en}, ${holder.name.zh}`
  }
  const facts = {
    came: row.kind,
    // What is owed is taken from somebody; what is kept is given.
    is: row.side === 'credit' ? 'kept' : 'owed',
    ...{ since: row.at, minor: amount.minor, currency: amount.asset.code },
    bank: ownerOf(parseAccountId(row.account)) || undefined,
    ...(await originOf(tx, branch, row)),
    ...{ account, holder: await nameOf(account), payee },
    ...{ chosen, chosenHolder: await nameOf(chosen) },
  }
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
}

/** Of a transfer, where it was sent; of a line of a day-end file, which one. */
async function originOf(tx: ReadTx, branch: Branch, { item, kind }: ItemRow) {
  const [, first = '', second = '', third = ''] = item.split(' ')
  if (kind !== 'transfer-owed' && kind !== 'transfer-returned')
    return { file: `${first} ${second}`, line: BigInt(third) }
  const transfer = kind === 'transfer-owed' ? second : first
  const there = await tx.one<{ to: string }>(
    'SELECT to_account AS "to" FROM credit_result WHERE tenant = ? AND transfer = ?',
    ...[branch.config.id, transfer],
  )
  return { transfer, to: there?.to ?? (await sentTransfer(tx, branch, transfer))?.to_account }
}
