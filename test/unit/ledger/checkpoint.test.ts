/** An audit that goes on from a signed checkpoint proves what was written since, and the balances that follow from it. */
import { beforeAll, describe, expect, test } from 'vitest'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { auditReport } from '../../../src/ledger/audit/audit.ts'
import {
  checkpointBytes,
  readCheckpoint,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../../src/ledger/audit/checkpoint.ts'
import type { FindingKind } from '../../../src/ledger/audit/finding.ts'
import { capture, release, reserve } from '../../../src/ledger/reserve.ts'
import { money } from '../../../src/money.ts'
import { openMemory, type Sqlite, serialize } from '../../../src/store/connection.ts'
import { ada, bo, deposit, lantern, openBooks, sell, when } from '../../support/books.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

let keys: KeyStore
let checkpoint: SignedCheckpoint
let later: Uint8Array

type Said = Pick<SignedCheckpoint, 'chains' | 'log'>
const signed = async (by: KeyStore, { chains, log }: Said): Promise<SignedCheckpoint> => {
  const said = { institution: 'harbour', at: when.at, chains, log }
  return { ...said, signature: await by.sign('ledger', checkpointBytes(said)) }
}
const audited = (snapshot: Uint8Array, since?: SignedCheckpoint) => {
  const options = { signer: 'harbour', keys: keys.publicKeys().filter(key => key.purpose === 'ledger') }
  return auditReport({ snapshot }, since === undefined ? options : { ...options, since })
}
const hold = (id: string, minor: bigint) =>
  ({
    id,
    ...when,
    kind: 'hold',
    debit: ada,
    credit: lantern,
    amount: money(minor),
    expiresAt: when.at + 60_000,
  }) as const

beforeAll(async () => {
  keys = await memoryKeys(new VirtualRuntime({ seed: 3 }))
  const store = await openBooks()
  await store.execute(tx => deposit(tx, 'd1', 100_000n))
  await store.execute(tx => deposit(tx, 'd2', 9_000n, bo))
  await store.execute(tx => reserve(tx, hold('r1', 3_000n)))
  await store.execute(tx => reserve(tx, hold('r2', 500n)))
  await store.execute(tx => sell(tx, 's1', 5_000n))
  const { findings, proved: chains, log } = await audited(await store.snapshot())
  expect(findings).toEqual([])
  checkpoint = await signed(keys, { chains, log })
  await store.execute(tx => sell(tx, 's2', 700n))
  await store.execute(tx => capture(tx, { id: 'c1', reservation: 'r1', ...when, amount: money(2_000n) }))
  await store.execute(tx => release(tx, { id: 'v1', reservation: 'r2', ...when }))
  await store.execute(tx => sell(tx, 's3', 100n, bo))
  later = await store.snapshot()
})

async function found(tamper: (database: Sqlite) => unknown, since = checkpoint): Promise<FindingKind[]> {
  const database = openMemory(later)
  const triggers = database
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    .all()
  for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
  database.pragma('foreign_keys = OFF')
  tamper(database)
  for (const { sql } of triggers) database.exec(sql)
  const { findings } = await audited(serialize(database), since)
  return [...new Set(findings.map(({ kind }) => kind))].sort()
}

describe('going on from a checkpoint', () => {
  test('honest books are right, and proved as far as by a full audit, root included', async () => {
    const [since, whole] = [await audited(later, checkpoint), await audited(later)]
    expect(since.findings).toEqual([])
    expect(since.proved).toEqual(whole.proved)
    expect(since.proved).not.toEqual(checkpoint.chains)
    expect(since.log).toEqual(whole.log)
    expect(since.log?.sequence).toBeGreaterThan(checkpoint.log?.sequence ?? 0n)
  })

  test('one that names no record of the change log has every table rebuilt', async () => {
    const { log: _, ...said } = checkpoint
    const old = await signed(keys, said)
    expect(readCheckpoint(writeCheckpoint(old))).toEqual(old)
    expect((await audited(later, old)).findings).toEqual([])
    const limit = "UPDATE account SET ceiling = 9 WHERE id = 'float:jobs'"
    expect(await found(database => database.exec(limit), old)).toContain('row')
    // What lies before the checkpoint is for the next full audit.
    expect(await found(database => database.exec(limit))).not.toContain('row')
  })

  test.each<[string, string, FindingKind[]]>([
    ['a row written since', "UPDATE journal SET reference = 'x' WHERE id = 's2'", ['altered', 'row']],
    ['the row up to which it was proved', "UPDATE journal SET hash = zeroblob(32) WHERE id = 's1'", ['broken-chain']],
    [
      'a balance that moved since',
      `UPDATE balance SET posted = posted + 1 WHERE account = '${ada}'`,
      ['balance-cache', 'row'],
    ],
    [
      'a balance that did not',
      "UPDATE balance SET posted = posted + 1 WHERE account = 'float:jobs'",
      ['balance-cache'],
    ],
    ['a hold that ended since', "UPDATE reservation SET captured = 1 WHERE id = 'r1'", ['reservation-cache', 'row']],
    [
      'a row added behind the log’s back',
      "INSERT INTO spent VALUES ('main', 'x', 'all', '2020-01-01', 'CNY', 2, 1)",
      ['row'],
    ],
    ['a trigger', 'CREATE TRIGGER hostile AFTER INSERT ON spent BEGIN DELETE FROM spent; END', ['schema']],
    [
      'the end cut off, behind what was proved',
      "DELETE FROM entry WHERE seq >= (SELECT seq FROM journal WHERE id = 's1'); DELETE FROM journal WHERE id = 's1' OR seq > (SELECT seq FROM journal WHERE id = 's1')",
      ['balance-cache', 'broken-chain', 'row'],
    ],
    [
      'the log since',
      'UPDATE change_log SET record = zeroblob(9) WHERE sequence = (SELECT max(sequence) FROM change_log)',
      ['log'],
    ],
  ])('finds %s changed', async (_, sql, expected) => {
    expect(await found(database => database.exec(sql))).toEqual(expected)
  })

  test('no checkpoint is believed that an unknown key signed, or that says something else than was signed', async () => {
    const thief = await memoryKeys(new VirtualRuntime({ seed: 4 }))
    const [chain] = checkpoint.chains
    if (chain === undefined) throw new Error('no chain')
    for (const forged of [
      await signed(thief, checkpoint),
      { ...checkpoint, institution: 'north' },
      { ...checkpoint, log: { sequence: 1n, hash: new Uint8Array(32) } },
      { ...checkpoint, chains: [{ ...chain, root: 'ab'.repeat(32) }] },
    ]) {
      expect((await audited(later, forged)).findings.map(({ kind }) => kind)).toEqual(['checkpoint'])
    }
    const elsewhere = await signed(keys, { ...checkpoint, chains: [{ ...chain, chain: 'gone' }] })
    expect((await audited(later, elsewhere)).findings.map(({ kind }) => kind)).toContain('gap')
  })

  test('a checkpoint is written and read back, and anything else is none', () => {
    expect(readCheckpoint(writeCheckpoint(checkpoint))).toEqual(checkpoint)
    for (const text of ['', '{}', '{"format":"tonebank-checkpoint-1"}']) {
      expect(() => readCheckpoint(text)).toThrow(SyntaxError)
    }
  })
})
