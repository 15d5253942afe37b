/**
 * What must hold of the day end in a payee's books: raw rows, queries of their own, and nothing imported of the merchant. Each
 * file is proved by its lines, each line by the journal, and what was booked by the bank's result.
 */
import { hex, type LineToProve, lineFault, RootAgain, readHeader, readResult } from '../../clearing/audit/proof.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

/** Each query gives a row for everything that is wrong. */
export const clearingRules: readonly string[] = [
  // A line is what its row of the journal says, of that date and of a voucher of that bank. Of a file that was taken from its bank it
  // may be a row of now that does again what was done in lost books (`recovered`), or wait for one.
  `SELECT 'line ' || line.bank || ' ' || line.number || '/' || line AS place, 'the journal does not say so' AS what
   FROM day_end_line AS line JOIN day_end_file AS file USING (tenant, bank, number)
   WHERE line.tenant = @tenant AND (held IS NULL OR journal_row IS NOT NULL OR state = 'reconciled')
     AND NOT (line.kind = 'refund' AND length(line.voucher) = 32) AND NOT EXISTS (SELECT 1 FROM journal WHERE journal.chain = @chain AND journal.seq = journal_row AND journal.kind = 'recovered')
     AND (SELECT count(*) FROM journal
     JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
     JOIN voucher ON voucher.tenant = line.tenant AND voucher.number = line.voucher AND voucher.bank = line.bank
     WHERE journal.chain = @chain AND journal.seq = coalesce(journal_row, ref) AND entry.minor = line.minor
       AND (held IS NOT NULL OR retells IS NOT NULL OR business_date BETWEEN coalesce(since, file.date) AND file.date)
       AND (CASE WHEN line.intent IS NOT NULL THEN lower(hex(line.intent)) END) IS journal.facts
       AND CASE line.kind
         WHEN 'refund' THEN journal.kind = 'refund' AND side = 'debit' AND account = 'revenue:' || line.bank
           AND EXISTS (SELECT 1 FROM refund WHERE refund.tenant = line.tenant AND posting = coalesce(journal_row, ref) AND refund.voucher = line.voucher)
         WHEN 'termination' THEN journal.kind = 'termination' AND side = 'debit' AND account = 'voucher-liability:' || line.voucher
         WHEN 'reversal' THEN journal.kind NOT IN ('activation', 'recovery-loss') AND side = 'credit' AND account = 'voucher-liability:' || line.voucher
         ELSE journal.kind <> 'termination' AND side = 'debit' AND account = 'voucher-liability:' || line.voucher END) <> 1`,
  // What happened on a date whose file is built has a line.
  `SELECT @chain || ' ' || journal.seq AS place, 'its day-end file does not tell of it' AS what
   FROM day_end_file AS file
   JOIN journal ON journal.chain = @chain AND business_date = file.date AND journal.kind NOT IN ('activation', 'recovery-loss', 'recovered')
     AND event IN ('post', 'capture-part', 'capture', 'release', 'expire')
   JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND account >= 'voucher-liability:' AND account < 'voucher-liability;'
   JOIN voucher ON voucher.tenant = file.tenant AND voucher.bank = file.bank AND voucher.number = substr(account, 19)
   WHERE file.tenant = @tenant AND file.state <> 'closed' AND file.held IS NULL AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
     WHERE line.tenant = file.tenant AND line.bank = file.bank AND line.number = file.number AND line.ref = journal.seq)
     AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
       WHERE line.tenant = file.tenant AND line.bank = file.bank AND line.journal_row = journal.seq)`,
  // After files that were taken from its bank, the first own one has told of whatever those leave out.
  `SELECT @chain || ' ' || journal.seq AS place, 'no day-end file tells of it' AS what
   FROM day_end_file AS file
   JOIN journal ON journal.chain = @chain AND business_date BETWEEN file.since AND file.date
     AND journal.kind NOT IN ('activation', 'recovery-loss', 'recovered') AND event IN ('post', 'capture-part', 'capture', 'release', 'expire')
   JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND account >= 'voucher-liability:' AND account < 'voucher-liability;'
   JOIN voucher ON voucher.tenant = file.tenant AND voucher.bank = file.bank AND voucher.number = substr(account, 19)
   WHERE file.tenant = @tenant AND file.state <> 'closed' AND file.since IS NOT NULL AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
     WHERE line.tenant = file.tenant AND line.bank = file.bank AND coalesce(line.journal_row, line.ref) = journal.seq)`,
  // Of a file that was declared void, the one that tells its dates again has told of whatever happened on them.
  `SELECT @chain || ' ' || journal.seq AS place, 'no day-end file tells of it' AS what
   FROM day_end_file AS again JOIN day_end_file AS file ON file.tenant = again.tenant AND file.bank = again.bank AND file.number = again.retells
   JOIN journal ON journal.chain = @chain AND business_date BETWEEN coalesce(file.since, file.date) AND file.date
     AND journal.kind NOT IN ('activation', 'recovery-loss', 'recovered') AND event IN ('post', 'capture-part', 'capture', 'release', 'expire')
   JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND account >= 'voucher-liability:' AND account < 'voucher-liability;'
   JOIN voucher ON voucher.tenant = file.tenant AND voucher.bank = file.bank AND voucher.number = substr(account, 19)
   WHERE again.tenant = @tenant AND again.state <> 'closed' AND again.held IS NULL AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
     JOIN day_end_file AS other USING (tenant, bank, number) WHERE line.tenant = file.tenant AND line.bank = file.bank
       AND other.held IS NOT 0 AND coalesce(line.journal_row, line.ref) = journal.seq)`,
  `SELECT 'file ' || bank || ' ' || number AS place, 'it tells again what nobody declared void' AS what
   FROM day_end_file AS again WHERE tenant = @tenant AND retells IS NOT NULL AND NOT EXISTS (SELECT 1 FROM day_end_file AS file
     WHERE file.tenant = again.tenant AND file.bank = again.bank AND file.number = again.retells AND file.number < again.number
       AND (held = 0 OR posted_after_all = 1))`,
  // What counts although it was void is what its bank, whose books went back since, has said a result of.
  `SELECT 'file ' || bank || ' ' || number AS place, 'it was not void before its result' AS what
   FROM day_end_file AS file WHERE tenant = @tenant AND posted_after_all = 1 AND NOT (result IS NOT NULL AND coalesce(told_in, 1) > coalesce(void_in, 1)
     AND EXISTS (SELECT 1 FROM clearing_inbox AS letter WHERE letter.tenant = @house AND letter.peer = file.bank
       AND letter.type = 'day-end-refused' AND instr(content, CAST('isVoid' AS BLOB)) > 0))`,
  // A file is void by its bank's letter.
  `SELECT 'file ' || bank || ' ' || number AS place, 'its bank did not declare it void' AS what
   FROM day_end_file AS file WHERE tenant = @tenant AND held = 0 AND NOT (state = 'refused' AND EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = @house AND letter.peer = file.bank AND letter.type = 'day-end-refused' AND instr(content, CAST('isVoid' AS BLOB)) > 0))`,
  // Two lines of a bank are never of one row, but for those of a file that was void, was told again, and counts after all.
  `SELECT 'bank ' || bank AS place, 'two lines are of row ' || journal_row AS what FROM day_end_line JOIN day_end_file USING (tenant, bank, number)
   WHERE tenant = @tenant AND journal_row IS NOT NULL AND posted_after_all = 0 GROUP BY bank, journal_row
   HAVING count(*) > (SELECT count(*) FROM entry WHERE chain = @chain AND seq = journal_row AND account >= 'voucher-liability:' AND account < 'voucher-liability;')
     AND count(*) > 1`,
  // What was done again is one posting, of one line of a file that was taken from its bank; what a voucher cannot carry two people decided.
  `SELECT @chain || ' ' || seq AS place, 'it does again what no line says' AS what
   FROM journal WHERE chain = @chain AND kind = 'recovered' AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
     JOIN day_end_file AS file USING (tenant, bank, number)
     WHERE line.tenant = @tenant AND journal_row = journal.seq AND held IS NOT NULL
       AND journal.id = 'recovered ' || bank || ' ' || number || ' ' || line
       AND (CASE WHEN line.intent IS NOT NULL THEN lower(hex(line.intent)) END) IS journal.facts
       AND (SELECT count(*) FROM entry WHERE entry.chain = journal.chain AND entry.seq = journal.seq AND entry.minor = line.minor
         AND CASE
           WHEN line.kind IN ('termination', 'refund') AND side = 'credit' THEN account = 'returning:' || bank
           WHEN line.kind = 'capture' AND side = 'credit' THEN account = 'revenue:' || bank
           WHEN line.kind = 'refund' AND length(voucher) = 32 AND side = 'debit' THEN account = 'card-revenue:' || bank
           WHEN line.kind IN ('reversal', 'refund') AND side = 'debit' THEN account = 'revenue:' || bank
           WHEN account = 'voucher-liability:' || voucher THEN 1
           ELSE account IN ('recovery-loss', 'due-from-bank:' || bank) AND EXISTS (SELECT 1 FROM day_end_loss AS loss
             WHERE loss.tenant = line.tenant AND loss.bank = line.bank AND loss.number = line.number AND loss.line = line.line) END) = 2)`,
  `SELECT 'file ' || bank || ' ' || number AS place, 'the file before it is not there' AS what
   FROM day_end_file AS file WHERE tenant = @tenant AND number > 1 AND NOT EXISTS (SELECT 1 FROM day_end_file AS other
     WHERE other.tenant = file.tenant AND other.bank = file.bank AND other.number = file.number - 1 AND other.date < file.date)`,
  `SELECT 'file ' || bank || ' ' || number AS place, 'its date is not closed' AS what
   FROM day_end_file AS file WHERE tenant = @tenant AND held IS NULL
     AND NOT EXISTS (SELECT 1 FROM business_date WHERE business_date.tenant = file.tenant AND business_date.date = file.date)`,
  // Between two files of a bank no closed date is left out.
  `SELECT 'bank ' || file.bank AS place, 'no file tells of ' || business_date.date AS what
   FROM (SELECT bank, min(date) AS first, max(date) AS last FROM day_end_file WHERE tenant = @tenant GROUP BY bank) AS file
   JOIN business_date ON business_date.tenant = @tenant AND date BETWEEN first AND last
   WHERE NOT EXISTS (SELECT 1 FROM day_end_file AS other WHERE other.tenant = @tenant AND other.bank = file.bank
     AND business_date.date BETWEEN coalesce(other.since, other.date) AND other.date)`,
  // A refund is one posting, of money that was paid with its voucher.
  `SELECT 'refund ' || refund.id AS place, 'it was not posted so' AS what FROM refund WHERE tenant = @tenant
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.seq = posting AND journal.id = 'refund ' || refund.id AND entry.minor = refund.minor
         AND ((side = 'debit' AND account = 'revenue:' || bank) OR (side = 'credit' AND account = 'returning:' || bank))) <> 2`,
  `SELECT 'refund ' || refund.id AS place, 'it gives back no payment of its voucher on an earlier date' AS what
   FROM refund WHERE tenant = @tenant AND payment IS NOT NULL AND NOT EXISTS (SELECT 1
     FROM journal AS back JOIN journal AS paid ON paid.chain = back.chain AND paid.seq = payment
     JOIN entry AS taken ON taken.chain = paid.chain AND taken.seq = paid.seq AND taken.side = 'debit'
     WHERE back.chain = @chain AND back.seq = posting AND paid.kind IN ('payment', 'listening') AND paid.business_date < back.business_date
       AND taken.account = 'voucher-liability:' || voucher)`,
  // Of a payment no more goes back, to the voucher and to the buyer together, than was paid.
  `SELECT 'payment ' || payment AS place, 'of ' || paid || ', ' || refunded || ' was refunded' AS what
   FROM (SELECT payment, sum(minor) AS refunded, (SELECT minor FROM entry WHERE chain = @chain AND seq = payment AND side = 'debit')
       - coalesce((SELECT sum(given.minor) FROM reversal JOIN entry AS given ON given.chain = @chain
         AND given.seq = reversal.posting AND given.side = 'credit'
         WHERE reversal.tenant = @tenant AND reversal.payment = refund.payment), 0) AS paid
     FROM refund WHERE tenant = @tenant AND payment IS NOT NULL AND NOT EXISTS (SELECT 1 FROM day_end_line AS line
       WHERE line.tenant = refund.tenant AND line.bank = refund.bank AND coalesce(line.journal_row, line.ref) = refund.posting AND line.break IS NOT NULL
         AND line.break NOT IN ('closed-account', 'duplicate') AND NOT EXISTS (SELECT 1 FROM day_end_line AS later WHERE later.tenant = line.tenant AND later.bank = line.bank
      AND later.journal_row = refund.posting AND later.number > line.number))
     GROUP BY payment) WHERE refunded > paid`,
  `SELECT @chain || ' ' || seq AS place, 'a refund that nobody asked for' AS what FROM journal WHERE chain = @chain AND kind = 'refund'
     AND NOT EXISTS (SELECT 1 FROM refund WHERE tenant = @tenant AND posting = seq AND journal.id = 'refund ' || refund.id)`,
  `SELECT 'voucher ' || voucher AS place, refunded || ' was refunded, and ' || paid || ' was paid' AS what
   FROM (SELECT voucher, sum(refund.minor) AS refunded, coalesce((SELECT sum(CASE side WHEN 'debit' THEN entry.minor ELSE -entry.minor END)
       FROM entry INDEXED BY entry_by_account JOIN journal ON journal.chain = entry.chain AND journal.seq = entry.seq
       WHERE entry.chain = @chain AND account = 'voucher-liability:' || voucher AND kind NOT IN ('activation', 'termination', 'recovery-loss')
         AND event NOT IN ('reserve', 'accrue', 'start')), 0) AS paid
     FROM refund WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM day_end_line AS line WHERE line.tenant = refund.tenant
       AND line.bank = refund.bank AND coalesce(line.journal_row, line.ref) = refund.posting AND line.break IS NOT NULL AND line.break NOT IN ('closed-account', 'duplicate')
       AND NOT EXISTS (SELECT 1 FROM day_end_line AS later WHERE later.tenant = line.tenant AND later.bank = line.bank
      AND later.journal_row = refund.posting AND later.number > line.number))
     GROUP BY voucher) WHERE refunded > paid`,
  `SELECT @chain || ' ' || seq AS place, 'a posting of no day-end result' AS what FROM journal WHERE chain = @chain AND kind LIKE 'day-end-%'
     AND NOT EXISTS (SELECT 1 FROM day_end_file WHERE tenant = @tenant AND state = 'reconciled'
       AND journal.id = 'day-end ' || bank || ' ' || number || ' ' || substr(journal.kind, 9))`,
  // What was missing for a result is booked, as a loss, to that bank's accounts alone, and by a decision of two people.
  `SELECT @chain || ' ' || seq AS place, 'two people did not decide on that loss' AS what FROM journal WHERE chain = @chain AND kind GLOB 'day-end-difference-*'
     AND NOT EXISTS (SELECT 1 FROM day_end_file AS file WHERE tenant = @tenant AND decision IS NOT NULL
       AND journal.id = 'day-end ' || bank || ' ' || number || ' ' || substr(journal.kind, 9)
       AND (SELECT count(*) FROM entry WHERE entry.chain = journal.chain AND entry.seq = journal.seq
         AND CASE account WHEN 'recovery-loss' THEN 1 WHEN 'returning:' || bank THEN side = 'credit'
           ELSE side = 'debit' AND account IN ('due-from-bank:' || bank, 'settled:' || bank, 'paid-out:' || bank) END) = 2)`,
  // What was paid out by a bank's first word, and not by its second, is taken back from one account to the other.
  `SELECT @chain || ' ' || seq AS place, 'its bank has told nothing again' AS what FROM journal WHERE chain = @chain AND kind = 'day-end-payouts-retold'
     AND NOT EXISTS (SELECT 1 FROM day_end_file AS file JOIN day_end_file AS before ON before.tenant = file.tenant AND before.bank = file.bank
         AND before.number < file.number AND before.retold IS NOT NULL
       WHERE file.tenant = @tenant AND journal.id = 'day-end ' || file.bank || ' ' || file.number || ' payouts-retold'
         AND (SELECT count(*) FROM entry WHERE entry.chain = journal.chain AND entry.seq = journal.seq
           AND account IN ('settled:' || file.bank, 'paid-out:' || file.bank)) = 2)`,
]

type FileRow = {
  readonly bank: string
  readonly number: bigint
  readonly date: string
  readonly state: string
  readonly lines: bigint
  readonly header: Uint8Array | null
  readonly hash: Uint8Array | null
  readonly breaks: bigint
  readonly result: Uint8Array | null
  readonly captured: bigint | null
  readonly terminated: bigint | null
  readonly fee: bigint | null
  readonly refunded: bigint | null
  readonly paid_out: bigint | null
  readonly sent: bigint
  readonly held: bigint | null
}

type LineRow = LineToProve & { readonly break: string | null }

/** Every file that was built is proved by its lines, and what was booked of it by its result. */
export function filesIdentity({ tenant, chain }: BooksOf): Identity {
  return async tx => {
    const findings: Finding[] = []
    const files = await tx.all<FileRow>(
      `SELECT bank, number, date, state, lines, header, hash, breaks, result, captured, terminated, fee, refunded, paid_out, sent, held
       FROM day_end_file WHERE tenant = ? ORDER BY bank, number`,
      tenant,
    )
    let before: FileRow | undefined
    for (const file of files) {
      if (before?.bank !== file.bank) before = undefined
      const where = `file ${file.bank} ${file.number}`
      const faults = await faultsOf(tx, { tenant, chain }, file, before)
      findings.push(...faults.map(what => ({ kind: 'identity' as const, where, what })))
      before = file
    }
    return findings
  }
}

async function faultsOf(tx: ReadTx, books: BooksOf, file: FileRow, before: FileRow | undefined): Promise<string[]> {
  const faults: string[] = []
  const root = new RootAgain()
  const totals = new Map<string, { count: bigint; minor: bigint }>()
  let due = 1n
  let breaks = 0n
  for (;;) {
    const page = await linesOf(tx, books.tenant, file, due - 1n)
    if (page.length === 0) break
    for (const line of page) {
      if (line.line !== due) faults.push(`line ${due} is missing`)
      due = line.line + 1n
      const fault = lineFault(line)
      if (fault !== undefined) faults.push(`line ${line.line}: ${fault}`)
      root.add(line.hash)
      if (line.break !== null) breaks++
      const { count, minor } = totals.get(line.kind) ?? { count: 0n, minor: 0n }
      totals.set(line.kind, { count: count + 1n, minor: minor + line.minor })
    }
  }
  // Of one that is taken from its bank, as many as have come.
  const expected = file.held === null ? file.lines : file.sent
  if (due - 1n !== expected) faults.push(`it counts ${expected} lines, and ${due - 1n} are there`)
  if (breaks !== file.breaks) faults.push(`it counts ${file.breaks} breaks, and ${breaks} are there`)
  if (file.header === null || file.hash === null) return faults
  const { header, hash, number, date } = file
  const read = readHeader(
    { number, date, header, hash },
    { from: books.tenant, to: file.bank },
    before?.hash ?? undefined,
  )
  faults.push(...read.faults)
  // What its bank never had, or has not told yet.
  if (file.held !== null && (file.state === 'refused' || file.sent < file.lines)) return faults
  if (read.root !== root.root()) faults.push('its root is not that of its lines')
  for (const [kind, total] of read.totals) {
    const { count, minor } = totals.get(kind) ?? { count: 0n, minor: 0n }
    if (total !== `${count}/${minor}`)
      faults.push(`its header has ${total} of ${kind}, and its lines ${count}/${minor}`)
  }
  if (file.state === 'reconciled') faults.push(...(await bookingFaults(tx, books.chain, file)))
  return faults
}

async function bookingFaults(tx: ReadTx, chain: string, file: FileRow): Promise<string[]> {
  const result = readResult(file.result ?? new Uint8Array())
  const { bank, number } = file
  const faults: string[] = []
  if (result.get('file') !== hex(file.hash ?? new Uint8Array())) faults.push('its result is of another file')
  const moved = [
    ['captures', 'settlement.captures', file.captured, `due-from-bank:${bank}`, `settled:${bank}`],
    ['terminations', 'float.terminations', file.terminated, `due-from-bank:${bank}`, `returning:${bank}`],
    ['fee', 'settlement.fee', file.fee, `settled:${bank}`, 'clearing-fee'],
    ['refunds', 'settlement.refunds', file.refunded, `settled:${bank}`, `returning:${bank}`],
    ['payouts', 'settlement.paidOut', file.paid_out, `settled:${bank}`, `paid-out:${bank}`],
  ] as const
  for (const [what, name, minor, from, to] of moved) {
    if (result.get(name) !== String(minor))
      faults.push(`its result says ${name} is ${result.get(name)}, and ${minor} was noted`)
    const entries = await tx.all<{ account: string; side: string; minor: bigint }>(
      `SELECT account, side, entry.minor FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = ? AND id = ? ORDER BY side`,
      chain,
      `day-end ${bank} ${number} ${what}`,
    )
    const booked = entries.map(entry => `${entry.side} ${entry.account} ${entry.minor}`).join(', ')
    const expected = minor === 0n ? '' : `credit ${from} ${minor}, debit ${to} ${minor}`
    if (booked !== expected) faults.push(`its ${what} were booked as ${booked || 'nothing'}`)
  }
  return faults
}

function linesOf(tx: ReadTx, tenant: string, { bank, number }: FileRow, after: bigint): Promise<LineRow[]> {
  return tx.all<LineRow>(
    `SELECT line, kind, ref, voucher, minor, intent, hash, break FROM day_end_line
     WHERE tenant = ? AND bank = ? AND number = ? AND line > ? ORDER BY line LIMIT 1000`,
    ...[tenant, bank, number, after],
  )
}
