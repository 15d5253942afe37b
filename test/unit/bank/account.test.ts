import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { signApproval, signProposal } from '../../../src/keys/approval.ts'
import { keptHeads } from '../../../src/ledger/signed-heads.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, firstPinOf, intentId } from '../../support/ids.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
let life: MortalRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 2 })
  life = new MortalRuntime(runtime)
  world = await openWorld({ runtime, bankRuntime: life })
})
afterEach(() => world.close())

const signIn = (account: AccountNumber, pin: string) =>
  world.bank.signIn({ account, pin: new Secret(pin), origin: aPhone })

describe('signing in', () => {
  test('with the right PIN tells who it is, and the language of earlier calls', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      expect(await signIn(ada.account, ada.pin)).toEqual({
        outcome: 'signed-in',
        customer: { account: ada.account, pinGeneration: 1n, name: ada.name, language: undefined },
        returned: [],
      })
      await world.bank.rememberLanguage({ account: ada.account, language: 'zh' })
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ customer: { language: 'zh' } })
    }))

  test.each(['an account', 'no account'])('three wrong PINs close %s, over restarts', whose =>
    runtime.run(async () => {
      const account = whose === 'an account' ? world.customers.ada.account : world.unknownAccount
      expect(await signIn(account, '555501')).toEqual({ outcome: 'refused', triesLeft: 2 })
      await world.restart('bank')
      expect(await signIn(account, '555502')).toEqual({ outcome: 'refused', triesLeft: 1 })
      expect(await signIn(account, '555503')).toEqual({ outcome: 'closed', forMs: 5 * 60_000 })
      await world.restart('bank')
      expect(await signIn(account, world.customers.ada.pin)).toMatchObject({ outcome: 'closed' })
    }),
  )

  test('success gives all tries back', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      await signIn(ada.account, '555501')
      await signIn(ada.account, '555502')
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'signed-in' })
      expect(await signIn(ada.account, '555503')).toEqual({ outcome: 'refused', triesLeft: 2 })
    }))

  test('a crowd that guesses at once gets three tries, not more', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => signIn(ada.account, String(555_500 + i))))
      const looked = answers.filter(({ outcome }) => outcome === 'refused')
      expect(looked).toHaveLength(2)
      expect(answers.filter(({ outcome }) => outcome === 'busy').length).toBeGreaterThan(0)
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'closed' })
    }))

  test('who comes while another try is looked at waits for its result', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      await signIn(ada.account, '555501')
      await signIn(ada.account, '555502')
      // One slot is left, and both have the right PIN: the first gives the tries back before the second takes one.
      const both = await Promise.all([signIn(ada.account, ada.pin), signIn(ada.account, ada.pin)])
      expect(both.map(({ outcome }) => outcome)).toEqual(['signed-in', 'signed-in'])
    }))

  test('a death before the comparison has still used up the try', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      for (let i = 0; i < 3; i++) {
        const next = new MortalRuntime(runtime)
        await world.restart('bank', next)
        next.dieAt('pin.slot-taken')
        await expect(signIn(ada.account, ada.pin)).rejects.toThrow('killed')
      }
      await world.restart('bank')
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'closed' })
    }))
})

describe('changing the PIN', () => {
  const change = (name: string, next: string, session = firstPinOf(world.customers.ada.account)) =>
    world.bank.changePin({
      intent: intentId(name),
      session,
      next: new Secret(next),
      origin: aPhone,
    })

  test('the new one counts, the old one no more', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const session = { account: ada.account, pinGeneration: 2n }
      expect(await change('1', '918273')).toEqual({ outcome: 'changed', session })
      expect(await change('1', '918273')).toEqual({ outcome: 'changed', session })
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'refused' })
      expect(await signIn(ada.account, '918273')).toMatchObject({ outcome: 'signed-in' })
      expect(await world.bank.resolve({ intent: intentId('1'), principal: ada.account })).toEqual({
        outcome: 'done',
        kind: 'pin-change',
      })
    }))

  test('ends every other session of the account, and what they would change, too', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      const signed = await signIn(ada.account, ada.pin)
      if (signed.outcome !== 'signed-in') throw new Error(signed.outcome)
      expect(await world.bank.isSignedIn(signed.customer)).toBe(true)
      const changed = await change('1', '918273', signed.customer)
      if (changed.outcome !== 'changed') throw new Error(changed.outcome)
      expect(await world.bank.isSignedIn(signed.customer)).toBe(false)
      expect(await world.bank.isSignedIn(changed.session)).toBe(true)
      expect(await change('2', '528639', signed.customer)).toEqual({ outcome: 'session-ended' })
      expect(await world.bank.resolve({ intent: intentId('2'), principal: ada.account })).toEqual({
        outcome: 'not-done',
      })
      expect(await signIn(ada.account, '918273')).toMatchObject({ outcome: 'signed-in' })
    }))

  test('at a branch ends all of them; closing the account does, too', () =>
    runtime.run(async () => {
      const { ada, bo } = world.customers
      await bothSign(world.harbour, runtime, world.staff, 'reset-pin', { account: ada.account })
      expect(await world.bank.isSignedIn(firstPinOf(ada.account))).toBe(false)
      expect(await world.bank.isSignedIn({ account: ada.account, pinGeneration: 2n })).toBe(true)
      expect(await world.bank.isSignedIn(firstPinOf(bo.account))).toBe(true)
      expect(await world.bank.isSignedIn(firstPinOf(world.unknownAccount))).toBe(false)
    }))

  test('what a thief tries first is refused', () =>
    runtime.run(async () => {
      for (const easy of ['000000', '123456', world.customers.ada.account.slice(3, 9), '12345', '900512']) {
        expect(await change(easy, easy)).toEqual({ outcome: 'too-easy' })
      }
    }))

  test('nothing stored is, or contains, the PIN', () =>
    runtime.run(async () => {
      await change('1', '918273')
      const database = Buffer.from(await world.harbour.store.snapshot())
      expect(database.includes('918273')).toBe(false)
      expect(database.includes(world.customers.ada.pin)).toBe(false)
      expect(database.includes(world.vouchers.unconfirmed.password)).toBe(false)
      // The check can fail: the number is there.
      expect(database.includes(world.vouchers.unconfirmed.number)).toBe(true)
    }))
})

describe('transfers', () => {
  const transfer = (name: string, from: AccountNumber, to: AccountNumber, whole: bigint) =>
    world.bank.transfer({ intent: intentId(name), from, to, amount: yuan(whole), channel: 'telephone' })

  test('move money once, and both sides hear of it', () =>
    runtime.run(async () => {
      const { ada, bo } = world.customers
      const first = await transfer('1', ada.account, bo.account, 40n)
      expect(first).toMatchObject({
        outcome: 'transferred',
        balance: yuan(810n),
        reference: expect.stringMatching(/^\d{6}$/),
      })
      expect(await transfer('1', ada.account, bo.account, 40n)).toEqual(first)
      expect(await transfer('1', ada.account, bo.account, 41n)).toEqual({ outcome: 'intent-reused' })
      expect(await world.bank.balance(bo.account)).toEqual(yuan(70n))
      const [paid] = await world.bank.recentTransactions(ada.account, 5)
      expect(paid).toMatchObject({ kind: 'transfer-out', amount: yuan(-40n), counterparty: bo.name })
      const [received, opened] = await world.bank.recentTransactions(bo.account, 5)
      expect(received).toMatchObject({ kind: 'transfer-in', amount: yuan(40n), counterparty: ada.name })
      expect(opened).toMatchObject({ kind: 'deposit', amount: yuan(30n), counterparty: undefined })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('that cannot be are refused', () =>
    runtime.run(async () => {
      const { bo, cai, ada } = world.customers
      expect(await transfer('1', bo.account, bo.account, 1n)).toEqual({ outcome: 'same-account' })
      expect(await transfer('2', bo.account, world.unknownAccount, 1n)).toEqual({ outcome: 'unknown-account' })
      expect(await transfer('3', bo.account, ada.account, 31n)).toEqual({
        outcome: 'insufficient-funds',
        balance: yuan(30n),
      })
      expect(await transfer('4', cai.account, ada.account, 1_001n)).toEqual({
        outcome: 'limit-exceeded',
        limit: yuan(1_000n),
      })
    }))
})

describe('what two people decide at the counter', () => {
  const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)

  test('cash is paid in by two people or not at all', () =>
    runtime.run(async () => {
      const { bo } = world.customers
      const { maker } = world.staff
      const minor = yuan(10n).minor
      const alone = { maker, checker: maker }
      await expect(bothSign(world.harbour, runtime, alone, 'pay-in', { account: bo.account, minor })).rejects.toThrow(
        'one-person-only',
      )
      expect(await decide('pay-in', { account: world.unknownAccount, minor })).toMatchObject({
        done: false,
        outcome: 'unknown-account',
      })
      for (const none of [0n, -1n, 2n ** 63n]) {
        const refused = { done: false, outcome: 'refused-amount' }
        expect(await decide('pay-in', { account: bo.account, minor: none })).toMatchObject(refused)
      }
      expect(await world.bank.balance(bo.account)).toEqual(yuan(30n))
    }))

  test('cash whose answer was lost is paid in once', () =>
    runtime.run(async () => {
      const { account } = world.customers.bo
      const request = { account, minor: yuan(10n).minor }
      const { maker, checker } = world.staff
      const drawn = { at: runtime.wallNow(), nonce: '5'.repeat(32) }
      const proposal = signProposal(maker, { tenant: 'harbour', kind: 'pay-in', request }, drawn)
      const made = await world.harbour.decisions.propose(proposal)
      if (made.outcome !== 'proposed') throw new Error(made.outcome)
      const approval = signApproval(checker, made.digest)
      // The first answer was lost: the checker approves again.
      life.dieAt('store.committed')
      await expect(world.harbour.decisions.approve(approval)).rejects.toThrow()
      await world.restart('bank', runtime)
      expect(await world.harbour.decisions.approve(approval)).toMatchObject({ outcome: 'already-approved' })
      expect(await world.bank.balance(account)).toEqual(yuan(40n))
      expect(await faultsOf(world)).toEqual([])
    }))

  test('a block is lifted, and a forgotten PIN becomes one that was drawn', () =>
    runtime.run(async () => {
      const { ada } = world.customers
      for (const wrong of ['555501', '555502', '555503']) await signIn(ada.account, wrong)
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'closed' })
      expect(await decide('unblock', { account: ada.account })).toMatchObject({ outcome: 'unblocked' })
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'signed-in' })
      const { secret } = await decide('reset-pin', { account: ada.account })
      expect(await signIn(ada.account, ada.pin)).toMatchObject({ outcome: 'refused' })
      expect(await signIn(ada.account, secret?.reveal() ?? '')).toMatchObject({ outcome: 'signed-in' })
      for (const kind of ['unblock', 'reset-pin']) {
        expect(await decide(kind, { account: world.unknownAccount })).toMatchObject({ outcome: 'unknown-account' })
      }
    }))
})

test('the night closes every date that is over, once, under a signed head', () =>
  runtime.run(async () => {
    const dates = () =>
      world.harbour.store.read(tx => tx.all<{ date: string }>('SELECT date FROM business_date ORDER BY date'))
    await world.harbour.nightly()
    const before = (await dates()).map(({ date }) => date)
    const heads = await world.harbour.store.read(tx => keptHeads(tx, 'harbour'))
    expect(heads).toHaveLength(1)
    runtime.jumpWallClock(3 * 86_400_000)
    await world.harbour.nightly()
    await world.harbour.nightly()
    expect((await dates()).length).toBe(before.length + 3)
    // The clock was wrong and is set back: what is closed stays closed.
    runtime.jumpWallClock(-3 * 86_400_000)
    const { ada, bo } = world.customers
    await world.bank.transfer({
      intent: intentId('1'),
      from: ada.account,
      to: bo.account,
      amount: yuan(1n),
      channel: 'telephone',
    })
    const rows = await world.harbour.store.read(tx =>
      tx.all<{ date: string }>(`SELECT business_date AS date FROM journal WHERE kind = 'transfer'`),
    )
    expect((rows[0]?.date ?? '') > ((await dates()).at(-1)?.date ?? '')).toBe(true)
    expect(await faultsOf(world)).toEqual([])
  }))
