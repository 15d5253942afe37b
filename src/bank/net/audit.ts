/**
 * What must hold of net statements: raw rows, code of its own, and nothing imported of the
 * bank. Each statement is proved by the credits from the last one of the date before to the last one of its own, or by its lines
 * and the other bank's words.
 */
import { createHash } from 'node:crypto'
import { decode, encode, rfc8949EncodeOptions } from 'cborg'
import { RootAgain } from '../../clearing/audit/proof.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'
import type { ReadTx } from '../../store/store.ts'

export const netRules: readonly string[] = [
  // A line that was found right is what the other bank had said by letter.
  `SELECT 'line ' || bank || ' ' || number || '/' || line AS place, 'the other bank’s word was not so' AS what
   FROM bank_statement_line AS line WHERE tenant = @tenant AND verdict = 'agreed' AND NOT EXISTS (SELECT 1
     FROM credit_result AS said WHERE said.tenant = line.tenant AND said.bank = line.bank AND said.transfer = line.transfer
       AND said.outcome = 'credited' AND said.minor = line.minor)`,
  `SELECT 'statement ' || bank || ' ' || number AS place, 'its lines add up to ' || coalesce(sum, 0) || ', and ' || agreed || ' was agreed' AS what
   FROM bank_statement AS row LEFT JOIN (SELECT bank, number, sum(minor) AS sum FROM bank_statement_line
     WHERE tenant = @tenant AND verdict = 'agreed' GROUP BY bank, number) USING (bank, number)
   WHERE tenant = @tenant AND state = 'answered' AND agreed <> coalesce(sum, 0)`,
]

type StatementRow = {
  readonly bank: string
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly agreed: bigint | null
}

type LineRow = { readonly transfer: string; readonly minor: bigint }

const columns = 'bank, number, date, hash, header, state, lines, agreed'

/** Each header is that of its lines, and goes on from the one before. */
export function statementsIdentity({ tenant }: BooksOf): Identity {
  return async tx => {
    const own = await tx.all<StatementRow>(
      `SELECT ${columns} FROM net_statement WHERE tenant = ? ORDER BY bank, number`,
      tenant,
    )
    const theirs = await tx.all<StatementRow>(
      `SELECT ${columns} FROM bank_statement WHERE tenant = ? ORDER BY bank, number`,
      tenant,
    )
    return [
      ...(await findingsOf(own, 'statement to', async (row, before) =>
        (await isHeld(tx, tenant, row)) ? heldOf(tx, tenant, row) : creditsOf(tx, tenant, row, before),
      )),
      ...(await findingsOf(theirs, 'statement of', async row =>
        row.state === 'answered' ? await linesOf(tx, tenant, row) : undefined,
      )),
    ]
  }
}

/** In the order of the journal, which is that of the letters that told of them. */
async function creditsOf(
  tx: ReadTx,
  tenant: string,
  { bank, number, date }: StatementRow,
  before: StatementRow | undefined,
): Promise<readonly LineRow[]> {
  const isAfterHeld = await tx.one(
    'SELECT 1 AS found FROM net_recall WHERE tenant = ? AND bank = ? AND way = ? AND number <= ? AND number > 0 LIMIT 1',
    ...[tenant, bank, 'ours', number],
  )
  const through = `posting <= (SELECT max(posting) FROM received_credit WHERE tenant = ? AND bank = ? AND business_date <= ?)`
  if (isAfterHeld === undefined)
    return tx.all<LineRow>(
      `SELECT transfer, minor FROM received_credit WHERE tenant = ? AND bank = ? AND posting IS NOT NULL
         AND posting > (SELECT coalesce(max(posting), 0) FROM received_credit
           WHERE tenant = ? AND bank = ? AND business_date <= ?) AND ${through} ORDER BY posting`,
      ...[tenant, bank, tenant, bank, before?.date ?? '', tenant, bank, date],
    )
  // What was credited again is told by a statement of lost books, and dates of those are no measure of what came since.
  const told = before && (read(before.header)['through'] as Readonly<Record<string, bigint | number>>)
  return tx.all<LineRow>(
    `SELECT transfer, minor FROM received_credit AS own WHERE tenant = ? AND bank = ? AND posting IS NOT NULL
       AND (letter_epoch, letter_sequence) > (?, ?) AND ${through}
       AND NOT EXISTS (SELECT 1 FROM held_credit AS held WHERE held.tenant = own.tenant AND held.bank = own.bank
         AND held.transfer = own.transfer) ORDER BY posting`,
    ...[tenant, bank, BigInt(told?.['epoch'] ?? 0), BigInt(told?.['sequence'] ?? 0), tenant, bank, date],
  )
}

/** Of lost books: asked for by a letter, and not sent by one. */
async function isHeld(tx: ReadTx, tenant: string, { bank, number }: StatementRow): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM net_statement AS own JOIN clearing_outbox AS letter ON letter.tenant = own.tenant AND letter.peer = own.bank
       AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence
     WHERE own.tenant = ? AND bank = ? AND number = ? AND letter.type = 'net-recall'`,
    ...[tenant, bank, number],
  )
  return row !== undefined
}

/** Undefined while they have not all come, and of one that counts for nothing. */
async function heldOf(tx: ReadTx, tenant: string, { bank, number, lines, state }: StatementRow) {
  const held = await tx.all<LineRow>(
    'SELECT transfer, minor FROM held_credit WHERE tenant = ? AND bank = ? AND number = ? ORDER BY line',
    ...[tenant, bank, number],
  )
  return state === 'refused' || BigInt(held.length) < lines ? undefined : held
}

const linesOf = (tx: ReadTx, tenant: string, { bank, number }: StatementRow) =>
  tx.all<LineRow>(
    'SELECT transfer, minor FROM bank_statement_line WHERE tenant = ? AND bank = ? AND number = ? ORDER BY line',
    ...[tenant, bank, number],
  )

async function findingsOf(
  rows: readonly StatementRow[],
  what: string,
  linesOf: (row: StatementRow, before: StatementRow | undefined) => Promise<readonly LineRow[] | undefined>,
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let before: StatementRow | undefined
  for (const row of rows) {
    if (before?.bank !== row.bank) before = undefined
    for (const fault of faultsOf(row, before, await linesOf(row, before))) {
      findings.push({ kind: 'identity', where: `${what} ${row.bank} ${row.number}`, what: fault })
    }
    before = row
  }
  return findings
}

function faultsOf(
  row: StatementRow,
  before: StatementRow | undefined,
  lines: readonly LineRow[] | undefined,
): string[] {
  const header = read(row.header)
  const faults: string[] = []
  const is = (name: string, expected: unknown) => {
    if (String(header[name]) !== String(expected))
      faults.push(`its header says ${name} is ${header[name]}, not ${expected}`)
  }
  if (hex(createHash('sha256').update(row.header).digest()) !== hex(row.hash)) faults.push('its hash is another')
  is('number', row.number)
  is('date', row.date)
  is('count', row.lines)
  if (hex(header['previous']) !== (before === undefined ? '00'.repeat(32) : hex(before.hash)))
    faults.push('it names another one before it')
  if (lines === undefined) return faults
  const tree = new RootAgain()
  let minor = 0n
  for (const line of lines) {
    const leaf = encode([line.transfer, line.minor], rfc8949EncodeOptions)
    tree.add(createHash('sha256').update(Uint8Array.of(0)).update(leaf).digest())
    minor += line.minor
  }
  is('count', lines.length)
  is('minor', minor)
  if (row.agreed !== null && row.agreed > minor) faults.push('more was agreed than it says')
  if (row.state === 'agreed' && row.agreed !== minor) faults.push('it is agreed on, and not all that it says')
  is('total', (before === undefined ? 0n : BigInt(String(read(before.header)['total']))) + minor)
  if (hex(header['root']) !== tree.root()) faults.push('its root is not that of its lines')
  return faults
}

function read(header: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return decode(header) as Record<string, unknown>
  } catch {
    return {}
  }
}

const hex = (bytes: unknown) => (bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '')
