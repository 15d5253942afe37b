/**
 * Somebody with full access to the database changes books behind the program's back, one thing at a time: every kind is found.
 * What is found stands in `docs/tampering.md`, which this test writes (`npx vitest run --project simulation
 * test/simulation/tampering -u`) and compares.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { bankTables } from '../../../src/bank/tables.ts'
import { type Finding, printFindings } from '../../../src/ledger/audit/finding.ts'
import { hostTables } from '../../../src/merchant/host/start.ts'
import { shapesOf } from '../../../src/store/change-log/rows.ts'
import { transientTables } from '../../../src/store/migrations.ts'
import { books as everyBook, examine, type Honest, honestBooks, kindsOf, opened, type Which } from './books.ts'
import type { Tampering } from './kinds/writing.ts'
import { groups } from './kinds.ts'

let books: Readonly<Record<Which, Honest>>
const found = new Map<Tampering, readonly Finding[]>()

beforeAll(async () => {
  books = await honestBooks()
})

test.each(everyBook)('nothing is found in the honest books of a %s', async which => {
  const { done } = opened(books[which].bytes)
  const findings = await examine(books[which], done())
  expect(findings, printFindings(findings)).toEqual([])
})

describe.each(groups)('$title', ({ tamperings }) => {
  test.each(tamperings)('$what', async tampering => {
    const { book, sql, without } = tampering
    const { database, done } = opened(books[book].bytes)
    const before = fingerprint(database)
    database.exec(sql)
    expect(without?.length || fingerprint(database) !== before, 'it changes nothing').toBeTruthy()
    const findings = await examine(books[book], done(without))
    expect(findings).not.toEqual([])
    found.set(tampering, findings)
  })
})

test('old books put back are found by the heads that others hold, and by nothing else', async () => {
  const { bank } = books
  expect(kindsOf(await examine(bank, bank.earlier.bytes))).toEqual(['head-contradicted', 'log'])
  const older = { heads: [], logHeads: [bank.earlier.logHead] }
  expect(await examine(bank, bank.earlier.bytes, older)).toEqual([])
})

test('every table that is not transient is changed in some way, which is found by its name', () => {
  const named = new Set([...found.values()].flat().map(({ kind, where }) => `${kind} ${where.split(' ')[0]}`))
  const tables = everyBook.flatMap(which => {
    const { database, done } = opened(books[which].bytes)
    const shapes = shapesOf(database, transientTables([...bankTables, ...hostTables]))
    done()
    return shapes.map(({ table }) => table)
  })
  // What is wrong with the log itself is found by its records.
  const missed = tables.filter(table => table !== 'change_log' && !named.has(`row ${table}`))
  expect([...new Set(missed)]).toEqual([])
})

test('the page says what is found', async () => {
  const all = groups.flatMap(({ tamperings }) => tamperings)
  expect(all.length).toBeGreaterThanOrEqual(110)
  expect(new Set(all.map(({ what }) => what)).size).toBe(all.length)
  // Alone (`-t`) the page cannot be made.
  if (found.size < all.length) throw new Error(`${all.length - found.size} kinds were not found, or not tried`)
  await expect(page()).toMatchFileSnapshot('../../../docs/tampering.md')
})

/** Changes of rows show in the one, of definitions in the other. */
function fingerprint(database: ReturnType<typeof opened>['database']): string {
  const [row] = database
    .prepare<[], { changes: bigint; version: string }>(
      'SELECT total_changes() AS changes, (SELECT group_concat(name || sql) FROM sqlite_schema) AS version',
    )
    .all()
  return `${row?.changes} ${row?.version}`
}

function page(): string {
  const count = groups.reduce((sum, { tamperings }) => sum + tamperings.length, 0)
  const tables = groups.map(({ title, tamperings }) => {
    const rows = tamperings.map(each => [each.what, each.book, said(found.get(each) ?? [])])
    return `## ${title}\n\n${table([['what is done', 'books', 'what the audit says'], ...rows])}\n`
  })
  return `# What an audit finds

Somebody with full access to an institution's database (triggers dropped, constraints off, triggers put back) changes one thing. Below stands
what \`tonebank audit\` says of each of ${count} kinds; \`test/simulation/tampering/\` does them, and this page is what it found. In brackets stand
the tables or definitions that were named; _payee, recovered_ are books that went back in time, _bank of it_ those of its counterparty; _host_ are those of a host of private payees. [The journal's format](ledger.md) says what the words mean.

**The one exception** is what follows the last head that somebody else holds. Whoever has the database and the keys of its process can write
the end of it anew, or put back an older copy: nothing in the file contradicts it, and only heads that a counterparty or an auditor received
in the meantime do. What they hold is compared at every audit; how far it reaches is how far the books are proved against their owner.

An audit that goes on from a checkpoint (\`--since\`) proves the rows of every table that were written since, how many rows each table has, and the
balances that follow. That an older row was changed is for the full audit to find, which runs nightly.

${tables.join('\n')}`
}

/** As the formatter of this repository would have it. The first row is the head. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...body.map(line)].join('\n')
}

function said(findings: readonly Finding[]): string {
  return kindsOf(findings)
    .map(kind => {
      const named = findings.filter(finding => finding.kind === kind).map(({ where }) => where)
      if (kind === 'row') return `row (${unique(named.map(where => where.split(' ')[0] ?? ''))})`
      return kind === 'schema' ? `schema (${unique(named)})` : kind
    })
    .join(', ')
}

function unique(names: readonly string[]): string {
  const all = [...new Set(names)].sort()
  return all.length > 4 ? 'many' : all.join(', ')
}
