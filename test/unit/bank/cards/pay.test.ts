/** What a card signed is paid once, from the account that it is of, to whom and for how much it says; all else is refused with its reason. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../../demo/two-people.ts'
import type { CardAsked, CardPayment } from '../../../../src/bank/bank.ts'
import { makeCardNumber } from '../../../../src/card/numbers.ts'
import type { AccountNumber } from '../../../../src/ids.ts'
import { type Money, yuan } from '../../../../src/money.ts'
import { Secret } from '../../../../src/secret.ts'
import { asDigits, asSound, type HeldCard, issuedTo, signedBy, written } from '../../../support/cards.ts'
import { intentId } from '../../../support/ids.ts'
import { faultsOf } from '../../../support/proof.ts'
import { VirtualRuntime } from '../../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../../support/world.ts'
import { institutionNumber } from '../../card/cast.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 131 })
  world = await openWorld({ runtime, banks: 2 })
})
afterEach(() => world.close())

type Asked = Extract<CardAsked, { outcome: 'asked' }>

const issue = (account = world.customers.cai.account) => issuedTo(world.harbour, runtime, world.staff, { account })
const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)
const order = (name: string, amount: Money = yuan(3_000n), to: AccountNumber = world.customers.bo.account) => ({
  ...{ intent: intentId(name), from: world.customers.cai.account, to, amount },
  channel: 'telephone' as const,
})
async function ask(name: string, amount?: Money, to?: AccountNumber): Promise<Asked> {
  const asked = await world.bank.askByCard(order(name, amount, to))
  if (asked.outcome !== 'asked') throw new Error(asked.outcome)
  return asked
}
async function pay(name: string, card: HeldCard, asked: Asked, keyed?: Secret): Promise<CardPayment> {
  const answer = await signedBy(runtime, card, asked.request, 'hpke', keyed)
  return send(name, asked, await asSound(runtime, card, asked, answer))
}
const send = (name: string, { request: { nonce } }: Asked, answer: Awaited<ReturnType<typeof asSound>>) =>
  world.bank.payByCard({ intent: intentId(name), from: world.customers.cai.account, nonce, answer })
const balance = (who: 'cai' | 'bo') => world.bank.balance(world.customers[who].account)

describe('a payment by card', () => {
  test('moves more than a PIN alone could, once, whatever is sent again', () =>
    runtime.run(async () => {
      const card = await issue()
      const asked = await ask('a')
      expect(asked.request.payee).toMatchObject({ bank: 'harbour', name: 'Bo Li 李波' })
      const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
      const paid = await send('a', asked, answer)
      expect(paid).toMatchObject({ outcome: 'transferred', balance: yuan(2_000n) })
      expect(await send('a', asked, answer)).toEqual(paid)
      expect(await send('b', asked, answer)).toEqual({ outcome: 'refused', reason: 'foreign-nonce' })
      expect([await balance('cai'), await balance('bo')]).toEqual([yuan(2_000n), yuan(3_030n)])
      expect(await faultsOf(world)).toEqual([])
    }))

  test('comes as digits, too, and from a card with P-256', () =>
    runtime.run(async () => {
      const { account } = world.customers.cai
      const card = await issuedTo(world.harbour, runtime, world.staff, { account, algorithm: 'P-256' })
      const asked = await ask('a', yuan(20n))
      const answer = asDigits(await signedBy(runtime, card, asked.request, 'agreed'))
      const request = { intent: intentId('a'), from: account, nonce: asked.request.nonce, answer }
      expect(await world.bank.payByCard(request)).toMatchObject({ outcome: 'transferred', balance: yuan(4_980n) })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('goes to another bank as any transfer does, and what that does not take counts against no limit', () =>
    runtime.run(async () => {
      const card = await issue()
      const { account } = world.neighbour ?? expectNeighbour()
      const asked = await ask('a', yuan(4_000n), account)
      expect(asked.request.payee).toMatchObject({ bank: 'garden', name: 'E. Green 葛某玛' })
      expect(await pay('a', card, asked)).toMatchObject({ outcome: 'transferred', balance: yuan(1_000n) })
      expect(await world.other().bank.balance(account)).toEqual(yuan(4_200n))
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is back, and counts against no limit, where the other bank does not take it', () =>
    runtime.run(async () => {
      await world.reconfigureBank({ cards: { issuer: 6200, limits: { perItem: 400_000n, perDay: 400_000n } } })
      await runtime.sleep(5_000)
      const card = await issue()
      const { account } = world.neighbour ?? expectNeighbour()
      const staff = world.gardenStaff ?? expectNeighbour()
      const asked = await ask('a', yuan(4_000n), account)
      await bothSign(world.other(), runtime, staff, 'close-account', { account })
      expect(await pay('a', card, asked)).toMatchObject({ outcome: 'came-back', balance: yuan(5_000n) })
      expect(await pay('b', card, await ask('b', yuan(4_000n)))).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('has limits of its own, at once and by day, which are told before anything is signed', () =>
    runtime.run(async () => {
      const limits = { perItem: 100_000n, perDay: 150_000n }
      await world.reconfigureBank({ cards: { issuer: 6200, limits } })
      const card = await issue()
      expect(await world.bank.askByCard(order('a', yuan(1_001n)))).toEqual({
        ...{ outcome: 'limit-exceeded', limit: yuan(1_000n) },
      })
      expect(await pay('b', card, await ask('b', yuan(1_000n)))).toMatchObject({ outcome: 'transferred' })
      expect(await world.bank.askByCard(order('c', yuan(501n)))).toEqual({
        ...{ outcome: 'limit-exceeded', limit: yuan(1_500n) },
      })
      // What a PIN alone moves is counted apart.
      expect(await world.bank.transfer(order('d', yuan(1_000n)))).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))
})

function expectNeighbour(): never {
  throw new Error('this world has one bank')
}

describe('what is asked', () => {
  test('is asked of an account with a card that could sign, for a transfer that could be made', () =>
    runtime.run(async () => {
      expect(await world.bank.askByCard(order('a'))).toEqual({ outcome: 'no-card' })
      await issue()
      expect(await world.bank.askByCard(order('a', yuan(6_000n)))).toMatchObject({ outcome: 'insufficient-funds' })
      expect(await world.bank.askByCard(order('a', yuan(1n), world.unknownAccount))).toEqual({
        outcome: 'unknown-account',
      })
      expect(await world.bank.askByCard(order('a', yuan(1n), world.customers.cai.account))).toEqual({
        outcome: 'same-account',
      })
      expect(await world.bank.askByCard(order('a', { minor: 0n, asset: yuan(1n).asset }))).toEqual({
        outcome: 'refused-amount',
      })
    }))

  test('ends what was asked before, and is not asked again once it was decided', () =>
    runtime.run(async () => {
      const card = await issue()
      const [first, second] = [await ask('a'), await ask('a')]
      expect(second.request.nonce).not.toEqual(first.request.nonce)
      expect(await pay('a', card, first)).toEqual({ outcome: 'refused', reason: 'used-nonce' })
      expect(await pay('a', card, second)).toMatchObject({ outcome: 'transferred' })
      expect(await world.bank.askByCard(order('a'))).toEqual({ outcome: 'intent-reused' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('is over after five minutes', () =>
    runtime.run(async () => {
      const card = await issue()
      const asked = await ask('a')
      await runtime.sleep(301_000)
      expect(await pay('a', card, asked)).toEqual({ outcome: 'refused', reason: 'late' })
      expect(await balance('cai')).toEqual(yuan(5_000n))
    }))
})

describe('what became of it', () => {
  test('is told by intent, and by card and counter, and never done afterwards', () =>
    runtime.run(async () => {
      const card = await issue()
      const { account } = world.customers.cai
      const asked = await ask('a', yuan(100n))
      const signed = await signedBy(runtime, card, asked.request)
      const of = { account, card: card.number, counter: signed.witness.counter, nonce: asked.request.nonce }
      const answer = await asSound(runtime, card, asked, signed)
      expect(await send('a', asked, answer)).toMatchObject({ outcome: 'transferred' })
      const done = { outcome: 'done', kind: 'transfer', amount: yuan(100n), to: world.customers.bo.name }
      expect(await world.bank.becameOfCard(of)).toMatchObject(done)
      expect(await world.bank.becameOfCard({ ...of, nonce: new Uint8Array(8) })).toEqual({ outcome: 'not-done' })
      expect(await world.bank.resolve({ intent: intentId('a'), principal: account })).toMatchObject(done)

      const later = await ask('b', yuan(100n))
      const late = await asSound(runtime, card, later, await signedBy(runtime, card, later.request))
      expect(await world.bank.becameOfCard({ ...of, counter: 2, nonce: later.request.nonce })).toEqual({
        outcome: 'not-done',
      })
      expect(await send('b', later, late)).toEqual({ outcome: 'refused', reason: 'used-nonce' })

      const last = await ask('c', yuan(100n))
      const lost = await asSound(runtime, card, last, await signedBy(runtime, card, last.request))
      expect(await world.bank.resolve({ intent: intentId('c'), principal: account })).toEqual({ outcome: 'not-done' })
      expect(await send('c', last, lost)).toEqual({ outcome: 'refused', reason: 'used-nonce' })
      expect(await balance('cai')).toEqual(yuan(4_900n))
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('what became of a card’s payment is told to its own account alone', () => {
  test('in a call of another account nothing is said of it, and nothing ends', () =>
    runtime.run(async () => {
      const card = await issue()
      const { account } = world.customers.bo
      for (const name of ['a', 'b']) {
        const asked = await ask(name, yuan(100n))
        const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
        const inquiry = { card: card.number, counter: 1, nonce: asked.request.nonce }
        const asking = () => world.bank.becameOfCard({ account, ...inquiry })
        expect(await asking()).toEqual({ outcome: 'other-account' })
        expect(await send(name, asked, answer)).toMatchObject({ outcome: 'transferred' })
        expect(await asking()).toEqual({ outcome: 'other-account' })
      }
    }))

  test('a card of this bank that does not exist is told from another account’s by nothing; one of another bank never paid', () =>
    runtime.run(async () => {
      const { account } = world.customers.cai
      const nonce = new Uint8Array(8)
      const became = (issuer: number) =>
        world.bank.becameOfCard({ account, card: makeCardNumber(institutionNumber(issuer), 1), counter: 1, nonce })
      expect(await became(6200)).toEqual({ outcome: 'other-account' })
      expect(await became(6201)).toEqual({ outcome: 'not-done' })
    }))
})

describe('refused', () => {
  test('noise, an answer under another key, and one of a card of another account', () =>
    runtime.run(async () => {
      const [card, hers] = [await issue(), await issue(world.customers.ada.account)]
      const asked = await ask('a')
      const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
      const changed = answer.bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte))
      expect(await send('a', asked, { ...answer, bytes: changed })).toEqual({ outcome: 'unreadable-answer' })
      expect(await send('a', asked, { ...answer, bytes: answer.bytes.slice(0, -1) })).toEqual({
        outcome: 'unreadable-answer',
      })
      expect(await send('a', asked, { ...answer, keyId: 9 })).toEqual({ outcome: 'unreadable-answer' })
      expect(await pay('a', hers, asked)).toEqual({ outcome: 'refused', reason: 'changed-field', field: 'account' })
      expect(await send('a', asked, answer)).toMatchObject({ outcome: 'transferred' })
    }))

  test('an answer under another intent than it was asked under: it is paid under its own', () =>
    runtime.run(async () => {
      const card = await issue()
      const asked = await ask('a')
      const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
      expect(await send('b', asked, answer)).toEqual({ outcome: 'refused', reason: 'foreign-nonce' })
      expect(await send('a', asked, answer)).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('a card of another account as one that does not exist, whatever its counter and state', () =>
    runtime.run(async () => {
      const { account } = world.customers.bo
      const [card, his] = [await issue(), await issue(account)]
      for (const name of ['x', 'y']) {
        const asked = await world.bank.askByCard({
          ...order(name, yuan(1n), world.customers.cai.account),
          from: account,
        })
        if (asked.outcome !== 'asked') throw new Error(asked.outcome)
        const answer = await asSound(runtime, his, asked, await signedBy(runtime, his, asked.request))
        const request = { intent: intentId(name), from: account, nonce: asked.request.nonce, answer }
        expect(await world.bank.payByCard(request)).toMatchObject({ outcome: 'transferred' })
      }
      const { card: drawn } = await written(world.harbour, runtime, { account })
      const asked = await ask('a')
      const own = await signedBy(runtime, card, asked.request, 'agreed')
      const none = makeCardNumber(institutionNumber(6200), 1)
      for (const number of [none, drawn.number, his.number])
        for (const counter of [1, 2, 3]) {
          const probe = asDigits({ ...own, card: number, witness: { counter, verified: 'pin' } })
          const request = { intent: intentId('a'), from: order('a').from, nonce: asked.request.nonce, answer: probe }
          expect(await world.bank.payByCard(request)).toEqual({ outcome: 'refused', reason: 'unknown-card' })
        }
    }))

  test('a wrong personal password, three times: the card is blocked, until two people give it back', () =>
    runtime.run(async () => {
      const card = await issue()
      const asked = await ask('a')
      const wrong = new Secret('55667788')
      for (const triesLeft of [2, 1, 0])
        expect(await pay('a', card, asked, wrong)).toEqual({ outcome: 'refused', reason: 'wrong-password', triesLeft })
      expect(await pay('a', card, asked)).toEqual({ outcome: 'refused', reason: 'blocked' })
      expect(await decide('unblock-card', { card: card.number })).toMatchObject({ done: true })
      expect(await pay('a', card, asked)).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('a wrong personal password, once for each answer, however often that comes', () =>
    runtime.run(async () => {
      const card = await issue()
      const asked = await ask('a')
      const wrong = new Secret('55667788')
      const signed = await signedBy(runtime, card, asked.request, 'hpke', wrong)
      const refused = (triesLeft: number) => ({ outcome: 'refused', reason: 'wrong-password', triesLeft })
      for (const _ of [1, 2, 3, 4])
        expect(await send('a', asked, await asSound(runtime, card, asked, signed))).toEqual(refused(2))
      const together = [1, 2].map(async () => send('a', asked, await asSound(runtime, card, asked, signed)))
      expect(await Promise.all(together)).toEqual([refused(2), refused(2)])
      expect(await pay('a', card, asked, wrong)).toEqual(refused(1))
      expect(await pay('a', card, asked)).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))

  test('a card that is blocked, revoked, replaced, expired, or that nobody enrolled', () =>
    runtime.run(async () => {
      const { account } = world.customers.cai
      const card = await issue()
      const asked = await ask('a')
      const block = { intent: intentId('block'), account, what: 'card', channel: 'telephone' } as const
      expect(await world.bank.block(block)).toEqual({ outcome: 'blocked' })
      expect(await world.bank.block({ ...block, intent: intentId('again') })).toEqual({ outcome: 'already-blocked' })
      expect(await pay('a', card, asked)).toEqual({ outcome: 'refused', reason: 'blocked' })
      expect(await world.bank.askByCard(order('b'))).toEqual({ outcome: 'no-card' })
      await decide('unblock-card', { card: card.number })

      const { card: next, publicKey } = await written(world.harbour, runtime, { account, replaces: card.number })
      expect(await pay('a', next, asked)).toEqual({ outcome: 'refused', reason: 'unknown-card' })
      const unsaid = { card: next.number, account, algorithm: 'Ed25519', publicKey }
      const enrol = { ...unsaid, replaces: card.number }
      // Whoever approves reads which card is revoked: what was drawn says it alone for nobody.
      for (const other of [unsaid, { ...unsaid, replaces: next.number }])
        expect(await decide('enrol-card', other)).toMatchObject({ done: false, outcome: 'replaces-another' })
      expect((await world.harbour.cards.list()).find(({ number }) => number === card.number)?.state).toBe('active')
      expect(await decide('enrol-card', { ...enrol, account: world.customers.ada.account })).toMatchObject({
        outcome: 'unknown-card',
      })
      expect(await decide('enrol-card', enrol)).toMatchObject({ done: true })
      expect(await decide('enrol-card', enrol)).toMatchObject({ outcome: 'already-enrolled' })
      expect(await pay('a', card, asked)).toEqual({ outcome: 'refused', reason: 'revoked' })

      await decide('revoke-card', { card: next.number })
      expect(await pay('a', next, asked)).toEqual({ outcome: 'refused', reason: 'revoked' })
      expect(await decide('unblock-card', { card: next.number })).toMatchObject({ outcome: 'not-blocked' })
      const last = await issue()
      runtime.jumpWallClock((last.expiresAt + 1) * 1_000 - runtime.wallNow())
      expect(await world.bank.askByCard(order('c'))).toEqual({ outcome: 'no-card' })
      expect(await balance('cai')).toEqual(yuan(5_000n))
      expect(await faultsOf(world)).toEqual([])
    }))

  test('what a blocked account would pay, under its intent for ever', () =>
    runtime.run(async () => {
      const card = await issue()
      const { account } = world.customers.cai
      const asked = await ask('a')
      const answer = await asSound(runtime, card, asked, await signedBy(runtime, card, asked.request))
      await world.bank.block({ intent: intentId('block'), account, what: 'account', channel: 'telephone' })
      expect(await send('a', asked, answer)).toEqual({ outcome: 'account-blocked' })
      await decide('lift-block', { account, what: 'account' })
      expect(await send('a', asked, answer)).toEqual({ outcome: 'account-blocked' })
      expect(await send('b', asked, answer)).toEqual({ outcome: 'refused', reason: 'foreign-nonce' })
      expect(await faultsOf(world)).toEqual([])
    }))
})

describe('without a card', () => {
  test('no more leaves an account than the bank says, at once and by day, vouchers and transfers together', () =>
    runtime.run(async () => {
      const withoutCard = { perItem: 50_000n, perDay: 60_000n }
      await world.reconfigureBank({ cards: { issuer: 6200, withoutCard } })
      await runtime.sleep(5_000)
      const needed = (limit: bigint) => ({ outcome: 'card-needed', limit: yuan(limit) })
      const { account: buyer } = world.customers.cai
      const sale = { buyer, payee: world.payee.id, channel: 'telephone' } as const
      expect(await world.bank.transfer(order('a', yuan(501n)))).toEqual(needed(500n))
      expect(await world.bank.transfer(order('b', yuan(500n)))).toMatchObject({ outcome: 'transferred' })
      expect(await world.bank.sellVoucher({ ...sale, intent: intentId('c'), amount: yuan(200n) })).toEqual(needed(600n))
      expect(await world.bank.sellVoucher({ ...sale, intent: intentId('d'), amount: yuan(100n) })).toMatchObject({
        outcome: 'sold',
      })
      expect(await world.bank.transfer(order('e', yuan(1n)))).toEqual(needed(600n))
      // The channel's own limit is told first.
      expect(await world.bank.transfer(order('f', yuan(1_001n)))).toMatchObject({ outcome: 'limit-exceeded' })
      const card = await issue()
      expect(await pay('g', card, await ask('g', yuan(2_000n)))).toMatchObject({ outcome: 'transferred' })
      expect(await faultsOf(world)).toEqual([])
    }))
})
