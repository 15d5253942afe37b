/**
 * What a payee's balances at a bank must be: settled there, paid out by it, on its way back to buyers through it, and kept by banks as
 * fees. Each is summed up once more out of results, refunds and ended vouchers, with nothing imported of the merchant, and every
 * posting that a result's own amounts do not say (refunds that the bank refused, payouts that it retold) is worked out once more.
 */
import { numberIn, readHeader, readResult } from '../../clearing/audit/proof.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

type FileRow = {
  readonly bank: string
  readonly number: bigint
  readonly date: string
  readonly header: Uint8Array
  readonly hash: Uint8Array
  readonly result: Uint8Array
  readonly posted_after_all: bigint
  readonly went_on_in: bigint | null
  readonly captured: bigint
  readonly terminated: bigint
  readonly fee: bigint
  readonly refunded: bigint
  readonly paid_out: bigint
}

/** What the accounts of one bank should have. */
interface Due {
  settled: bigint
  paidOut: bigint
  returning: bigint
}

export const settledIdentity =
  ({ tenant, chain }: BooksOf): Identity =>
  async tx => {
    const files = await tx.all<FileRow>(
      `SELECT bank, number, date, header, hash, result, posted_after_all, went_on_in, captured, terminated, fee, refunded, paid_out
       FROM day_end_file WHERE tenant = ? AND state = 'reconciled' ORDER BY bank, number`,
      tenant,
    )
    const words = await wordsOf(tx, tenant)
    const voids = await voidFiles(tx, tenant)
    const findings: Finding[] = []
    const wrong = (where: string, what: string) => findings.push({ kind: 'identity', where, what })
    const dues = new Map<string, Due>()
    const dueOf = (bank: string): Due => {
      const due = dues.get(bank) ?? { settled: 0n, paidOut: 0n, returning: 0n }
      dues.set(bank, due)
      return due
    }
    for (const [bank, minor] of await putAside(tx, tenant, chain)) dueOf(bank).returning += minor
    for (const { account, minor } of await filledUp(tx, chain)) {
      const [kind, bank = ''] = account.split(':')
      if (kind === 'settled') dueOf(bank).settled += minor
      if (kind === 'paid-out') dueOf(bank).paidOut += minor
      if (kind === 'returning') dueOf(bank).returning += minor
    }
    for (const { bank, number } of await bookedEarly(tx, tenant, chain))
      wrong(`file ${bank} ${number}`, 'its result was booked on a date that was over by then')
    let fees = 0n
    const before: FileRow[] = []
    for (const file of files) {
      if (before[0]?.bank !== file.bank) before.length = 0
      const where = `file ${file.bank} ${file.number}`
      const due = dueOf(file.bank)
      const moved = await entriesOf(tx, chain, file)
      const undone = moved.get('payouts-retold') ?? 0n
      const expected = retoldPayouts(file, before, words, voids, due.paidOut)
      if (expected.length > 0 && !expected.includes(undone))
        wrong(where, `payouts that its bank retold were booked as ${undone}, and are ${expected.join(' or ')}`)
      const refused = await refusedIn(tx, { tenant, chain }, file)
      for (const [kind, minor] of refused) {
        const booked = moved.get(kind) ?? 0n
        if (booked !== minor) wrong(where, `its ${kind} were booked as ${booked}, and are ${minor}`)
        due.returning -= minor
      }
      due.settled += file.captured - file.fee - file.refunded - file.paid_out + undone
      due.paidOut += file.paid_out - undone
      due.returning -= file.terminated + file.refunded
      fees += file.fee
      before.push(file)
    }
    const balances = await tx.all<{ account: string; posted: bigint }>(
      `SELECT account, posted FROM balance WHERE chain = ? AND (account = 'clearing-fee'
         OR account >= 'paid-out:' AND account < 'paid-out;' OR account >= 'returning:' AND account < 'returning;'
         OR account >= 'settled:' AND account < 'settled;')`,
      chain,
    )
    const posted = new Map(balances.map(each => [each.account, each.posted]))
    const compare = (account: string, due: bigint, of: string) => {
      const is = posted.get(account) ?? 0n
      if (is !== due) wrong(account, `${of} ${due}, and ${is} was posted`)
      posted.delete(account)
    }
    compare('clearing-fee', fees, 'banks kept')
    for (const [bank, due] of dues) {
      compare(`settled:${bank}`, due.settled, 'its results come to')
      compare(`paid-out:${bank}`, due.paidOut, 'by its results it paid out')
      compare(`returning:${bank}`, due.returning, 'it is yet to give back')
    }
    for (const [account, minor] of posted)
      if (minor !== 0n) wrong(account, `of this bank there is nothing, and ${minor} was posted`)
    return findings
  }

/** What was put aside for each bank to give back: refunds, what was left of ended vouchers, and either as it came out of lost books. */
async function putAside(tx: ReadTx, tenant: string, chain: string): Promise<ReadonlyMap<string, bigint>> {
  const rows = await tx.all<{ bank: string; minor: bigint }>(
    `SELECT bank, sum(minor) AS minor FROM (
       SELECT bank, minor FROM refund WHERE tenant = ?
       UNION ALL SELECT bank, minor FROM card_refund WHERE tenant = ?
       UNION ALL SELECT bank, entry.minor FROM voucher
         JOIN journal ON journal.chain = ? AND journal.id = 'termination ' || voucher.number
         JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
         WHERE tenant = ? AND state = 'terminated'
       UNION ALL SELECT bank, line.minor FROM day_end_line AS line
         JOIN journal ON journal.chain = ? AND journal.seq = journal_row AND journal.kind = 'recovered'
         WHERE tenant = ? AND line.kind IN ('refund', 'termination')) GROUP BY bank`,
    ...[tenant, tenant, chain, tenant, chain, tenant],
  )
  return new Map(rows.map(({ bank, minor }) => [bank, minor]))
}

/** What was booked as a loss, as an account had too little for a result. */
function filledUp(tx: ReadTx, chain: string): Promise<{ account: string; minor: bigint }[]> {
  return tx.all(
    `SELECT account, minor FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     WHERE journal.chain = ? AND journal.kind GLOB 'day-end-difference-*' AND account <> 'recovery-loss'`,
    chain,
  )
}

/** Own files whose result was booked on their date or before it: a date is closed before its file is begun, and gets no more rows. */
function bookedEarly(tx: ReadTx, tenant: string, chain: string): Promise<{ bank: string; number: bigint }[]> {
  const ids = bookedKinds.map(kind => `'day-end ' || bank || ' ' || number || ' ${kind}'`)
  return tx.all(
    `SELECT bank, number FROM day_end_file WHERE tenant = ? AND state = 'reconciled' AND held IS NULL AND EXISTS (SELECT 1 FROM journal
       WHERE chain = ? AND id IN (${ids.join(', ')}) AND business_date <= day_end_file.date) ORDER BY bank, number`,
    ...[tenant, chain],
  )
}

const bookedKinds = [
  ...['captures', 'fee', 'terminations', 'refunds', 'payouts'],
  ...['payouts-retold', 'refused-refunds', 'refused-card-refunds'],
]

/**
 * Of the postings of a file's result that its own amounts do not say: kind and amount. From `paid-out` to `settled` is above zero, and
 * below zero back; one whose entries are others has none.
 */
async function entriesOf(
  tx: ReadTx,
  chain: string,
  { bank, number }: FileRow,
): Promise<ReadonlyMap<string, bigint | undefined>> {
  const found = new Map<string, bigint | undefined>()
  const parties = [
    ['payouts-retold', `settled:${bank}`, `paid-out:${bank}`],
    ['refused-refunds', `returning:${bank}`, `revenue:${bank}`],
    ['refused-card-refunds', `returning:${bank}`, `card-revenue:${bank}`],
  ] as const
  for (const [kind, to, from] of parties) {
    const entries = await tx.all<{ account: string; side: string; minor: bigint }>(
      `SELECT account, side, minor FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = ? AND id = ? ORDER BY side DESC`,
      ...[chain, `day-end ${bank} ${number} ${kind}`],
    )
    const [debit, credit] = entries
    if (entries.length !== 2 || debit === undefined || credit === undefined) continue
    if (debit.account === to && credit.account === from) found.set(kind, debit.minor)
    if (kind === 'payouts-retold' && debit.account === from && credit.account === to) found.set(kind, -debit.minor)
  }
  return found
}

/** What a bank has said of a file since its result. */
type Word = { readonly bank: string; readonly number: bigint; readonly epoch: bigint; readonly word: Uint8Array }

function wordsOf(tx: ReadTx, tenant: string): Promise<readonly Word[]> {
  return tx.all<Word>('SELECT bank, number, epoch, word FROM day_end_word WHERE tenant = ? ORDER BY epoch', tenant)
}

/** A file that was declared void, and for the last time in which epoch of its bank. */
type VoidFile = { readonly bank: string; readonly number: bigint; readonly void_in: bigint }

function voidFiles(tx: ReadTx, tenant: string): Promise<readonly VoidFile[]> {
  return tx.all<VoidFile>(
    `SELECT bank, number, coalesce(void_in, 1) AS void_in FROM day_end_file WHERE tenant = ? AND state = 'refused' AND held = 0`,
    tenant,
  )
}

/**
 * What goes from paid out back to settled with a file's result, as it goes on from what the bank, whose books went back, had said of the
 * files before when that was booked. Empty: it was booked before this was kept. Several: the file before was void, and may have counted
 * after all by then or not yet; or a file that was posted after all was declared void once more, by then or since.
 */
function retoldPayouts(
  file: FileRow,
  before: readonly FileRow[],
  words: readonly Word[],
  voids: readonly VoidFile[],
  paidOut: bigint,
): readonly bigint[] {
  const { went_on_in: through } = file
  if (through === null) return []
  const known = words.filter(({ bank, epoch }) => bank === file.bank && epoch <= through)
  const toldOf = ({ number }: { readonly number: bigint }) => known.findLast(word => word.number === number)
  const paidOutIn = ({ word }: Word) => numberIn(readResult(word).get('settlement.paidOut'))
  // What the bank paid out with a file that it declared void and posted after all, it tells with no other.
  let sinceVoid = [0n]
  for (const each of voids.filter(({ bank, number }) => bank === file.bank && number < file.number)) {
    const told = toldOf(each)
    if (told === undefined) continue
    const counted = sinceVoid.map(sum => sum + paidOutIn(told))
    sinceVoid = told.epoch > each.void_in ? counted : [...counted, ...sinceVoid]
  }
  const after = (last: FileRow | undefined): readonly bigint[] => {
    const retold = last && toldOf(last)
    if (retold === undefined) return [0n]
    const opening = readResult(file.result)
    const closing = readResult(retold.word)
    for (const account of ['float', 'settlement'])
      if (opening.get(`${account}.opening`) !== closing.get(`${account}.closing`)) return [0n]
    const asTold = before.map(each => {
      const told = toldOf(each)
      return told === undefined ? each.paid_out : paidOutIn(told)
    })
    const sum = asTold.reduce((all, each) => all + each, 0n)
    return sinceVoid.map(more => paidOut - sum - more)
  }
  const last = before.at(-1)
  const another = last?.posted_after_all === 1n ? before.findLast(each => each.posted_after_all === 0n) : undefined
  return [...after(last), ...(another === undefined ? [] : after(another))]
}

/** Refunds that a bank refused and has not paid all the same, in the order of the lines, by the posting that gives them back. */
async function refusedIn(
  tx: ReadTx,
  { tenant, chain }: BooksOf,
  file: FileRow,
): Promise<ReadonlyMap<'refused-refunds' | 'refused-card-refunds', bigint>> {
  const { bank, number } = file
  const refused = { vouchers: 0n, cards: 0n }
  const header = readHeader(file, { from: tenant, to: bank }, undefined)
  let unpaid = numberIn(header.totals.get('refund')?.split('/')[1]) - file.refunded
  const lines = await tx.all<{ voucher: string; minor: bigint; gone: bigint }>(
    `SELECT voucher, minor, break = 'duplicate' AND NOT EXISTS (SELECT 1 FROM journal WHERE chain = ? AND seq = journal_row
       AND id = 'recovered ' || bank || ' ' || number || ' ' || line) AS gone FROM day_end_line WHERE tenant = ? AND bank = ? AND number = ? AND kind = 'refund'
       AND break IS NOT NULL AND break <> 'closed-account'
       AND NOT EXISTS (SELECT 1 FROM day_end_file AS again WHERE again.tenant = day_end_line.tenant
         AND again.bank = day_end_line.bank AND again.retells = day_end_line.number AND again.number <> day_end_line.number)
     ORDER BY line`,
    ...[chain, tenant, bank, number],
  )
  for (const { voucher, minor, gone } of lines) {
    if (minor > unpaid) continue
    unpaid -= minor
    // Its row was accepted in a file before: nothing of it is the payee's again.
    if (gone !== 0n) continue
    refused[voucher.length === 32 ? 'cards' : 'vouchers'] += minor
  }
  return new Map([
    ['refused-refunds', refused.vouchers],
    ['refused-card-refunds', refused.cards],
  ])
}
