/** Whoever goes on from a record of the log compares the rows that were written since: every one of them, in every table. */
import { expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { rebuildAndCompare } from '../../../src/store/change-log/rebuild-and-compare.ts'
import { type RawValue, rowsOf, shapesOf, type TableShape } from '../../../src/store/change-log/rows.ts'
import { logTableNames } from '../../../src/store/change-log/tables.ts'
import { openMemory, type Sqlite, serialize } from '../../../src/store/connection.ts'
import { aPhone, firstPinOf, institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

const named = (row: readonly RawValue[]) =>
  row.map(value => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value))).join(' ')

/** Rows that are otherwise than in `before`, or are not in it. */
function writtenSince(before: Sqlite, after: Sqlite, shape: TableShape): readonly (readonly RawValue[])[] {
  const old = new Set([...rowsOf(before, shape)].map(named))
  return [...rowsOf(after, shape)].filter(row => !old.has(named(row)))
}

/** One value of it, that is no part of its key, is another; undefined when there is none. */
function tamper(database: Sqlite, { table, columns, key }: TableShape, row: readonly RawValue[]): string | undefined {
  const place = columns.findIndex((_, index) => !key.includes(index) && row[index] !== null)
  const [column, value] = [columns[place], row[place]]
  if (column === undefined || value === undefined) return undefined
  const other = typeof value === 'bigint' ? value ^ 1n : typeof value === 'string' ? `${value}x` : Buffer.from('x')
  const among = key.map(index => `"${columns[index]}" IS ?`).join(' AND ')
  database.prepare(`UPDATE "${table}" SET "${column}" = ? WHERE ${among}`).run(other, ...key.map(index => row[index]))
  return key.map(index => named([row[index] ?? null])).join(' ')
}

test('finds each row that was written since, and nothing where nothing was changed', () => {
  const runtime = new VirtualRuntime({ seed: 9 })
  return runtime.run(async () => {
    const { bank, harbour, customers, close } = await openWorld({ runtime })
    const { account } = customers.ada
    const since = harbour.store.head()
    const before = openMemory(await harbour.store.snapshot())
    const asked = { buyer: account, payee: institutionId('lantern'), amount: yuan(50n), channel: 'telephone' } as const
    await bank.sellVoucher({ intent: intentId('one'), ...asked })
    await bank.changePin({
      intent: intentId('pin'),
      session: firstPinOf(account),
      next: new Secret('739251'),
      origin: aPhone,
    })
    await bank.signIn({ account, pin: new Secret('000000'), origin: aPhone })
    await bank.block({ intent: intentId('block'), account, what: 'account', channel: 'telephone' })
    await harbour.mail.idle()
    const snapshot = await harbour.store.snapshot()
    await close()
    expect(rebuildAndCompare({ snapshot }, { since }).divergences).toEqual([])

    const after = openMemory(snapshot)
    after.unsafeMode(true)
    const triggers = after
      .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      .all()
    for (const { name } of triggers) after.exec(`DROP TRIGGER ${name}`)
    for (const pragma of ['foreign_keys = OFF', 'ignore_check_constraints = ON']) after.pragma(pragma)
    const expected = new Set<string>()
    for (const shape of shapesOf(after, logTableNames))
      for (const row of writtenSince(before, after, shape)) {
        const key = tamper(after, shape, row)
        if (key !== undefined) expected.add(`${shape.table} ${key}`)
      }
    for (const { sql } of triggers) after.exec(sql)
    const { divergences } = rebuildAndCompare({ snapshot: serialize(after) }, { since, most: 1_000 })
    const found = divergences.map(each =>
      each.kind === 'row' ? `${each.table} ${named(Object.values(each.key))}` : each.kind,
    )
    expect(new Set(expected).size).toBeGreaterThan(15)
    expect(new Set([...expected].map(name => name.split(' ')[0])).size).toBeGreaterThan(8)
    expect(found.sort()).toEqual([...expected].sort())
  })
})
