/**
 * The other bank's word about our transfers. The letter `credit-result` has it; a letter `credit` or `payee-credit` that is itself
 * refused, or void, says that nothing was credited. What it credited is owed to it, even where our books know of no such transfer: its
 * signature stands, and what was lost of ours is for people to find. That has a bound: what nobody asked for and would bring the debt
 * above the cap is not owed by a word alone.
 */
import { raiseAlarm } from '../../alarm.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import type { AccountId } from '../../ledger/chart.ts'
import { unspend } from '../../ledger/limits.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import type { Place } from '../../mail/streams.ts'
import { formatMoney, isPayable } from '../../money.ts'
import { now } from '../../runtime.ts'
import { amountOf, columnsOf } from '../../store/amount-columns.ts'
import type { Tx } from '../../store/store.ts'
import { countedIn } from '../allowances.ts'
import { type Branch, depositOf, dueTo, sendingTo, settlementOf, suspense, suspenseOf } from '../branch.ts'
import type { Correspondent } from '../config.ts'
import { confirmInWriting } from '../confirmations/write.ts'
import { customerOf } from '../customers.ts'
import { noteCollected } from '../receivers/collected.ts'
import { correspondent, netOwed } from './correspondents.ts'
import { bearableBy, keepPayout, payoutAt, sentPayout, settlePayout, stepPayout } from './payouts.ts'
import { type SentRow, sentColumns, sentTransfer, step } from './send.ts'

type Result = Letter<'credit-result'>

export function resultTaking(branch: Branch): LetterHandler<'credit-result'> {
  return {
    judge: async (tx, from, body, _prepared, place) => {
      const bank = correspondent(branch, from)
      if (bank === undefined) return refused('no money is sent to this bank')
      if (!isPayable(body.amount, branch.config.currency)) return refused('another currency')
      return takeResult(tx, branch, bank, body, place, now(branch))
    },
    // A receiver may wait for it.
    afterwards: () => branch.mail.wake(),
  }
}

/** The letters that sent the money. */
export function creditAnswers(branch: Branch): Pick<LetterHandler<'credit'>, 'answered'> {
  return {
    answered: async (tx, bank, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const row = await tx.one<SentRow>(
        `SELECT ${sentColumns} FROM sent_transfer
         WHERE tenant = ? AND bank = ? AND letter_epoch = ? AND letter_sequence = ?`,
        ...[branch.config.id, bank, place.epoch, place.sequence],
      )
      if (row?.state === 'pending') await giveBack(tx, branch, row, 'refused', now(branch))
    },
  }
}

/** The letters that sent what is held for a private payee. A bank whose program does not know them refuses them. */
export function payoutAnswers(branch: Branch): Pick<LetterHandler<'payee-credit'>, 'answered'> {
  return {
    answered: async (tx, bank, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const payout = await payoutAt(tx, branch, bank, place)
      const reason = 'its letter was refused'
      if (payout?.state === 'pending') await keepPayout(tx, branch, payout, { state: 'refused', reason }, now(branch))
    },
  }
}

async function takeResult(
  tx: Tx,
  branch: Branch,
  { id: bank, debitCap }: Correspondent,
  body: Result,
  place: Place,
  at: number,
): Promise<Verdict> {
  const { config } = branch
  const { transfer, to, amount, outcome, reason } = body
  const alarm = (kind: 'credit-unasked' | 'credit-contradicted') =>
    raiseAlarm(tx, config.id, { peer: bank, kind, detail: `transfer ${transfer}: ${outcome} ${reason}`.trim(), at })
  const earlier = await tx.one<{ outcome: string; minor: bigint }>(
    'SELECT outcome, minor FROM credit_result WHERE tenant = ? AND bank = ? AND transfer = ?',
    ...[config.id, bank, transfer],
  )
  if (earlier !== undefined) {
    const isSame = earlier.outcome === outcome && earlier.minor === amount.minor
    if (!isSame) await alarm('credit-contradicted')
    return accepted
  }
  const row = (await sentOf(tx, branch, transfer)) ?? (await payoutOf(tx, branch, transfer))
  const isOurs = row?.bank === bank && row.to === to && row.minor === amount.minor
  let owed: bigint | null = null
  if (outcome === 'credited' && isOurs && row.state === 'pending') await row.settle(at)
  else if (outcome === 'credited') {
    if (!isOurs && (await netOwed(tx, branch, bank)) + amount.minor > debitCap) {
      const detail = `transfer ${transfer}: ${formatMoney(amount)} would be above the cap, and are not owed`
      await raiseAlarm(tx, config.id, { peer: bank, kind: 'credit-unasked', detail, at })
      return refused('nobody asked for it, and it is above the cap')
    }
    owed = await owe(tx, branch, bank, body, at, isOurs && row.state === 'returned' ? row.payee : undefined)
    if (isOurs && row.state === 'returned') await row.overtake()
    await alarm(isOurs || row === undefined ? 'credit-unasked' : 'credit-contradicted')
  } else if (isOurs && row.state === 'pending') await row.refuse(reason, at)
  else if (row !== undefined && !(isOurs && row.state === 'returned')) await alarm('credit-contradicted')
  await tx.run(
    `INSERT INTO credit_result (tenant, bank, transfer, to_account, minor, asset, scale, outcome, reason, at, epoch, sequence,
       owed_posting) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, bank, transfer, to, ...columnsOf(amount), outcome, reason, BigInt(at), place.epoch, place.sequence],
    owed,
  )
  return accepted
}

/** What was sent, whosever money it is, and what becomes of it by the other bank's word. */
interface Sent {
  readonly bank: InstitutionId
  readonly to: AccountNumber
  readonly minor: bigint
  readonly state: SentRow['state']
  /** Whose it is, where it was held for a private payee. */
  readonly payee?: InstitutionId
  settle(at: number): Promise<void>
  refuse(reason: string, at: number): Promise<void>
  overtake(): Promise<void>
}

async function sentOf(tx: Tx, branch: Branch, transfer: string): Promise<Sent | undefined> {
  const row = await sentTransfer(tx, branch, transfer)
  if (row === undefined) return undefined
  return {
    ...{ bank: row.bank, to: row.to_account, minor: row.minor, state: row.state },
    settle: at => settleSent(tx, branch, row, at),
    refuse: (_reason, at) => giveBack(tx, branch, row, 'refused', at),
    overtake: async () => {
      await step(tx, branch, row.id, 'returned', 'overtaken')
      await noteCollected(tx, branch, row.id, 'paid')
    },
  }
}

async function payoutOf(tx: Tx, branch: Branch, transfer: string): Promise<Sent | undefined> {
  const row = await sentPayout(tx, branch, transfer)
  if (row === undefined) return undefined
  return {
    ...{ bank: row.bank, to: row.account, minor: row.minor, state: row.state, payee: row.payee },
    settle: at => settlePayout(tx, branch, row, at),
    refuse: (reason, at) => keepPayout(tx, branch, row, { state: 'refused', reason }, at),
    overtake: () => stepPayout(tx, branch, row.id, 'returned', 'overtaken'),
  }
}

/** Step 2. */
async function settleSent(tx: Tx, branch: Branch, row: SentRow, at: number): Promise<void> {
  const { chain, calendar } = branch
  const amount = amountOf(row)
  const posted = await post(tx, {
    ...{ chain, id: `credited ${row.id}`, at, kind: 'transfer-credited', reference: row.reference },
    businessDate: await businessDate(tx, calendar, at),
    entries: [debit(sendingTo(row.bank), amount), credit(dueTo(row.bank), amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`a credit could not be owed: ${posted.outcome}`)
  await step(tx, branch, row.id, 'pending', 'credited', { at, posting: posted.seq })
  await noteCollected(tx, branch, row.id, 'paid')
}

/** Steps 3 and 4: back on the account that it came from, or in suspense when that is closed; the limit of that day is free again. */
export async function giveBack(
  tx: Tx,
  branch: Branch,
  row: SentRow,
  to: 'refused' | 'returned',
  at: number,
  decision?: string,
): Promise<void> {
  const { chain, calendar, config } = branch
  const amount = amountOf(row)
  const date = await businessDate(tx, calendar, at)
  const deposit = depositOf(row.from_account)
  const isOpen = (await customerOf(tx, config.id, row.from_account)) !== undefined
  if (!isOpen) await openAccount(tx, { chain, account: suspense, asset: config.currency, at, businessDate: date })
  const posted = await post(tx, {
    ...{ chain, id: `returned ${row.id}`, at, businessDate: date, kind: 'transfer-returned', reference: row.reference },
    entries: [debit(sendingTo(row.bank), amount), credit(isOpen ? deposit : suspense, amount)],
  })
  if (posted.outcome !== 'posted') throw new Error(`a transfer could not come back: ${posted.outcome}`)
  const counted = countedIn(row.counted_by)
  await unspend(tx, { chain, account: deposit, businessDate: row.business_date, amount, counted })
  const { reference, from_account: account } = row
  if (isOpen)
    await confirmInWriting(tx, branch, { id: `returned ${row.id}`, account, kind: 'came-back', at, amount, reference })
  await step(tx, branch, row.id, 'pending', to, { at, posting: posted.seq, ...(decision && { decision }) })
  await noteCollected(tx, branch, row.id, 'came-back')
}

/**
 * Credited there, and nothing was on its way here. `payee`: whose payout it was, which was given up: as far as its account has it, it pays,
 * so that it is not paid out once more. The rest, and anything else, is against suspense.
 */
async function owe(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { transfer, amount }: Result,
  at: number,
  payee: InstitutionId | undefined,
) {
  const { chain, calendar } = branch
  const bears = payee === undefined ? 0n : await bearableBy(tx, branch, payee, amount.minor)
  const part = (account: AccountId, minor: bigint) => (minor === 0n ? [] : [debit(account, { ...amount, minor })])
  const posted = await post(tx, {
    ...{ chain, id: `owed ${bank} ${transfer}`, at, kind: 'transfer-owed' },
    businessDate: await businessDate(tx, calendar, at),
    entries: [
      ...(payee === undefined ? [] : part(settlementOf(payee), bears)),
      ...part(suspenseOf(bank), amount.minor - bears),
      credit(dueTo(bank), amount),
    ],
  })
  if (posted.outcome !== 'posted') throw new Error(`a credit could not be owed: ${posted.outcome}`)
  return posted.seq
}
