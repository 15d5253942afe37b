/**
 * What must hold of payees' day-end files in a bank's books: raw rows, queries of their own, and nothing imported of the bank.
 * Each file is proved by its lines, each posting by its file.
 */
import {
  hex,
  type LineToProve,
  lineFault,
  numberIn,
  RootAgain,
  readHeader,
  readResult,
} from '../../clearing/audit/proof.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

/** Captures net of reversals, and terminations, of files that were posted: what has left a float. */
export const clearedOf = `SELECT line.payee AS payee,
    sum(CASE kind WHEN 'reversal' THEN -minor WHEN 'refund' THEN 0 ELSE minor END) AS cleared
  FROM payee_file_line AS line JOIN payee_file USING (tenant, payee, number)
  WHERE line.tenant = @tenant AND statement IS NOT NULL AND verdict IN ('accepted', 'closed-account') GROUP BY line.payee`

/** Each query gives a row for everything that is wrong. */
export const clearingRules: readonly string[] = [
  `SELECT 'line ' || line.payee || ' ' || line.number || '/' || line AS place,
     'it was accepted for a voucher that was never sold' AS what
   FROM payee_file_line AS line WHERE tenant = @tenant AND verdict IN ('accepted', 'undecided', 'closed-account')
     AND NOT (kind = 'refund' AND length(voucher) = 32) AND NOT EXISTS (SELECT 1 FROM stock JOIN sale USING (tenant, payee, batch, serial)
       WHERE stock.tenant = line.tenant AND stock.payee = line.payee AND stock.number = line.voucher)`,
  `SELECT 'voucher ' || voucher AS place, 'its lines add up to ' || coalesce(sums.captured, 0) || ' captured, ' || coalesce(sums.refunded, 0)
     || ' refunded and ' || coalesce(sums.remainder, 0) || ' returned' AS what
   FROM cleared_voucher AS cleared LEFT JOIN (SELECT payee, voucher,
       sum(CASE kind WHEN 'capture' THEN minor WHEN 'reversal' THEN -minor ELSE 0 END) AS captured,
       sum(CASE kind WHEN 'refund' THEN minor ELSE 0 END) AS refunded,
       sum(CASE kind WHEN 'termination' THEN minor ELSE 0 END) AS remainder,
       max(CASE kind WHEN 'termination' THEN number END) AS ended_by
     FROM payee_file_line WHERE tenant = @tenant AND verdict IN ('accepted', 'closed-account') GROUP BY payee, voucher) AS sums
     USING (payee, voucher)
   WHERE tenant = @tenant AND (cleared.captured, cleared.refunded, coalesce(cleared.remainder, 0), cleared.ended_by)
     IS NOT (sums.captured, sums.refunded, sums.remainder, sums.ended_by)`,
  `SELECT 'voucher ' || line.voucher AS place, 'lines were accepted, and nobody added them up' AS what
   FROM payee_file_line AS line WHERE tenant = @tenant AND verdict IN ('accepted', 'closed-account')
     AND NOT (kind = 'refund' AND length(voucher) = 32) AND NOT EXISTS (SELECT 1 FROM cleared_voucher AS cleared WHERE cleared.tenant = line.tenant
       AND cleared.payee = line.payee AND cleared.voucher = line.voucher)`,
  // Never more than its face, and what came back is exactly the rest.
  `SELECT 'voucher ' || voucher AS place, 'its face is ' || minor || ', and ' || captured || ' was captured, '
     || coalesce(remainder, 0) || ' returned' AS what
   FROM cleared_voucher AS cleared JOIN stock ON stock.tenant = cleared.tenant AND stock.payee = cleared.payee AND stock.number = cleared.voucher
   WHERE cleared.tenant = @tenant AND (captured > minor OR captured + coalesce(remainder, minor - captured) <> minor OR refunded > captured)`,
  // What is on its way to buyers is what posted files gave back and nobody got yet.
  `SELECT 'returning:' || payee AS place, 'it holds ' || coalesce(posted, 0) || ', and ' || coalesce(owed, 0) || ' is to go to buyers' AS what
   FROM (SELECT substr(account, 11) AS payee, posted FROM balance WHERE chain = @chain AND account >= 'returning:' AND account < 'returning;')
   LEFT JOIN (SELECT line.payee AS payee, sum(minor) AS owed FROM payee_file_line AS line JOIN payee_file USING (tenant, payee, number)
     WHERE line.tenant = @tenant AND statement IS NOT NULL AND kind IN ('termination', 'refund') AND verdict = 'accepted'
       AND returned IS NULL GROUP BY line.payee) USING (payee)
   WHERE coalesce(posted, 0) <> coalesce(owed, 0)`,
  // Each return is one posting to the account that bought the voucher, or to suspense.
  `SELECT 'line ' || line.payee || ' ' || line.number || '/' || line AS place, 'what it gives back did not go to its buyer' AS what
   FROM payee_file_line AS line
   JOIN stock ON stock.tenant = line.tenant AND stock.payee = line.payee AND stock.number = line.voucher
   JOIN sale ON sale.tenant = stock.tenant AND sale.payee = stock.payee AND sale.batch = stock.batch AND sale.serial = stock.serial
   WHERE line.tenant = @tenant AND returned IS NOT NULL
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.seq = returned AND journal.kind = 'refund'
         AND journal.id = 'return ' || line.payee || ' ' || line.number || ' ' || line.line AND entry.minor = line.minor
         AND ((side = 'debit' AND account = 'returning:' || line.payee)
           OR (side = 'credit' AND account = CASE verdict WHEN 'accepted' THEN 'deposit:' || buyer ELSE 'suspense' END))) <> 2`,
  `SELECT @chain || ' ' || seq AS place, 'a return of no line' AS what
   FROM journal WHERE chain = @chain AND kind = 'refund'
     AND NOT EXISTS (SELECT 1 FROM payee_file_line AS line WHERE line.tenant = @tenant
       AND journal.id = 'return ' || line.payee || ' ' || line.number || ' ' || line.line AND line.returned = seq
       AND line.kind IN ('termination', 'refund'))`,
  `SELECT 'file ' || payee || ' ' || number AS place, 'it is ' || state || ', and a line of it is not returned or not decided' AS what
   FROM payee_file AS file WHERE tenant = @tenant AND state IN ('posted', 'result sent') AND EXISTS (
     SELECT 1 FROM payee_file_line AS line WHERE line.tenant = file.tenant AND line.payee = file.payee AND line.number = file.number
       AND (verdict = 'undecided' OR (kind IN ('termination', 'refund') AND verdict = 'accepted' AND returned IS NULL)))`,
  // Whoever bought a voucher is told of what came back of it, and nobody else.
  `SELECT 'returned ' || told.payee || ' ' || told.number || '/' || told.line AS place, 'its account is not its buyer’s' AS what
   FROM returned_line AS told JOIN payee_file_line AS line USING (tenant, payee, number, line)
   WHERE told.tenant = @tenant AND NOT (kind = 'refund' AND length(voucher) = 32) AND NOT EXISTS (SELECT 1 FROM stock JOIN sale USING (tenant, payee, batch, serial)
     WHERE stock.tenant = told.tenant AND stock.payee = told.payee AND stock.number = line.voucher AND buyer = account
       AND returned IS NOT NULL AND verdict = 'accepted')`,
  // Letters brought every line that it received, one after another.
  `SELECT 'file ' || payee || ' ' || number AS place, received || ' lines were received, and letters brought ' || brought AS what
   FROM (SELECT file.payee AS payee, file.number AS number, received, coalesce((SELECT sum(part.lines) FROM payee_file_part AS part
       JOIN clearing_inbox AS letter ON letter.tenant = part.tenant
         AND letter.peer = coalesce((SELECT host FROM (SELECT tenant, payee, host FROM private_payee UNION ALL SELECT tenant, payee, host FROM introduced_payee) AS own WHERE own.tenant = part.tenant AND own.payee = part.payee), part.payee) AND letter.epoch = part.epoch
         AND letter.sequence = part.sequence AND letter.type IN ('day-end-lines', 'host-file-lines')
       WHERE part.tenant = file.tenant AND part.payee = file.payee AND part.number = file.number), 0) AS brought
     FROM payee_file AS file WHERE tenant = @tenant) WHERE received <> brought`,
  `SELECT 'file ' || payee || ' ' || number AS place, 'the file before it is not there' AS what
   FROM payee_file AS file WHERE tenant = @tenant AND number > 1 AND NOT EXISTS (SELECT 1 FROM payee_file AS other
     WHERE other.tenant = file.tenant AND other.payee = file.payee AND other.number = file.number - 1 AND other.date < file.date)`,
  // A payout is one posting from the payee's settlement account, decided by two people.
  `SELECT 'payout ' || payout.id AS place, 'it was not posted so' AS what FROM payout WHERE tenant = @tenant
     AND (SELECT count(*) FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq
       WHERE journal.chain = @chain AND journal.seq = posting AND journal.id = 'payout ' || payout.id AND entry.minor = payout.minor
         AND ((side = 'debit' AND account = 'settlement:' || payee) OR (side = 'credit' AND account = 'deposit:' || payout.account))) <> 2`,
  `SELECT @chain || ' ' || seq AS place, 'a payout that nobody decided' AS what FROM journal WHERE chain = @chain AND kind = 'payout'
     AND NOT EXISTS (SELECT 1 FROM payout JOIN approval ON approval.tenant = payout.tenant AND approval.digest = payout.id
       WHERE payout.tenant = @tenant AND journal.id = 'payout ' || payout.id)`,
  `SELECT @chain || ' ' || seq AS place, 'a posting of no day-end file' AS what FROM journal WHERE chain = @chain AND kind LIKE 'day-end-%'
     AND NOT EXISTS (SELECT 1 FROM payee_file AS file WHERE tenant = @tenant AND statement IS NOT NULL
       AND journal.id = 'day-end ' || payee || ' ' || number || ' ' || substr(journal.kind, 9))`,
]

type FileRow = {
  readonly payee: string
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly checked: bigint
  readonly posted_on: string | null
  readonly statement: Uint8Array | null
}

type LineRow = LineToProve & { readonly verdict: string }

const postings: Readonly<Record<string, 'captures' | 'terminations' | 'refunds'>> = {
  capture: 'captures',
  reversal: 'captures',
  termination: 'terminations',
  refund: 'refunds',
}

/** Every file is proved by its lines, and what was posted of it by those that were accepted. */
export function filesIdentity({ tenant, chain }: BooksOf): Identity {
  return async tx => {
    const findings: Finding[] = []
    const files = await tx.all<FileRow>(
      `SELECT payee, number, date, hash, header, state, lines, checked, posted_on, statement FROM payee_file
       WHERE tenant = ? ORDER BY payee, number`,
      tenant,
    )
    let before: FileRow | undefined
    // A void file has no statement: the next one goes on from the one before it.
    let stated: FileRow | undefined
    for (const file of files) {
      if (before?.payee !== file.payee) stated = before = undefined
      const faults = await faultsOf(tx, { tenant, chain }, file, before, stated)
      const where = `file ${file.payee} ${file.number}`
      findings.push(...faults.map(what => ({ kind: 'identity' as const, where, what })))
      before = file
      if (file.statement !== null) stated = file
    }
    return findings
  }
}

async function faultsOf(
  tx: ReadTx,
  books: BooksOf,
  file: FileRow,
  before: FileRow | undefined,
  stated: FileRow | undefined,
): Promise<string[]> {
  const { tenant } = books
  const header = readHeader(file, { from: file.payee, to: tenant }, before?.hash)
  const faults = [...header.faults]
  const whole = new RootAgain()
  const roots = { captures: new RootAgain(), terminations: new RootAgain(), refunds: new RootAgain() }
  const accepted = new Map<string, { count: bigint; minor: bigint }>()
  let breaks = 0n
  let due = 1n
  for (
    let page = await linesOf(tx, tenant, file, 0n);
    page.length > 0;
    page = await linesOf(tx, tenant, file, due - 1n)
  ) {
    for (const line of page) {
      if (line.line !== due) faults.push(`line ${due} is missing`)
      due = line.line + 1n
      const fault = lineFault(line)
      if (fault !== undefined) faults.push(`line ${line.line}: ${fault}`)
      whole.add(line.hash)
      if (line.verdict !== 'accepted') breaks++
      if (line.verdict !== 'accepted' && line.verdict !== 'closed-account') continue
      const sum = accepted.get(line.kind) ?? { count: 0n, minor: 0n }
      accepted.set(line.kind, { count: sum.count + 1n, minor: sum.minor + line.minor })
      const posting = postings[line.kind]
      if (posting === undefined) faults.push(`line ${line.line}: there is no kind ${line.kind}`)
      else roots[posting].add(line.hash)
    }
  }
  if (due - 1n !== file.checked) faults.push(`${file.checked} lines were looked at, and ${due - 1n} are there`)
  const counted = [...header.totals.values()].reduce((sum, total) => sum + numberIn(total.split('/')[0]), 0n)
  if (counted !== file.lines) faults.push(`its header counts ${counted} lines, and its row ${file.lines}`)
  if (file.checked === file.lines && whole.root() !== header.root) faults.push('its root is not that of its lines')
  if (file.statement !== null)
    faults.push(...(await statementFaults(tx, books, file, stated, { accepted, breaks, roots })))
  return faults
}

interface Recounted {
  readonly accepted: ReadonlyMap<string, { readonly count: bigint; readonly minor: bigint }>
  readonly breaks: bigint
  readonly roots: Readonly<Record<'captures' | 'terminations' | 'refunds', RootAgain>>
}

async function statementFaults(
  tx: ReadTx,
  { chain }: BooksOf,
  file: FileRow,
  before: FileRow | undefined,
  { accepted, breaks, roots }: Recounted,
): Promise<string[]> {
  const faults: string[] = []
  const result = readResult(file.statement ?? new Uint8Array())
  const told = (name: string) => numberIn(result.get(name))
  const minor = (kind: string) => accepted.get(kind)?.minor ?? 0n
  const captures = minor('capture') - minor('reversal')
  const expected: readonly (readonly [string, bigint])[] = [
    ...['capture', 'reversal', 'termination', 'refund'].flatMap(
      kind =>
        [
          [`accepted.${kind}.count`, accepted.get(kind)?.count ?? 0n],
          [`accepted.${kind}.minor`, minor(kind)],
        ] as const,
    ),
    ['number', file.number],
    ['float.captures', captures],
    ['float.terminations', minor('termination')],
    ['settlement.captures', captures],
    ['settlement.refunds', minor('refund')],
    ['float.closing', told('float.opening') + told('float.sales') - captures - minor('termination')],
    [
      'settlement.closing',
      told('settlement.opening') + captures - told('settlement.fee') - minor('refund') - told('settlement.paidOut'),
    ],
    // A break that is found when the money goes back is counted when the result is sent.
    ...(file.state === 'result sent' ? [['breaks', breaks] as const] : []),
  ]
  for (const [name, value] of expected) {
    if (told(name) !== value) faults.push(`its statement says ${name} is ${told(name)}, and it is ${value}`)
  }
  if (result.get('file') !== hex(file.hash) || result.get('postedOn') !== file.posted_on)
    faults.push('its statement is of another file or day')
  const last = before?.statement ? readResult(before.statement) : undefined
  for (const account of ['float', 'settlement']) {
    const closed = last === undefined ? 0n : numberIn(last.get(`${account}.closing`))
    if (told(`${account}.opening`) !== closed) faults.push(`its ${account} opens with another amount than ${closed}`)
  }
  const moved = { captures, terminations: minor('termination'), refunds: minor('refund') }
  for (const what of ['captures', 'terminations', 'refunds'] as const) {
    const posting = await tx.one<{ reference: string; minor: bigint | null; business_date: string }>(
      `SELECT reference, business_date, (SELECT sum(minor) FROM entry WHERE entry.chain = journal.chain AND entry.seq = journal.seq
         AND side = 'debit' AND account = ?) AS minor FROM journal WHERE chain = ? AND id = ?`,
      `${what === 'refunds' ? 'settlement' : 'float'}:${file.payee}`,
      chain,
      `day-end ${file.payee} ${file.number} ${what}`,
    )
    if (moved[what] === 0n ? posting !== undefined : posting?.minor !== moved[what])
      faults.push(`its ${what} were posted as ${posting?.minor ?? 'nothing'}, and are ${moved[what]}`)
    if (posting === undefined) continue
    if (posting.reference !== roots[what].root()) faults.push(`the posting of its ${what} names another root`)
    if (posting.business_date !== file.posted_on) faults.push(`its ${what} were posted on another date`)
  }
  return faults
}

function linesOf(tx: ReadTx, tenant: string, { payee, number }: FileRow, after: bigint): Promise<LineRow[]> {
  return tx.all<LineRow>(
    `SELECT line, kind, ref, voucher, minor, intent, hash, verdict FROM payee_file_line
     WHERE tenant = ? AND payee = ? AND number = ? AND line > ? ORDER BY line LIMIT 1000`,
    ...[tenant, payee, number, after],
  )
}
