/** Day-end files of a payee whose books went back in time: it takes what its bank holds, and goes on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { alarms } from '../../../src/alarm.ts'
import { decodeResult, encodeResult } from '../../../src/clearing/result.ts'
import { signApproval, signProposal } from '../../../src/keys/approval.ts'
import { mainChain } from '../../../src/ledger/journal.ts'
import { credit, debit, post } from '../../../src/ledger/post.ts'
import { refOf, rowOf } from '../../../src/merchant/clearing/refs.ts'
import { forgetBreaks, takeBreaks } from '../../../src/merchant/clearing/result.ts'
import type { Payment } from '../../../src/merchant/merchant.ts'
import { paidOutBy, type Shop, settledAt } from '../../../src/merchant/shop.ts'
import { type Money, money, yuan } from '../../../src/money.ts'
import { now, randomId } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { bankFiles, buy, manyPayments, payeeFiles, payWith, settleAll, terminate } from '../../support/day-end.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { owedBetween, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let runtime: VirtualRuntime
let world: World
let isCut = () => false
const troubles: unknown[] = []

beforeEach(async () => {
  isCut = () => false
  troubles.length = 0
  runtime = new VirtualRuntime({ seed: 29 })
  const weather = { next: () => (isCut() ? { lost: 'there' as const } : {}) }
  world = await runtime.run(() => openWorld({ runtime, weather, troubled: error => troubles.push(error) }))
})
afterEach(() => runtime.run(() => world.close()))

const day = 86_400_000

async function night(): Promise<void> {
  runtime.jumpWallClock(day)
  await world.lantern.nightly()
  await world.harbour.nightly()
  await settleAll(world)
}

async function putBack(books: Uint8Array): Promise<void> {
  await world.putBack('merchant', books)
  expect(await world.lantern.recovery.begun).toBe('closed')
  await settleAll(world)
}

/** The bank cannot be asked yet. */
async function putBackCutOff(books: Uint8Array): Promise<void> {
  isCut = () => true
  await world.putBack('merchant', books)
  await world.lantern.recovery.open
}

/** The bank has it in a file of a day that is over, and the books know nothing of it any more. */
async function payAndLose(amount: Money): Promise<void> {
  const before = await world.lantern.store.snapshot()
  await payWith(world, world.vouchers.confirmed, 'lost', amount)
  await night()
  await putBackCutOff(before)
}

async function reachedAgain(): Promise<void> {
  isCut = () => false
  await runtime.sleep(60_000)
  await settleAll(world)
  await night()
}

const release = () => bothSign(world.lantern, runtime, world.shopStaff, 'release-recovery', {})
const takeHeld = () => bothSign(world.lantern, runtime, world.shopStaff, 'take-held', { bank: 'harbour' })
const states = async () => (await payeeFiles(world.lantern.store)).map(({ state }) => state)
const kindsAt = (which: 'lantern' | 'harbour') =>
  world[which].store.read(async tx => (await alarms(tx, institutionId(which))).map(({ kind }) => kind))
const lost = (what: string) => world.lantern.store.read(tx => tx.all<{ minor: bigint }>(what))

/** Both ends have the same files, all of them done, and owe each other the same. */
async function expectAllSettled(): Promise<void> {
  const hashes = (store: World['lantern']['store'], table: string) =>
    store.read(tx => tx.all(`SELECT number, date, hex(hash) AS hash FROM ${table} ORDER BY number`))
  expect(await hashes(world.lantern.store, 'day_end_file')).toEqual(await hashes(world.harbour.store, 'payee_file'))
  expect(new Set(await states())).toEqual(new Set(['reconciled']))
  expect(new Set((await bankFiles(world.harbour.store)).map(({ state }) => state))).toEqual(new Set(['result sent']))
  const { float, due } = await owedBetween(world.harbour, world.lantern)
  expect(due).toBe(float)
  expect(await posted(world.lantern.store, 'settled:harbour')).toBe(
    await posted(world.harbour.store, 'settlement:lantern'),
  )
  expect(await world.audited()).toEqual([])
  for (const which of ['lantern', 'harbour'] as const) {
    expect(await kindsAt(which)).not.toContain('other-file')
    expect(await kindsAt(which)).not.toContain('day-end-refused')
    expect(await kindsAt(which)).not.toContain('day-end-contradicted')
  }
  expect(troubles).toEqual([])
}

describe('a payee whose books went back to before files that its bank holds', () => {
  test('takes them with their payments, ended vouchers and refunds, and its next file is the bank’s next', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      await night()
      await payWith(world, confirmed, 'kept', yuan(3n))
      const before = await world.lantern.store.snapshot()
      await payWith(world, confirmed, 'lost', yuan(10n))
      const ended = await buy(world, 'ended', yuan(20n))
      await payWith(world, ended, 'lost, too', yuan(1n))
      await terminate(world, ended.number, 1_900n)
      await night()
      const refund = { intent: intentId('refund'), of: { voucher: confirmed.number }, amount: yuan(2n) }
      await world.lantern.clerk.refund({ ...refund, clerk: 'lin', reason: 'torn' })
      await night()
      const buyer = await world.bank.balance(ended.buyer)

      await putBack(before)
      expect(await posted(world.lantern.store, `voucher-liability:${confirmed.number}`)).toBe(3_700n)
      expect(await posted(world.lantern.store, `voucher-liability:${ended.number}`)).toBe(0n)
      expect(await posted(world.lantern.store, 'revenue:harbour')).toBe(1_200n)
      await expectAllSettled()
      expect(await release()).toMatchObject({ done: true })
      await payWith(world, confirmed, 'since', yuan(4n))
      await night()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_600n)
      expect(await world.bank.balance(ended.buyer), 'nothing came back twice').toEqual(buyer)
      await expectAllSettled()
    }))

  test('tells the bank of what was paid on those dates since, though the rows have numbers that it has seen', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      const before = await world.lantern.store.snapshot()
      await payWith(world, confirmed, 'lost', yuan(10n))
      await night()
      // The bank is away: nobody can say yet that anything is lost.
      await putBackCutOff(before)
      runtime.jumpWallClock(-day)
      await payWith(world, confirmed, 'since', yuan(5n))
      runtime.jumpWallClock(day)
      await world.lantern.nightly()
      expect(await states(), 'no file begins for a bank that has not said what it holds').toEqual([])
      await reachedAgain()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_500n)
      expect(await posted(world.lantern.store, `voucher-liability:${confirmed.number}`)).toBe(3_500n)
      await expectAllSettled()
    }))

  test('answers whoever asks again under the id of a lost payment as done, and is paid once', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      const before = await world.lantern.store.snapshot()
      await payWith(world, confirmed, 'lost', yuan(10n))
      await night()
      await putBack(before)
      await release()
      const { merchant } = world
      const { number, password } = confirmed
      const opening = await merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      const ask = (amount: Money) => merchant.pay({ intent: intentId('lost'), session, amount })
      const paid = await ask(yuan(10n))
      expect(paid).toMatchObject({ outcome: 'paid', amount: yuan(10n), remaining: yuan(40n) })
      expect(await ask(yuan(10n)), 'as often as it is asked').toEqual(paid)
      expect(await ask(yuan(11n)), 'for another amount it is another request').toEqual({ outcome: 'intent-reused' })
      const resolved = await merchant.resolve({ intent: intentId('lost'), principal: number })
      const { reference } = paid as Extract<Payment, { outcome: 'paid' }>
      expect(resolved).toMatchObject({ outcome: 'done', kind: 'payment', amount: yuan(10n), reference })
      expect(await merchant.findPayment({ session, reference })).toMatchObject({
        outcome: 'found',
        remaining: yuan(40n),
      })
      expect(await merchant.lastPayments(session, 5)).toMatchObject({ payments: [{ amount: yuan(10n), reference }] })
      expect(await posted(world.lantern.store, `voucher-liability:${number}`)).toBe(4_000n)
      await night()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_000n)
      await expectAllSettled()
    }))

  test('takes a payment that was asked for again under its id, before the bank could be asked, for the lost one', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      await payAndLose(yuan(10n))
      await payWith(world, confirmed, 'lost', yuan(10n))
      await payWith(world, confirmed, 'since', yuan(2n))
      await reachedAgain()
      expect(await posted(world.lantern.store, `voucher-liability:${confirmed.number}`)).toBe(3_800n)
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_200n)
      await expectAllSettled()
    }))

  test('waits for two people where the value was spent again, and goes on with their word', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      await payAndLose(yuan(30n))
      await payWith(world, confirmed, 'spent again', yuan(40n))
      await reachedAgain()
      await world.lantern.dayEnd.reportLate()
      expect(await kindsAt('lantern')).toContain('day-end-lost')
      expect(new Set(await states())).toEqual(new Set(['reconciled', 'result']))
      expect(await takeHeld()).toMatchObject({ done: true, outcome: 'taken' })
      await settleAll(world)
      await night()
      expect(await takeHeld()).toMatchObject({ done: false, outcome: 'nothing-waits' })
      // The bank pays up to the voucher's face, and refuses the rest.
      expect(await lost(`SELECT minor FROM day_end_line WHERE break = 'amount'`)).toEqual([{ minor: 4_000n }])
      expect(await posted(world.lantern.store, 'recovery-loss')).toBe(3_000n)
      await expectAllSettled()
    }))

  test('is let go on by nobody who has signed for other lines, or for another loss', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      await payAndLose(yuan(30n))
      await payWith(world, confirmed, 'spent again', yuan(40n))
      const again = await world.lantern.store.snapshot()
      await reachedAgain()
      const [{ maker, checker }, asked] = [world.shopStaff, { bank: 'harbour' }]
      const signed = async (request: unknown) => {
        const drawn = { at: now({ runtime }), nonce: randomId(runtime) }
        const what = { tenant: 'lantern', kind: 'take-held', request }
        const made = await world.lantern.decisions.propose(signProposal(maker, what, drawn))
        if (made.outcome !== 'proposed') throw new Error(made.outcome)
        return signApproval(checker, made.digest)
      }
      const refused = { decided: true, done: false, outcome: 'other-facts' }
      const approve = async (request: unknown) => world.lantern.decisions.approve(await signed(request))
      const whole = await world.lantern.decisions.withFacts('take-held', asked)
      expect(whole).toMatchObject({ facts: { files: 1n, lines: 1n, lost: 3_000n, owed: 0n, refunded: 0n, epoch: 2n } })
      // Each line, as it will be booked: both read it in what they sign.
      const { number } = confirmed
      const voucher = `${number.slice(0, 4)}…${number.slice(-4)}`
      const line = { file: 2n, line: 1n, kind: 'capture', minor: 3_000n, voucher, from: 'recovery-loss' }
      const does = [{ ...line, to: 'revenue:harbour', becomes: 'lost' }]
      expect(whole['facts']).toMatchObject({ does })
      expect(
        String((whole['facts'] as { does: readonly { from: string }[] }).does.map(({ from }) => from)),
      ).not.toContain(number)
      expect(await posted(world.lantern.store, 'recovery-loss'), 'it was looked at, and not done').toBe(0n)
      expect(await approve(asked), 'a blank one').toMatchObject(refused)
      const facts = whole['facts'] as Readonly<Record<string, unknown>>
      for (const other of [{ lost: 2_999n }, { epoch: 1n }, { lines: 2n }, { held: '0'.repeat(64) }, { does: [] }])
        expect(await approve({ ...asked, facts: { ...facts, ...other } })).toMatchObject(refused)
      // Books that went back once more are asked again: what was signed of the first answer is no leave for the second.
      await putBackCutOff(again)
      await reachedAgain()
      expect(await approve(whole)).toMatchObject(refused)
      expect(await takeHeld()).toMatchObject({ done: true, outcome: 'taken' })
      await settleAll(world)
      await night()
      await expectAllSettled()
      // Another decision of two people is no leave for a loss.
      await bothSign(world.lantern, runtime, world.shopStaff, 'add-person', {
        name: 'Li Na',
        role: 'teller',
        publicKey: new Uint8Array(32).fill(7),
      })
      const { lantern } = world
      const other = '(SELECT digest FROM approval ORDER BY approved_at DESC LIMIT 1)'
      await lantern.store.execute(tx =>
        tx.run(`UPDATE day_end_recall SET decision = ${other} WHERE decision IS NOT NULL`),
      )
      expect((await world.audited()).join()).toContain('two people did not decide to go on from what it holds')
      expect((await world.audited()).join()).toContain('two people did not decide on that loss')
    }))

  test('gets a void one where the bank never had all of its lines, and tells what it still has of its date', () =>
    runtime.run(async () => {
      await night()
      const { confirmed } = world.vouchers
      await payWith(world, confirmed, 'told', yuan(3n))
      const before = await world.lantern.store.snapshot()
      await manyPayments(world, confirmed.number, 4_000)
      const large = () => world.mail.carried.filter(({ to, bytes }) => to === 'harbour' && bytes.length > 10_000).length
      isCut = () => large() > 1
      runtime.jumpWallClock(day)
      await world.lantern.nightly()
      await runtime.sleep(20_000)
      expect((await bankFiles(world.harbour.store)).map(({ state }) => state)).toContain('receiving')
      isCut = () => false
      await putBack(before)
      for (const { dayEnd } of [world.lantern, world.harbour])
        expect((await dayEnd.reports()).map(({ state }) => state)).toContain('void')
      await night()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(300n)
      expect(await states()).toEqual(['reconciled', 'reconciled', 'refused', 'reconciled'])
      expect(await world.audited()).toEqual([])
      const { float, due } = await owedBetween(world.harbour, world.lantern)
      expect(due).toBe(float)
    }))

  test('begins its files anew where the bank sells nothing of it any more, and refuses to be asked', () =>
    runtime.run(async () => {
      const before = await world.lantern.store.snapshot()
      await night()
      await world.reconfigureBank({ payees: [] })
      await putBack(before)
      expect(await lost(`SELECT count(*) AS minor FROM day_end_recall WHERE state = 'told'`)).toEqual([{ minor: 1n }])
      await night()
      expect(await states()).toContain('refused')
    }))

  test('twice', () =>
    runtime.run(async () => {
      const { confirmed, unconfirmed } = world.vouchers
      const before = await world.lantern.store.snapshot()
      await payWith(world, confirmed, 'first', yuan(10n))
      await night()
      await putBack(before)
      await release()
      await payWith(world, unconfirmed, 'second', yuan(7n))
      await night()
      await putBack(before)
      await release()
      await payWith(world, confirmed, 'third', yuan(1n))
      await night()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_800n)
      await expectAllSettled()
    }))
})

describe('a bank whose books went back to before a file that it had posted', () => {
  const again = async (books: Uint8Array) => {
    await world.putBack('bank', books)
    expect(await world.harbour.recovery.begun).toBe('closed')
    await settleAll(world)
    await bothSign(world.harbour, runtime, world.staff, 'release-recovery', {})
    await settleAll(world)
  }
  const retold = () => lost('SELECT number AS minor FROM day_end_file WHERE retold IS NOT NULL')

  test('posts it once more; its second result is kept beside the first, and the next goes on', () =>
    runtime.run(async () => {
      const { confirmed } = world.vouchers
      const before = await world.harbour.store.snapshot()
      await payWith(world, confirmed, 'one', yuan(10n))
      await night()
      await again(before)
      expect(await retold()).not.toEqual([])
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_000n)
      await payWith(world, confirmed, 'two', yuan(4n))
      await night()
      expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_400n)
      expect(await kindsAt('lantern')).not.toContain('day-end-lost')
      await expectAllSettled()
    }))

  test('and makes less of it: people hear of that, and later files are settled', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      const sold = await buy(world, 'lost there', yuan(20n))
      await payWith(world, sold, 'one', yuan(10n))
      await night()
      await again(before)
      expect(await kindsAt('lantern')).toContain('day-end-lost')
      await payWith(world, world.vouchers.confirmed, 'two', yuan(4n))
      await night()
      expect(new Set(await states())).toEqual(new Set(['reconciled']))
      expect(await posted(world.lantern.store, 'settled:harbour'), 'its first word stands').toBe(1_400n)
      expect(await kindsAt('lantern')).not.toContain('other-file')
      expect(await world.audited()).toEqual([])
    }))

  /** ¥40.00 are cleared; ¥39.00 of them are paid out after the copy of the books that are put back. */
  const payOut = () =>
    bothSign(world.harbour, runtime, world.staff, 'pay-out', {
      ...{ payee: 'lantern', account: world.customers.dora.account, minor: 3_900n },
    })
  const paidOutAndLost = async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(40n))
    await night()
    const before = await world.harbour.store.snapshot()
    expect(await payOut()).toMatchObject({ done: true })
    await night()
    await night()
    expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(3_900n)
    await again(before)
    expect(await kindsAt('lantern')).toContain('day-end-lost')
  }

  test('and before a payout: people hear of it, and it is settled again until it is paid out once more', () =>
    runtime.run(async () => {
      await paidOutAndLost()
      expect(await payOut()).toMatchObject({ done: true })
      await payWith(world, world.vouchers.confirmed, 'two', yuan(4n))
      await night()
      expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(3_900n)
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(500n)
      await payWith(world, world.vouchers.confirmed, 'three', yuan(1n))
      await night()
      expect(await posted(world.lantern.store, 'settled:harbour')).toBe(600n)
      await expectAllSettled()
      await world.lantern.store.execute(tx => tx.run('UPDATE day_end_file SET retold = NULL'))
      expect(await world.audited()).toContainEqual(expect.stringContaining('has told nothing again'))
    }))

  test('and before a payout that nobody makes again: the payee has it with the bank, as the bank says', () =>
    runtime.run(async () => {
      await paidOutAndLost()
      await night()
      expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(0n)
      await expectAllSettled()
    }))

  test('and another copy after it: each time the payee has paid out what the bank has', () =>
    runtime.run(async () => {
      await paidOutAndLost()
      const before = await world.harbour.store.snapshot()
      expect(await payOut()).toMatchObject({ done: true })
      await night()
      expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(3_900n)
      await again(before)
      await night()
      expect(await posted(world.lantern.store, 'paid-out:harbour')).toBe(0n)
      await expectAllSettled()
    }))

  test('and what nobody took back of its payouts is found, though the file was told again', () =>
    runtime.run(async () => {
      const before = await world.harbour.store.snapshot()
      await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
      await night()
      await night()
      await again(before)
      expect(await world.audited()).toEqual([])
      const last = (await retold()).at(-1)?.minor
      await world.lantern.store.execute(async tx => {
        const [harbour, at] = [institutionId('harbour'), now({ runtime })]
        const posting = {
          chain: mainChain,
          id: `day-end harbour ${last} payouts-retold`,
          kind: 'day-end-payouts-retold',
        }
        await post(tx, {
          ...{ ...posting, at, businessDate: '2027-01-01' },
          entries: [debit(paidOutBy(harbour), money(1n)), credit(settledAt(harbour), money(1n))],
        })
      })
      expect(await world.audited()).toContainEqual(expect.stringContaining('were booked as -1, and are 0'))
    }))

  test('another result of a bank that has lost nothing is an alarm', () =>
    runtime.run(async () => {
      await night()
      await world.harbour.store.execute(async tx => {
        const [file] = await tx.all<{ statement: Uint8Array }>('SELECT statement FROM payee_file WHERE number = 1')
        const other = encodeResult({ ...decodeResult(file?.statement ?? new Uint8Array()), postedOn: '2020-01-01' })
        await tx.run(`UPDATE payee_file SET state = 'posted', statement = ? WHERE number = 1`, other)
      })
      world.harbour.dayEnd.wake()
      await settleAll(world)
      expect(await kindsAt('lantern')).toContain('other-file')
      expect(await retold()).toEqual([])
    }))
})

test('a refund of books that went back, refused by its bank, can be asked for once more', () =>
  runtime.run(async () => {
    const { confirmed } = world.vouchers
    await payWith(world, confirmed, 'one', yuan(10n))
    await night()
    const before = await world.lantern.store.snapshot()
    await night()
    await putBack(before)
    await release()
    const refund = (name: string) =>
      world.lantern.clerk.refund({
        ...{
          intent: intentId(name),
          of: { voucher: confirmed.number },
          amount: yuan(10n),
          clerk: 'lin',
          reason: 'torn',
        },
      })
    expect(await refund('first')).toMatchObject({ outcome: 'refunded' })
    // Everything is paid out: there is nothing to pay it from.
    const account = world.customers.dora.account
    expect(
      await bothSign(world.harbour, runtime, world.staff, 'pay-out', { payee: 'lantern', account, minor: 1_000n }),
    ).toMatchObject({ done: true })
    await night()
    expect(
      await lost(`SELECT minor FROM day_end_line WHERE kind = 'refund' AND break = 'short' AND ref <> journal_row`),
    ).toEqual([{ minor: 1_000n }])
    await payWith(world, confirmed, 'two', yuan(20n))
    await night()
    expect(await refund('second')).toMatchObject({ outcome: 'refunded' })
    expect(
      await world.lantern.clerk.refund({
        ...{
          intent: intentId('third'),
          of: { voucher: confirmed.number },
          amount: yuan(20n),
          clerk: 'lin',
          reason: 'torn',
        },
      }),
    ).toMatchObject({ outcome: 'refunded' })
    await night()
    expect(await world.audited()).toEqual([])
  }))

test('breaks that a bank told by a letter which it has lost are forgotten, until it has told a result', () =>
  runtime.run(async () => {
    await payWith(world, world.vouchers.confirmed, 'one', yuan(10n))
    await payWith(world, world.vouchers.confirmed, 'two', yuan(1n))
    isCut = () => true
    runtime.jumpWallClock(day)
    await world.lantern.nightly()
    await world.lantern.dayEnd.idle()
    const [lantern, harbour] = [institutionId('lantern'), institutionId('harbour')]
    const shop = { config: { id: lantern }, house: lantern } as Shop
    const file = await lost("SELECT max(number) AS minor FROM day_end_file WHERE state = 'sent'")
    const number = file[0]?.minor ?? 0n
    const breaks = () =>
      world.lantern.store.read(tx =>
        tx.all('SELECT line, break FROM day_end_line WHERE break IS NOT NULL ORDER BY line'),
      )
    const count = () => lost('SELECT sum(breaks) AS minor FROM day_end_file')
    const [first, second] = [1n, 2n].map(sequence => ({ epoch: 1n, sequence }))
    if (first === undefined || second === undefined) throw new Error('there are two')
    const { store } = world.lantern
    const take = (line: bigint, place: typeof first) =>
      store.execute(tx => takeBreaks(tx, shop, harbour, { number, breaks: [[line, 'short']] }, place))
    expect(await take(1n, first)).toEqual({ outcome: 'accepted' })
    expect(await take(2n, second)).toEqual({ outcome: 'accepted' })
    await store.execute(tx => forgetBreaks(tx, shop, harbour, second))
    expect(await breaks()).toEqual([{ line: 1n, break: 'short' }])
    expect(await count()).toEqual([{ minor: 1n }])
    await store.execute(tx => tx.run(`UPDATE day_end_file SET result = x'00' WHERE number = ?`, number))
    await store.execute(tx => forgetBreaks(tx, shop, harbour, first))
    expect(await count()).toEqual([{ minor: 1n }])
  }))

test('a row is named by its number, and in a later epoch by that and the epoch', () => {
  const starts = [
    { epoch: 2n, seq: 100n },
    { epoch: 3n, seq: 80n },
  ]
  expect([80n, 81n, 101n].map(row => refOf(starts, row))).toEqual([80n, (2n << 40n) + 81n, (2n << 40n) + 101n])
  expect(refOf(starts.slice(0, 1), 101n)).toBe((1n << 40n) + 101n)
  expect(refOf(starts.slice(0, 1), 100n)).toBe(100n)
  expect(rowOf(refOf(starts, 101n))).toBe(101n)
})
