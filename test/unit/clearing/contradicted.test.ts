/** What contradicts at a day end waits for people: two of them settle it, later dates go on, and the books prove it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign, type TwoPeople } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { voidFiles } from '../../../src/bank/clearing/void-audit.ts'
import { toHex } from '../../../src/bytes.ts'
import { Approved, signApproval, signProposal } from '../../../src/keys/approval.ts'
import { openAccount } from '../../../src/ledger/accounts.ts'
import { accountId } from '../../../src/ledger/chart.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { yuan } from '../../../src/money.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { readSnapshot } from '../../../src/store/open.ts'
import { payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { alarmsOf, faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let isMute: boolean
const troubles: unknown[] = []
/** Done to the payee's books between the header of its next file and the letters with the lines. */
let onceBuilt: string | undefined
beforeEach(async () => {
  onceBuilt = undefined
  troubles.length = 0
  runtime = new VirtualRuntime({
    seed: 47,
    onEvent: event => {
      if (event !== 'reached day-end.built' || onceBuilt === undefined) return
      const [sql, rows] = [onceBuilt, world.lantern.store]
      onceBuilt = undefined
      void rows.execute(tx => tx.run(sql))
    },
  })
  isMute = false
  const next = () => (isMute ? ({ lost: 'there' } as const) : {})
  world = await runtime.run(() => openWorld({ runtime, weather: { next }, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

/** Ends a day. `meanwhile`: when its file is on its way. */
async function night(meanwhile?: string): Promise<void> {
  runtime.jumpWallClock(86_400_000)
  isMute = meanwhile !== undefined
  await world.lantern.nightly()
  await world.lantern.dayEnd.idle()
  if (meanwhile !== undefined)
    for (const sql of meanwhile.split(';')) await world.lantern.store.execute(tx => tx.run(sql))
  isMute = false
  await runtime.sleep(120_000)
  await settleAll(world)
}

const states = async () => (await payeeFiles(world.lantern.store)).map(({ state }) => state)
const accept = (number: bigint, named = {}) =>
  bothSign(world.lantern, runtime, world.shopStaff, 'accept-result', {
    ...{ bank: 'harbour', number, why: 'the bank counts right', ...named },
  })

/** As it stands, without what the books would say of it now. */
async function decide(
  request: unknown,
  why = 'the bank counts right',
  { of, staff, kind }: { of: World['lantern'] | World['harbour']; staff: TwoPeople; kind: string } = {
    ...{ of: world.lantern, staff: world.shopStaff, kind: 'accept-result' },
  },
) {
  const [{ decisions, card }, { maker, checker }] = [of, staff]
  const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
  const made = await decisions.propose(signProposal(maker, { tenant: card.institution, kind, request, why }, drawn))
  if (made.outcome !== 'proposed') throw new Error(made.outcome)
  return decisions.approve(signApproval(checker, made.digest))
}

describe('a result that contradicts its file', () => {
  test('holds up later dates until two officers let the bank’s word count', () =>
    runtime.run(async () => {
      const settled = () => posted(world.lantern.store, 'settled:harbour')
      await night()
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night('UPDATE day_end_file SET breaks = 1 WHERE number = 3')
      await payWith(world, world.vouchers.confirmed, 'two', yuan(5n))
      await night()
      expect(await states()).toEqual(['reconciled', 'reconciled', 'result', 'result'])
      expect(await alarmsOf(world.lantern)).toEqual([expect.stringContaining('0 breaks are counted, and 1 were told')])
      expect(await settled()).toBe(0n)
      expect(await accept(4n)).toMatchObject({ done: false, outcome: 'another-waits-before' })
      expect(await accept(1n)).toMatchObject({ done: false, outcome: 'no-result-waits' })
      // Only a host has several payees; a shop may be named, and is no other.
      expect(await accept(3n, { payee: 'elsewhere' })).toMatchObject({ done: false, outcome: 'unknown-payee' })
      const accepted = await accept(3n, { payee: 'lantern' })
      expect(accepted).toMatchObject({ done: true, outcome: 'accepted' })
      await settleAll(world)
      expect(await states()).toEqual(['reconciled', 'reconciled', 'reconciled', 'reconciled'])
      expect(await settled()).toBe(1_500n)
      // The count is what people have found to be wrong.
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 0'))
      expect(await faultsBut(/alarm day-end-contradicted/)).toEqual([])
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET decision = NULL WHERE number = 3'))
      await world.lantern.store.execute(tx => tx.run("UPDATE day_end_file SET decision = 'x' WHERE number = 4"))
      expect(await faultsBut(/alarm/)).toEqual([
        'lantern: identity file harbour 4: two people did not accept its result',
      ])
    }))

  test('is booked by nobody who has signed for another result, or for what has changed since', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night('UPDATE day_end_file SET breaks = 1 WHERE number = 2')
      const { decisions, store } = world.lantern
      const asked = { bank: 'harbour', number: 2n, why: 'the bank counts right' }
      const whole = await decisions.withFacts('accept-result', asked)
      const facts = whole['facts'] as Readonly<Record<string, unknown>>
      expect(facts).toMatchObject({
        captures: 1_000n,
        paidOut: 0n,
        undone: 0n,
        wrong: [expect.stringContaining('1 were told')],
      })
      const refused = { done: false, outcome: 'other-facts' }
      for (const other of [{ captures: 999n }, { undone: 1n }, { result: '0'.repeat(64) }, { wrong: [] }]) {
        const signed = { ...asked, facts: { ...facts, ...other } }
        expect(await decide(signed)).toMatchObject(refused)
      }
      expect(await decide(asked), 'a blank one').toMatchObject(refused)
      for (const unread of [
        { ...asked, difference: 'x' },
        { ...asked, more: 1n },
      ])
        await expect(decide(unread), 'what its checker cannot read').rejects.toThrow('not-a-proposal')
      await expect(decide(asked, 'another reason'), 'which hides the one that is kept').rejects.toThrow(
        'not-a-proposal',
      )
      // What contradicts is something else by the time that somebody approves.
      await store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 2 WHERE number = 2'))
      expect(await decide(whole)).toMatchObject(refused)
      expect(await states()).toEqual(['reconciled', 'result'])
      await store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 1 WHERE number = 2'))
      expect(await decide(whole)).toMatchObject({ done: true })
      await store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 0'))
      expect(await faultsBut(/alarm/)).toEqual([])
      // Another result than was signed for.
      await store.execute(tx =>
        tx.run("UPDATE day_end_file SET result = CAST(result || x'00' AS BLOB) WHERE number = 2"),
      )
      expect((await faultsBut(/alarm/)).join()).toContain('two people did not accept its result')
    }))

  test('is looked at again each night, and is booked by nobody when nothing contradicts any more', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night('UPDATE day_end_file SET breaks = 1')
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET breaks = 0'))
      expect(await accept(1n)).toMatchObject({ done: false, outcome: 'nothing-contradicts' })
      await night()
      expect(await states()).toEqual(['reconciled', 'reconciled', 'reconciled'])
    }))

  test('by which more was moved than the payee’s accounts have cannot be booked', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night(
        "UPDATE day_end_file SET breaks = 1 WHERE number = 2; UPDATE balance SET posted = 100 WHERE account = 'due-from-bank:harbour'",
      )
      expect(await accept(2n)).toMatchObject({ done: false, outcome: 'cannot-be-booked' })
    }))
})

describe('a result that the payee’s accounts cannot bear', () => {
  test('is an alarm, and later files are built and sent', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night("UPDATE balance SET posted = 100 WHERE account = 'due-from-bank:harbour'")
      await payWith(world, world.vouchers.confirmed, 'two', yuan(5n))
      await night()
      expect(await states()).toEqual(['reconciled', 'result', 'result'])
      expect(await alarmsOf(world.lantern)).toEqual([
        expect.stringContaining('its captures are 1000, and due-from-bank:harbour has 900 too little: 900 is missing'),
      ])
      // The night in which the bank was away.
      expect(troubles.filter(error => !String(error).startsWith('DeadlineExceeded'))).toEqual([])
      expect(await accept(2n)).toMatchObject({ done: false, outcome: 'cannot-be-booked' })
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(0n)
    }))

  test('is booked when two officers book what is missing as a loss, to the fen, and the audit proves that they did', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      // A program of the payee's own took something away that the bank clears.
      const kept = await posted(world.lantern.store, 'due-from-bank:harbour')
      await world.lantern.store.execute(async tx => {
        const [at, amount] = [now({ runtime }), { ...yuan(0n), minor: kept - 100n }]
        const [account, loss] = [accountId('due-from-bank', 'harbour'), accountId('recovery-loss')]
        await openAccount(tx, { chain: mainChain, account: loss, asset: amount.asset, at, businessDate: '2027-01-01' })
        await post(tx, {
          ...{ chain: mainChain, id: 'taken away', at, kind: 'test', businessDate: '2027-01-01' },
          entries: [debit(loss, amount), credit(account, amount)],
        })
      })
      await night()
      const waiting = (await states()).indexOf('result')
      expect(waiting).toBeGreaterThan(0)
      const number = BigInt(waiting + 1)
      const kinds = await world.lantern.store.read(tx => alarms(tx, institutionId('lantern')))
      expect(kinds.map(({ kind }) => kind)).toContain('day-end-not-booked')
      expect(await accept(number)).toMatchObject({ done: false, outcome: 'cannot-be-booked' })
      for (const difference of [899n, 901n])
        expect(await accept(number, { difference })).toMatchObject({ done: false, outcome: 'another-difference' })
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(0n)
      expect(await accept(number, { difference: 900n })).toMatchObject({ done: true, outcome: 'accepted' })
      await settleAll(world)
      await night()
      expect(new Set(await states())).toEqual(new Set(['reconciled']))
      expect(await posted(world.lantern.store, 'recovery-loss')).toBe(kept - 1_000n)
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(
        await posted(world.harbour.store, 'settlement:lantern'),
      )
      const own = async () => await faultsBut(/alarm|the bank holds|identity due-from-bank:harbour: it owes/)
      expect(await own()).toEqual([])
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET decision = NULL'))
      expect(await own()).toContainEqual(expect.stringContaining('two people did not decide on that loss'))
    }))

  test('which pays a refund after all that it had refused, returns it to nobody else', () =>
    runtime.run(async () => {
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night()
      const refund = { intent: intentId('back'), of: { voucher: world.vouchers.confirmed.number }, amount: yuan(6n) }
      expect(await world.lantern.clerk.refund({ ...refund, clerk: 'lin', reason: 'torn' })).toMatchObject({
        outcome: 'refunded',
      })
      await night(
        "UPDATE day_end_line SET break = 'short' WHERE kind = 'refund'; UPDATE day_end_file SET breaks = 1 WHERE number = 3",
      )
      expect(await accept(3n)).toMatchObject({ done: true, outcome: 'accepted' })
      expect(await posted(world.lantern.store, 'returning:harbour')).toBe(0n)
      expect(await posted(world.lantern.store, 'revenue:harbour')).toBe(400n)
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(400n)
    }))
})

describe('a file whose lines are not those of its header', () => {
  const declareVoid = (number: bigint) =>
    bothSign(world.harbour, runtime, world.staff, 'void-file', {
      ...{ payee: 'lantern', number, why: 'its lines were changed on a disk' },
    })
  /** The second file does not add up; the third has come meanwhile. What was changed is put right. */
  const contradict = async () => {
    await night()
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await payWith(world, world.vouchers.confirmed, 'part', yuan(1n))
    onceBuilt = 'UPDATE day_end_line SET minor = minor + 100 WHERE number = 3 AND line = 1'
    await night()
    await world.lantern.store.execute(tx =>
      tx.run('UPDATE day_end_line SET minor = minor - 100 WHERE number = 3 AND line = 1'),
    )
    await payWith(world, world.vouchers.confirmed, 'two', yuan(5n))
    await night()
  }

  test('holds up later files until two officers declare it void; the next file tells its date again', () =>
    runtime.run(async () => {
      await contradict()
      expect(await states()).toEqual(['reconciled', 'reconciled', 'received', 'received'])
      expect(await alarmsOf(world.harbour)).toEqual([expect.stringContaining('its lines are not those of its header')])
      expect(await declareVoid(4n)).toMatchObject({ done: false, outcome: 'nothing-contradicts' })
      expect(await declareVoid(9n)).toMatchObject({ done: false, outcome: 'no-such-file' })
      const reach = (closed: bigint) =>
        world.harbour.store.execute(tx => tx.run('UPDATE clearing_peer SET closed = ?', closed))
      await reach(1n)
      expect(await declareVoid(3n)).toMatchObject({ done: false, outcome: 'payee-out-of-reach' })
      await reach(0n)
      expect(await declareVoid(3n)).toMatchObject({ done: true, outcome: 'void' })
      expect(await declareVoid(3n)).toMatchObject({ done: false, outcome: 'nothing-contradicts' })
      await settleAll(world)
      expect(await states()).toEqual(['reconciled', 'reconciled', 'refused', 'reconciled'])
      expect((await world.lantern.dayEnd.reports()).map(({ state }) => state)).toContain('void')
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(500n)
      await payWith(world, world.vouchers.confirmed, 'three', yuan(2n))
      await night()
      expect(await states()).toEqual(['reconciled', 'reconciled', 'refused', 'reconciled', 'reconciled'])
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_800n)
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(1_800n)
      await night()
      expect(await faultsBut(/alarm (day-end-contradicted|day-end-refused: .* is void)/)).toEqual([])
    }))

  test('is declared void by nobody who has signed for something else, or for what has changed since', () =>
    runtime.run(async () => {
      const { decisions, store } = world.harbour
      const asked = { payee: 'lantern', number: 3n, why: 'its lines were changed on a disk' }
      expect(await decisions.withFacts('void-file', asked), 'the file is still to come').toEqual(asked)
      await contradict()
      const [file] = await store.read(tx =>
        tx.all<{ date: string; hash: Uint8Array }>('SELECT date, hash FROM payee_file WHERE number = 3'),
      )
      const whole = await decisions.withFacts('void-file', asked)
      const facts = whole['facts'] as Readonly<Record<string, unknown>>
      const none = { count: 0n, minor: 0n }
      const others = { reversal: none, termination: none, refund: none }
      expect(facts).toEqual({
        ...{ file: file && toHex(file.hash), date: file?.date, currency: 'CNY', lines: 2n },
        told: { ...others, capture: { count: 2n, minor: 1_100n } },
        read: { ...others, capture: { count: 2n, minor: 1_200n } },
        ...{ differs: ['totals', 'lines'], since: expect.any(BigInt) },
      })
      const sign = (request: Readonly<Record<string, unknown>>) =>
        decide(request, asked.why, { of: world.harbour, staff: world.staff, kind: 'void-file' })
      const refused = { decided: true, done: false, outcome: 'other-facts' }
      for (const other of [{ lines: 3n }, { since: 1n }, { file: '0'.repeat(64) }, { read: facts['told'] }]) {
        const signed = { ...asked, facts: { ...facts, ...other } }
        expect(await decisions.isOvertaken({ kind: 'void-file', request: signed })).toBe(true)
        expect(await sign(signed)).toMatchObject(refused)
      }
      expect(await sign(asked), 'signed before the file had come').toMatchObject(refused)
      expect(await decisions.isOvertaken({ kind: 'void-file', request: asked })).toBe(true)
      await store.execute(tx => tx.run("UPDATE payee_file SET date = '2020-01-01' WHERE number = 3"))
      expect(await sign(whole), 'the books say another date by now').toMatchObject(refused)
      await store.execute(tx => tx.run('UPDATE payee_file SET date = ? WHERE number = 3', file?.date ?? ''))
      const isVoid = () =>
        store.read(tx => tx.all('SELECT number FROM payee_file WHERE void = 1 OR voided_by IS NOT NULL'))
      expect(await isVoid()).toEqual([])
      expect(await decisions.isOvertaken({ kind: 'void-file', request: whole })).toBe(false)
      expect(await sign(whole)).toMatchObject({ done: true, outcome: 'void' })
      expect(await decisions.isOvertaken({ kind: 'void-file', request: whole }), 'it is done').toBe(true)
      await settleAll(world)
      await night()
      await night()
      expect(await faultsBut(/alarm/)).toEqual([])
      await store.execute(async tx => {
        await tx.run('UPDATE payee_file SET lines = 9 WHERE number = 3')
        await tx.run(
          'INSERT INTO contradicted_file SELECT tenant, payee, 1, at, root, totals FROM contradicted_file WHERE number = 3',
        )
      })
      const faults = await faultsBut(/alarm/)
      expect(faults).toContain('harbour: identity file lantern 3: two people did not declare it void')
      expect(faults).toContain('harbour: identity file lantern 1: what was found to contradict in it does not')
    }))

  test('was declared void without facts where a program noted none, and nowhere else', () =>
    runtime.run(async () => {
      await contradict()
      const { decisions, store } = world.harbour
      const request = { payee: 'lantern', number: 3n, why: 'its lines were changed on a disk' }
      const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
      const what = { tenant: 'harbour', kind: 'void-file', request }
      const made = await decisions.propose(signProposal(world.staff.maker, what, drawn))
      if (made.outcome !== 'proposed') throw new Error(made.outcome)
      // As a program of before carried it out.
      await store.execute(async tx => {
        const approval = signApproval(world.staff.checker, made.digest)
        const approved = await Approved.verify(tx, 'harbour', approval, () => ['officer'], drawn.at)
        if (!(approved instanceof Approved)) throw new Error(approved.outcome)
        await approved.note(tx, 'harbour', drawn.at)
        await tx.run('UPDATE payee_file SET void = 1, voided_by = ? WHERE number = 3', made.digest)
      })
      const books = await store.snapshot()
      const found = async (sql: string) => {
        const database = openMemory(books)
        database.exec('DROP TRIGGER contradicted_file_stands_for_ever')
        database.exec(sql)
        const snapshot = serialize(database)
        database.close()
        const identity = voidFiles({ tenant: 'harbour', chain: mainChain })
        return (await readSnapshot({ snapshot }, identity)).map(({ what }) => what)
      }
      expect(await found('DELETE FROM contradicted_file')).toEqual([])
      expect(await found('SELECT 1')).toEqual(['two people did not declare it void'])
      const byOthers = "DELETE FROM contradicted_file; UPDATE payee_file SET voided_by = 'x' WHERE void = 1"
      expect(await found(byOthers)).toEqual(['two people did not declare it void'])
    }))

  test('is told again by nobody twice, and the audit finds what nobody declared or told', () =>
    runtime.run(async () => {
      await contradict()
      await declareVoid(3n)
      await settleAll(world)
      await night()
      await night()
      const retelling = await world.lantern.store.read(tx =>
        tx.all('SELECT number, retells, lines FROM day_end_file WHERE retells IS NOT NULL'),
      )
      expect(retelling).toEqual([{ number: 5n, retells: 3n, lines: 2n }])
      await world.harbour.store.execute(tx => tx.run("UPDATE payee_file SET voided_by = 'x' WHERE void = 1"))
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET retells = 1 WHERE number = 5'))
      await world.lantern.store.execute(tx =>
        tx.run("UPDATE day_end_file SET state = 'refused', held = 0 WHERE number = 4"),
      )
      const faults = await faultsBut(/alarm/)
      for (const what of ['did not declare it void', 'nobody declared void'])
        expect(faults).toContainEqual(expect.stringContaining(what))
    }))
})

const faultsBut = async (expected: RegExp) => (await faultsOf(world)).filter(fault => !expected.test(fault))
