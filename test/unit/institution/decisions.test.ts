/** What two people decide: who may, what is refused, what the audit finds when rows say something else. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { appointTwo, bothSign, type TwoPeople } from '../../../demo/two-people.ts'
import { alarms, raiseAlarm } from '../../../src/alarm.ts'
import { alarmBookMigrations } from '../../../src/institution/alarm-book.ts'
import { commonDecisions } from '../../../src/institution/common-decisions.ts'
import { type Decisions, decisionsOf, type Kind } from '../../../src/institution/decisions.ts'
import { decisionIdentities } from '../../../src/institution/people-audit.ts'
import { signApproval, signProposal } from '../../../src/keys/approval.ts'
import { peopleMigrations } from '../../../src/keys/people.ts'
import { drawSigner, openPersonKey, publicIn, type Signer, sealPersonKey } from '../../../src/keys/person-key.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { signWithdrawal } from '../../../src/keys/withdrawal.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { randomId } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { openStore, readSnapshot } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const tenant = institutionId('harbour')
const migrations = [...clearingMigrations, ...peopleMigrations, ...alarmBookMigrations]
const week = 7 * 86_400_000
let runtime: VirtualRuntime
let store: Store
let decisions: Decisions
let two: TwoPeople
let done: unknown[] = []

const atCounter: Kind = {
  roles: ['teller', 'officer'],
  // So that it is not tried out when it is proposed: each time that it is carried out counts.
  prepare: async () => undefined,
  carryOut: async (_tx, { request }) => {
    done.push(request)
    return { done: true, outcome: 'paid' }
  },
}

/** Writes, and finds then that the rest cannot be done while `isImpossible`. */
let isImpossible = false
const inTwoSteps: Kind = {
  roles: ['officer'],
  carryOut: async (tx, _approved, at) => {
    await raiseAlarm(tx, tenant, { peer: tenant, kind: 'day-end-lost', detail: 'the first step', at })
    return isImpossible ? { done: false, outcome: 'cannot-be-booked' } : { done: true, outcome: 'booked' }
  },
}

const short: Kind = {
  roles: ['officer'],
  carryOut: async (_tx, { request }) =>
    (request as { minor: number }).minor > 5
      ? { done: false, outcome: 'insufficient-funds' }
      : { done: true, outcome: 'paid' },
}

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 7 })
  done = []
  await runtime.run(async () => {
    store = openStore({ runtime, at: { memory: 'empty' }, migrations })
    await store.execute(tx => establish(tx, tenant))
    const common = commonDecisions(tenant, await memoryKeys(runtime), {
      meetPeers: async () => {},
      changeKey: async () => Promise.reject(new Error('no key is changed here')),
      keysChanged: async () => {},
    })
    decisions = decisionsOf(
      { store, runtime, tenant },
      { ...common, 'pay-in': atCounter, 'in-two-steps': inTwoSteps, short },
    )
    const drawn = await appointTwo(decisions, runtime, { maker: 'Sun Mei', checker: 'Peter Hall' })
    two = { maker: drawn.maker.signer, checker: drawn.checker.signer }
  })
})
afterEach(() => store.close())

const propose = (maker: Signer, kind = 'pay-in', request: unknown = { account: '1' }, of: string = tenant) =>
  decisions.propose(
    signProposal(maker, { tenant: of, kind, request }, { at: runtime.wallNow(), nonce: randomId(runtime) }),
  )
const proposed = async (...args: Parameters<typeof propose>) => {
  const made = await propose(...args)
  if (made.outcome !== 'proposed') throw new Error(made.outcome)
  return made.digest
}
const decide = (kind: string, request: unknown) =>
  bothSign({ decisions, card: { institution: tenant } }, runtime, two, kind, request)
const findings = async () =>
  (await Promise.all(decisionIdentities.map(identity => store.read(identity)))).flat().map(({ what }) => what)

describe('a decision', () => {
  test('is proposed by one, approved by another, and done once', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker)
      expect(await decisions.waiting()).toMatchObject([{ digest, kind: 'pay-in', maker: 'Sun Mei' }])
      expect(await decisions.approve(signApproval(two.maker, digest))).toMatchObject({ outcome: 'one-person-only' })
      expect(done).toEqual([])
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({
        decided: true,
        outcome: 'paid',
      })
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({ outcome: 'already-approved' })
      expect(done).toEqual([{ account: '1' }])
      expect(await decisions.waiting()).toEqual([])
      expect(await findings()).toEqual([])
    }))

  test('that cannot be carried out leaves nothing behind, and is approved again when it can', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker, 'in-two-steps', {})
      const approve = () => decisions.approve(signApproval(two.checker, digest))
      isImpossible = true
      expect(await approve()).toEqual({ decided: true, done: false, outcome: 'cannot-be-booked' })
      expect(await store.read(tx => alarms(tx, tenant))).toEqual([])
      expect(await decisions.waiting()).toMatchObject([{ digest }])
      isImpossible = false
      expect(await approve()).toMatchObject({ done: true, outcome: 'booked' })
      expect(await store.read(tx => alarms(tx, tenant))).toHaveLength(1)
      expect(await findings()).toEqual([])
    }))

  test('is nobody else’s: strangers, other institutions, other words, other bytes', () =>
    runtime.run(async () => {
      const stranger = drawSigner(runtime, 'Sun Mei').signer
      expect(await propose(stranger)).toEqual({ outcome: 'unknown-person' })
      expect(await propose(two.maker, 'pay-in', {}, 'lantern')).toEqual({ outcome: 'not-a-proposal' })
      expect(await propose(two.maker, 'toString')).toEqual({ outcome: 'not-a-proposal' })
      const { content, signature } = signProposal(
        two.maker,
        { tenant, kind: 'pay-in', request: { account: '1' } },
        { at: 0, nonce: '0'.repeat(32) },
      )
      expect(await decisions.propose({ content: content.slice(1), signature })).toEqual({ outcome: 'not-a-proposal' })
      const forged = Buffer.from(signature).fill(1, 3, 4)
      expect(await decisions.propose({ content, signature: forged })).toEqual({ outcome: 'bad-signature' })
      const digest = await proposed(two.maker)
      const byStranger = signApproval(stranger, digest)
      expect(await decisions.approve(byStranger)).toMatchObject({ outcome: 'unknown-person' })
      const inTheNameOf = { ...byStranger, checker: two.checker.keyId }
      expect(await decisions.approve(inTheNameOf)).toMatchObject({ outcome: 'bad-signature' })
      // A maker's signature is not a checker's, whoever shows it.
      const replayed = { digest, checker: two.checker.keyId, signature }
      expect(await decisions.approve(replayed)).toMatchObject({ outcome: 'bad-signature' })
      expect(await decisions.approve(signApproval(two.checker, 'f'.repeat(64)))).toMatchObject({
        outcome: 'unknown-proposal',
      })
      expect(done).toEqual([])
    }))

  test('stands for a week', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker)
      runtime.jumpWallClock(week + 1)
      expect(await decisions.waiting()).toEqual([])
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({ outcome: 'too-old' })
    }))
})

describe('people', () => {
  test('come and go by a decision; a teller decides at the counter only, and two officers stay', () =>
    runtime.run(async () => {
      const { signer: wang } = drawSigner(runtime, 'Wang Fang')
      const teller = { name: wang.name, role: 'teller', publicKey: wang.publicKey }
      expect(await decide('add-person', teller)).toMatchObject({ outcome: 'added' })
      expect(await decide('add-person', teller)).toMatchObject({ done: false, outcome: 'key-taken' })
      const { signer: other } = drawSigner(runtime, ' wang  FANG')
      const again = { name: other.name, role: 'teller', publicKey: other.publicKey }
      expect(await decide('add-person', again)).toMatchObject({ done: false, outcome: 'name-taken' })
      expect(await propose(wang, 'revoke-person', { name: 'Sun Mei' })).toMatchObject({ outcome: 'not-their-role' })
      const digest = await proposed(wang)
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({ decided: true })
      expect(await decide('revoke-person', { name: 'Peter Hall' })).toMatchObject({ outcome: 'two-officers-must-stay' })
      expect(await decide('revoke-person', { name: 'Wang Fang' })).toMatchObject({ outcome: 'revoked' })
      expect(await propose(wang)).toEqual({ outcome: 'unknown-person' })
      expect(await findings()).toEqual([])
    }))

  test('are two at first, once, and not one twice', () =>
    runtime.run(async () => {
      expect(await decisions.first([two.maker, two.checker])).toEqual({ outcome: 'there-are-people' })
      const empty = openStore({ runtime, at: { memory: 'empty' }, migrations: peopleMigrations })
      await empty.execute(tx => establish(tx, tenant))
      const fresh = decisionsOf({ store: empty, runtime, tenant }, {})
      const twin = drawSigner(runtime, 'ｓｕｎ ｍｅｉ').signer
      expect(await fresh.first([two.maker, twin])).toEqual({ outcome: 'one-person-only' })
      expect(await fresh.first([two.maker, { ...two.maker, name: 'Peter Hall' }])).toEqual({
        outcome: 'one-person-only',
      })
      await empty.close()
    }))
})

describe('the audit finds', () => {
  const triggers = ['approval_is_never_changed', 'proposal_is_never_changed', 'approval_is_never_forgotten']

  test.each([
    [
      'a checker that was exchanged',
      'UPDATE approval SET checker = (SELECT maker FROM proposal)',
      'one person alone signed it',
    ],
    [
      'a signature that was changed',
      'UPDATE approval SET signature = zeroblob(64)',
      "its checker's signature is wrong",
    ],
    [
      "a maker's signature that was changed",
      'UPDATE proposal SET signature = zeroblob(64)',
      "its maker's signature is wrong",
    ],
    [
      'a withdrawal that nobody signed, of what was done',
      'INSERT INTO withdrawal SELECT tenant, digest, 1, zeroblob(64) FROM approval',
      'its maker did not take it back',
    ],
    [
      'an approval of what was taken back',
      'INSERT INTO withdrawal SELECT tenant, digest, 1, zeroblob(64) FROM approval',
      'it was approved, though its maker had taken it back',
    ],
    ['another content', "UPDATE proposal SET content = x'a0'", 'its content is not what was signed'],
    [
      'a decision before its time',
      "UPDATE person SET added_at = added_at + 1 WHERE name = 'Peter Hall'",
      'Peter Hall could not decide then',
    ],
    [
      'a teller who became an officer',
      "UPDATE person SET role = 'officer' WHERE name = 'Wang Fang'",
      'nobody decided that they come',
    ],
    [
      'somebody who came by nobody',
      "UPDATE person SET added_by = NULL WHERE name = 'Wang Fang'",
      '3 came without a decision, not two',
    ],
    [
      'somebody who is gone by nobody',
      "UPDATE person SET revoked_at = 9000000000000000, revoked_by = 'x' WHERE name = 'Wang Fang'",
      'nobody decided that they go',
    ],
    [
      'another key',
      "UPDATE person SET public_key = zeroblob(32) WHERE name = 'Wang Fang'",
      'the key is not the one that its id names',
    ],
  ])('%s', (_, sql, said) =>
    runtime.run(async () => {
      const { signer: wang } = drawSigner(runtime, 'Wang Fang')
      await decide('add-person', { name: wang.name, role: 'teller', publicKey: wang.publicKey })
      expect(await findings()).toEqual([])
      // Who can write the file needs no leave of its triggers and keys.
      const database = openMemory(await store.snapshot())
      database.exec('PRAGMA foreign_keys = OFF')
      for (const trigger of triggers) database.exec(`DROP TRIGGER ${trigger}`)
      database.exec(sql)
      const snapshot = serialize(database)
      database.close()
      const found = await Promise.all(decisionIdentities.map(identity => readSnapshot({ snapshot }, identity)))
      expect(found.flat().map(({ what }) => what)).toContain(said)
    }),
  )
})

test('a key opens with its passphrase, and with no other', () =>
  runtime.run(async () => {
    const drawn = drawSigner(runtime, 'Sun Mei')
    const text = await sealPersonKey(runtime, drawn, new Secret('correct horse'), { memoryKiB: 8, passes: 1 })
    expect(text).not.toContain(Buffer.from(drawn.seed).toString('hex'))
    expect(publicIn(text)).toEqual({
      name: 'Sun Mei',
      keyId: drawn.signer.keyId,
      publicKey: new Uint8Array(drawn.signer.publicKey),
    })
    expect(await openPersonKey(runtime, text, new Secret('wrong horse'))).toBeUndefined()
    const renamed = text.replace('Sun Mei', 'Peter Hall')
    expect(await openPersonKey(runtime, renamed, new Secret('correct horse'))).toBeUndefined()
    const opened = await openPersonKey(runtime, text, new Secret('correct horse'))
    expect(opened?.sign(Buffer.from('x'))).toEqual(drawn.signer.sign(Buffer.from('x')))
    await expect(openPersonKey(runtime, '{}', new Secret('x'))).rejects.toThrow('does not hold the key of a person')
  }))

describe('what could not be done', () => {
  test('is not proposed, and leaves nothing behind', () =>
    runtime.run(async () => {
      isImpossible = true
      expect(await propose(two.maker, 'in-two-steps', {})).toEqual({ outcome: 'impossible', why: 'cannot-be-booked' })
      isImpossible = false
      expect(await propose(two.maker, 'short', { minor: 6 })).toEqual({
        outcome: 'impossible',
        why: 'insufficient-funds',
      })
      expect(await decisions.waiting()).toEqual([])
      expect(await store.read(tx => alarms(tx, tenant))).toEqual([])
      const stranger = drawSigner(runtime, 'Eve').signer
      expect(await propose(stranger, 'short', { minor: 6 }), 'and a stranger learns nothing of it').toEqual({
        outcome: 'unknown-person',
      })
    }))

  test('by the time that it is approved is refused then, and waits', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker, 'in-two-steps', {})
      expect(await store.read(tx => alarms(tx, tenant)), 'it was tried, and not done').toEqual([])
      isImpossible = true
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({ outcome: 'cannot-be-booked' })
      isImpossible = false
      expect(await decisions.approve(signApproval(two.checker, digest))).toMatchObject({ done: true })
    }))
})

describe('a proposal that its maker takes back', () => {
  test('is approved by nobody, and the audit proves who took it back', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker)
      expect(await decisions.withdraw(signWithdrawal(two.checker, digest))).toEqual({ outcome: 'not-its-maker' })
      const forged = { ...signWithdrawal(two.maker, digest), signature: new Uint8Array(64) }
      expect(await decisions.withdraw(forged)).toEqual({ outcome: 'bad-signature' })
      expect(await decisions.withdraw(signWithdrawal(two.maker, '0'.repeat(64)))).toEqual({
        outcome: 'unknown-proposal',
      })
      expect(await decisions.waiting()).toHaveLength(1)
      for (let twice = 0; twice < 2; twice++)
        expect(await decisions.withdraw(signWithdrawal(two.maker, digest))).toEqual({ outcome: 'withdrawn' })
      expect(await decisions.waiting()).toEqual([])
      expect(await decisions.find(digest)).toMatchObject({ isWithdrawn: true, checker: undefined })
      expect(await decisions.approve(signApproval(two.checker, digest))).toEqual({
        decided: false,
        outcome: 'withdrawn',
      })
      expect(done).toEqual([])
      expect(await findings()).toEqual([])
    }))

  test('was not done yet', () =>
    runtime.run(async () => {
      const digest = await proposed(two.maker)
      await decisions.approve(signApproval(two.checker, digest))
      expect(await decisions.withdraw(signWithdrawal(two.maker, digest))).toEqual({ outcome: 'already-approved' })
      expect(done).toHaveLength(1)
    }))
})
