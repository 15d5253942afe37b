/**
 * Money of other banks' customers for ours, and what these banks hold for payees whose accounts are here. Credited or refused is decided
 * once for each transfer, with the letter that says so in the same command: from then on the other bank owes it, whatever becomes of either.
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { nextReference } from '../../ledger/reference.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { isPayable } from '../../money.ts'
import { now } from '../../runtime.ts'
import { type AmountColumns, columnsOf } from '../../store/amount-columns.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, depositOf, dueFrom } from '../branch.ts'
import type { Correspondent } from '../config.ts'
import { confirmInWriting } from '../confirmations/write.ts'
import { customerOf } from '../customers.ts'
import { correspondent, netOwed } from './correspondents.ts'

type CreditType = 'credit' | 'payee-credit'
type Credit = Letter<CreditType>

export function creditTaking(branch: Branch): LetterHandler<CreditType> {
  return {
    judge: async (tx, from, body) => {
      const bank = correspondent(branch, from)
      if (bank === undefined) return refused('no money is taken from this bank')
      const earlier = await receivedCredit(tx, branch, from, body.transfer)
      if (earlier !== undefined) return isSame(earlier, body) ? accepted : refused('another transfer under this id')
      await take(tx, branch, bank, body, now(branch))
      return accepted
    },
    // The other bank waits for our word.
    afterwards: () => branch.mail.wake(),
  }
}

async function take(tx: Tx, branch: Branch, bank: Correspondent, body: Credit, at: number): Promise<void> {
  const { config, chain, calendar } = branch
  const { transfer, to, amount } = body
  const date = await businessDate(tx, calendar, at)
  const reason = (await refusalOf(tx, branch, bank, body)) ?? ''
  let posting: bigint | null = null
  if (reason === '') {
    const reference = await nextReference(tx, config.id)
    const id = `credit ${bank.id} ${transfer}`
    const posted = await post(tx, {
      ...{ chain, id, at, businessDate: date, kind: 'transfer-received', reference },
      entries: [debit(dueFrom(bank.id), amount), credit(depositOf(to), amount)],
    })
    if (posted.outcome !== 'posted') throw new Error(`a credit was refused: ${posted.outcome}`)
    posting = posted.seq
    const kind = payeeIn(body) === undefined ? 'transfer-in' : 'payout'
    await confirmInWriting(tx, branch, { id, account: to, kind, at, amount, reference })
  }
  const outcome = posting === null ? 'refused' : 'credited'
  const result = { transfer, to, amount, outcome, reason } as const
  const letter = await writeLetter(tx, { from: config.id, to: bank.id, type: 'credit-result', body: result })
  await tx.run(
    `INSERT INTO received_credit (tenant, bank, transfer, account, minor, asset, scale, outcome, reason, business_date, at,
       posting, letter_epoch, letter_sequence, payee) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, bank.id, transfer, to, ...columnsOf(amount), outcome, reason, date, BigInt(at)],
    ...[posting, letter.epoch, letter.sequence, payeeIn(body) ?? null],
  )
}

/** Undefined: it is credited. An account that is blocked takes money; nothing leaves it. */
async function refusalOf(tx: ReadTx, branch: Branch, bank: Correspondent, body: Credit) {
  const { config } = branch
  const { to, amount } = body
  const payee = payeeIn(body)
  // What another bank holds for a payee goes to nobody else.
  if (payee !== undefined && !(await isAccountOf(tx, branch, to, payee))) return 'not-its-account'
  if (!isPayable(amount, config.currency)) return 'currency'
  if ((await customerOf(tx, config.id, to)) === undefined) return 'unknown-account'
  if (-(await netOwed(tx, branch, bank.id)) + amount.minor > bank.debitCap) return 'debit-cap'
  return undefined
}

/** Undefined: a customer's money. */
function payeeIn(body: Credit): InstitutionId | undefined {
  return 'payee' in body ? body.payee : undefined
}

async function isAccountOf(tx: ReadTx, { config }: Branch, account: AccountNumber, payee: InstitutionId) {
  const row = await tx.one(
    'SELECT 1 AS found FROM private_payee WHERE tenant = ? AND payee = ? AND account = ?',
    ...[config.id, payee, account],
  )
  return row !== undefined
}

type ReceivedRow = AmountColumns & { readonly account: string; readonly payee: string | null }

function receivedCredit(tx: ReadTx, { config }: Branch, bank: InstitutionId, transfer: string) {
  return tx.one<ReceivedRow>(
    'SELECT account, minor, asset, scale, payee FROM received_credit WHERE tenant = ? AND bank = ? AND transfer = ?',
    ...[config.id, bank, transfer],
  )
}

function isSame({ account, minor, asset, scale, payee }: ReceivedRow, body: Credit): boolean {
  const { to, amount } = body
  const [wanted, code, places] = columnsOf(amount)
  return payee === (payeeIn(body) ?? null) && account === to && minor === wanted && asset === code && scale === places
}
