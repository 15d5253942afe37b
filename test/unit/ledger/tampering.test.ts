/**
 * Somebody with full access to the database file changes the books: triggers dropped, caches and hashes put right where
 * that helps. Whatever is done, the audit says what kind of thing is wrong.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { type AuditOptions, audit } from '../../../src/ledger/audit/audit.ts'
import { type Finding, type FindingKind, printFindings } from '../../../src/ledger/audit/finding.ts'
import { headOf } from '../../../src/ledger/journal.ts'
import { capture, expireDue, release, reserve } from '../../../src/ledger/reserve.ts'
import { isHeadSignedBy, keepHead, keptHeads, type SignedHead, signHead } from '../../../src/ledger/signed-heads.ts'
import { money } from '../../../src/money.ts'
import { openMemory, type Sqlite, serialize } from '../../../src/store/connection.ts'
import { ada, bo, deposit, lantern, openBooks, sell, when } from '../../support/books.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { expiresAt, grow, scenarios, seqOf, type Tampering } from './tampering-scenarios.ts'

let honest: Uint8Array
let keys: KeyStore
/** The heads that the payee keeps: one in the middle, one at the end. */
let heldByPayee: SignedHead[]

beforeAll(async () => {
  keys = await memoryKeys(new VirtualRuntime({ seed: 1 }))
  const store = await openBooks()
  const head = async () => {
    const signed = await signHead(keys, 'harbour', await store.read(tx => headOf(tx, when.chain)), when.at)
    await store.execute(tx => keepHead(tx, signed))
    return signed
  }
  const hold = (id: string, minor: bigint) =>
    store.execute(tx =>
      reserve(tx, { id, ...when, kind: 'hold', debit: ada, credit: lantern, amount: money(minor), expiresAt }),
    )
  await store.execute(tx => deposit(tx, 'd1', 100_000n))
  await store.execute(tx => deposit(tx, 'd2', 50_000n, bo))
  await store.execute(tx => sell(tx, 's1', 5_000n))
  await store.execute(tx => sell(tx, 's2', 10_000n, bo))
  await hold('r-captured', 3_000n)
  await store.execute(tx => capture(tx, { id: 'c1', reservation: 'r-captured', ...when, amount: money(2_000n) }))
  const middle = await head()
  await hold('r-released', 1_000n)
  await store.execute(tx => release(tx, { id: 'v1', reservation: 'r-released', ...when }))
  await hold('r-expired', 1_500n)
  await store.execute(tx => expireDue(tx, { ...when, at: expiresAt, limit: 1 }))
  await hold('r-open', 700n)
  await store.execute(tx => sell(tx, 's3', 900n))
  heldByPayee = [middle, await head()]
  honest = await store.snapshot()
})

/** The findings after somebody tampered and put the triggers back, all but `leftOut`. */
async function examine(tamper: Tampering, more: Partial<AuditOptions> = {}, leftOut: readonly string[] = []) {
  const database = openMemory(honest)
  const triggersNow = database.prepare<[], { name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
  )
  const triggers = triggersNow.all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.pragma('foreign_keys = OFF')
  tamper(database)
  const there = triggersNow.all().map(trigger => trigger.name)
  for (const { name, sql } of triggers) if (![...leftOut, ...there].includes(name)) database.exec(sql)
  const options = { signer: 'harbour', keys: keys.publicKeys().filter(key => key.purpose === 'ledger'), ...more }
  return audit({ snapshot: serialize(database) }, options)
}

/** What the change log says of it, whatever it is, stands beside what the rules of the ledger find by themselves. */
const byTheLog = new Set<FindingKind>(['row', 'schema', 'log'])
const allKinds = (findings: readonly Finding[]) => [...new Set(findings.map(finding => finding.kind))].sort()
const kinds = (findings: readonly Finding[]) => allKinds(findings).filter(kind => !byTheLog.has(kind))

describe('the audit', () => {
  test('finds nothing in honest books, and says so', async () => {
    const findings = await examine(() => {}, { heads: heldByPayee })
    expect(findings).toEqual([])
    expect(printFindings(findings)).toContain('The books are right')
  })

  test.each(scenarios)('finds that %s', async (_, expected, tamper) => {
    const findings = await examine(tamper)
    expect(kinds(findings), printFindings(findings)).toEqual(expected)
    expect(
      allKinds(findings).some(kind => byTheLog.has(kind)),
      printFindings(findings),
    ).toBe(true)
  })

  test.each(['journal', 'entry', 'account', 'kept_head'])('finds that a trigger of %s is gone', async table => {
    for (const change of ['update', 'delete']) {
      expect(kinds(await examine(() => {}, {}, [`${table}_refuses_${change}`]))).toEqual(['database'])
    }
  })

  const forgetHeads = (database: Sqlite) => database.exec('DELETE FROM kept_head')
  const cut = (database: Sqlite) =>
    database.exec(
      `DELETE FROM entry WHERE seq = ${seqOf('s3')}; DELETE FROM journal WHERE id = 's3';${grow(ada, 900n)}${grow(lantern, -900n)}`,
    )

  test('finds a cut tail by the heads of others when own heads were deleted, and only by them', async () => {
    const both = (database: Sqlite) => {
      cut(database)
      forgetHeads(database)
    }
    expect(kinds(await examine(both))).toEqual([])
    expect(kinds(await examine(both, { heads: heldByPayee }))).toEqual(['head-contradicted'])
  })

  test('does not believe a head that a counterparty made up', async () => {
    const thief = await memoryKeys(new VirtualRuntime({ seed: 2 }))
    const [middle] = heldByPayee
    if (middle === undefined) throw new Error('no head')
    const forged = await signHead(thief, 'harbour', { ...middle, hash: 'ab'.repeat(32) }, when.at)
    expect(kinds(await examine(() => {}, { heads: [forged] }))).toEqual(['head-forged'])
    const renamed = { ...forged, signature: { ...forged.signature, keyId: keys.publicKey('ledger').keyId } }
    expect(kinds(await examine(() => {}, { heads: [renamed] }))).toEqual(['head-forged'])
  })

  test('still knows heads of a key that was rotated away', async () => {
    const rotated = await memoryKeys(new VirtualRuntime({ seed: 1 }))
    await rotated.rotate('ledger')
    expect(kinds(await examine(() => {}, { keys: rotated.publicKeys(), heads: heldByPayee }))).toEqual([])
  })

  test('reports damaged pages instead of failing', async () => {
    const damaged = Uint8Array.from(honest)
    for (let page = 1; page < damaged.length / 4096; page++) damaged.fill(0xff, page * 4096, page * 4096 + 64)
    const findings = await audit({ snapshot: damaged }, { signer: 'harbour', keys: [] })
    expect(kinds(findings)).toContain('database')
  })

  test("adds the rules of the institution's own business", async () => {
    const identity = async () => [{ kind: 'identity', where: 'float:lantern', what: 'differs' }] as const
    expect(kinds(await examine(() => {}, { identities: [identity] }))).toEqual(['identity'])
  })

  test('heads are kept once and read back as they were signed', async () => {
    const store = await openBooks()
    const [middle] = heldByPayee
    if (middle === undefined) throw new Error('no head')
    await store.execute(tx => keepHead(tx, middle))
    await store.execute(tx => keepHead(tx, middle))
    const found = await store.read(tx => keptHeads(tx, 'harbour'))
    expect(found).toHaveLength(1)
    const [kept] = found
    expect(kept && isHeadSignedBy(keys.publicKey('ledger'), kept)).toBe(true)
    expect(kept && isHeadSignedBy(keys.publicKey('ledger'), { ...kept, seq: kept.seq + 1n })).toBe(false)
  })
})
