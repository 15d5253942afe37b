/** An account is closed, and one has limits of its own: by two people, with what follows from it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { signProposal } from '../../../src/keys/approval.ts'
import { money, yuan } from '../../../src/money.ts'
import { randomId } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { payeeFiles, settleAll } from '../../support/day-end.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 77 })
  world = await runtime.run(() => openWorld({ runtime }))
})
afterEach(() => runtime.run(() => world.close()))

const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)
const close = (account: string) => decide('close-account', { account })

describe('a closed account', () => {
  test('is paid out in cash, and nobody signs in to it: it is as if it had never been', () =>
    runtime.run(async () => {
      const { account, pin } = world.customers.ada
      const before = [await world.bank.balance(account), await posted(world.harbour.store, 'vault')] as const
      expect(await close(account)).toMatchObject({ done: true, outcome: 'closed' })
      expect((await world.bank.balance(account)).minor).toBe(0n)
      expect(await posted(world.harbour.store, 'vault')).toBe(before[1] - before[0].minor)
      const signIn = (account: typeof world.unknownAccount) =>
        world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })
      expect(await signIn(account)).toEqual(await signIn(world.unknownAccount))
      expect(await world.bank.findAccount(account)).toBeUndefined()
      const { cai } = world.customers
      const order = {
        intent: intentId('t'),
        from: cai.account,
        to: account,
        amount: yuan(1n),
        channel: 'telephone',
      } as const
      expect(await world.bank.transfer(order)).toEqual({ outcome: 'unknown-account' })
      for (const [kind, request] of [
        ['pay-in', { account, minor: 100n }],
        ['reset-pin', { account }],
        ['close-account', { account }],
        ['set-limit', { account, channel: 'every', perItem: 1n, perDay: 1n }],
      ] as const)
        expect(await decide(kind, request)).toMatchObject({ done: false, outcome: 'unknown-account' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('leaves its vouchers alive; what comes back of them waits in suspense', () =>
    runtime.run(async () => {
      await close(world.customers.ada.account)
      const { number, password } = world.vouchers.confirmed
      const opening = await world.merchant.openVoucher({ number, password: new Secret(password), origin: aPhone })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      const { session } = opening
      const paid = await world.merchant.pay({ intent: intentId('p'), session, amount: yuan(10n) })
      expect(paid.outcome).toBe('paid')
      await world.merchant.endVoucher({ intent: intentId('e'), session })
      runtime.jumpWallClock(86_400_000)
      await world.lantern.nightly()
      await settleAll(world)
      expect((await payeeFiles(world.lantern.store)).at(-1)).toMatchObject({ state: 'reconciled' })
      expect(await posted(world.harbour.store, 'suspense')).toBe(4_000n)
      expect((await faultsOf(world)).filter(fault => !fault.includes('day-end-breaks'))).toEqual([])
    }))

  test('is not closed while its holder’s block stands', () =>
    runtime.run(async () => {
      const { account } = world.customers.cai
      await world.bank.block({ intent: intentId('b'), account, what: 'account', channel: 'telephone' })
      expect(await close(account)).toMatchObject({ done: false, outcome: 'account-blocked' })
    }))
})

test('limits that two people set for an account count instead of the bank’s, the latest of each channel', () =>
  runtime.run(async () => {
    const { account: from } = world.customers.cai
    const to = world.customers.bo.account
    const set = (channel: string, perItem: bigint, perDay: bigint) =>
      decide('set-limit', { account: from, channel, perItem, perDay })
    const send = (name: string, whole: bigint) =>
      world.bank.transfer({ intent: intentId(name), from, to, amount: yuan(whole), channel: 'telephone' })
    expect(await set('telephone', 2_000n, 1_000n)).toMatchObject({ done: false, outcome: 'no-limit' })
    expect(await set('telephone', 1_000n, 1_500n)).toMatchObject({ done: true, outcome: 'limit-set' })
    expect(await send('a', 11n)).toEqual({ outcome: 'limit-exceeded', limit: money(1_000n) })
    expect(await send('b', 10n)).toMatchObject({ outcome: 'transferred' })
    expect(await send('c', 6n)).toEqual({ outcome: 'limit-exceeded', limit: money(1_500n) })
    await set('telephone', 2_000n, 4_000n)
    expect(await send('d', 20n)).toMatchObject({ outcome: 'transferred' })
    const bos = { intent: intentId('e'), from: to, to: from, amount: yuan(11n), channel: 'telephone' } as const
    expect(await world.bank.transfer(bos)).toMatchObject({ outcome: 'transferred' })
    const order = { buyer: from, payee: institutionId('lantern'), amount: yuan(50n), channel: 'telephone' } as const
    expect(await world.bank.sellVoucher({ intent: intentId('s'), ...order })).toMatchObject({
      outcome: 'limit-exceeded',
    })
    expect(await faultsOf(world)).toEqual([])
  }))

test('why something is proposed is signed with it, and read by whoever approves', () =>
  runtime.run(async () => {
    const { maker } = world.staff
    const what = { tenant: 'harbour', kind: 'close-account', request: { account: world.customers.bo.account } }
    const drawn = { at: runtime.wallNow(), nonce: randomId(runtime) }
    await world.harbour.decisions.propose(signProposal(maker, { ...what, why: 'moves to another city' }, drawn))
    expect(await world.harbour.decisions.waiting()).toMatchObject([{ why: 'moves to another city', maker: maker.name }])
  }))

test.each([
  [
    'a closed account with money',
    `UPDATE balance SET posted = 1 WHERE account = 'deposit:' || (SELECT account FROM closed_account)`,
    'the account is closed',
  ],
  [
    'a payout of nothing',
    `INSERT INTO closed_account SELECT tenant, account, 'y', 0, 7 FROM bank_customer WHERE account NOT IN (SELECT account FROM closed_account) LIMIT 1`,
    'was not paid out so',
  ],
  [
    'an account that nobody closed',
    `INSERT INTO closed_account SELECT tenant, account, 'x', 0, 0 FROM bank_customer WHERE account NOT IN (SELECT account FROM closed_account) LIMIT 1`,
    'did not decide to close it',
  ],
  [
    'a limit that nobody set',
    `INSERT INTO account_limit SELECT tenant, account, 'every', 1, 9, 9, 'x', 0 FROM bank_customer LIMIT 1`,
    'did not decide on its limit',
  ],
])('the audit finds %s', (_, tampering, found) =>
  runtime.run(async () => {
    await close(world.customers.ada.account)
    await world.harbour.store.execute(tx => tx.run(tampering))
    expect(await faultsOf(world)).toContainEqual(expect.stringContaining(found))
  }),
)
