/** What waits in suspense, and how two officers move it to where it belongs: once, whole, and proved by the audit. */
import { beforeEach, describe, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import type { AccountNumber } from '../../../src/ids.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { settleAll } from '../../support/day-end.ts'
import { accountNumber, aPhone, institutionId, intentId, toldVoucher } from '../../support/ids.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import { posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let runtime: VirtualRuntime
let world: World

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 21 })
})

const decide = (kind: string, request: unknown) => bothSign(world.harbour, runtime, world.staff, kind, request)
const clear = (item: string | undefined, to: { account: AccountNumber } | 'cash' | 'loss') =>
  decide('clear-suspense', { item, to, why: 'they showed that it is theirs' })
const holds = (account: string) => posted(world.harbour.store, account)
const dayMs = 24 * 60 * 60_000

describe('what came back for a closed account', () => {
  /** A voucher of ¥50 was ended after its buyer had closed the account. */
  const kept = (story: (item: string) => Promise<void>) =>
    runtime.run(async () => {
      world = await openWorld({ runtime })
      const { ada } = world.customers
      const { confirmed } = world.vouchers
      const opening = await world.merchant.openVoucher({
        ...{ number: toldVoucher(confirmed.number), password: new Secret(confirmed.password), origin: aPhone },
      })
      if (opening.outcome !== 'open') throw new Error(opening.outcome)
      await world.merchant.endVoucher({ intent: intentId('end'), session: opening.session })
      await decide('close-account', { account: ada.account })
      await runtime.sleep(dayMs)
      await world.lantern.nightly()
      await settleAll(world)
      const items = await world.harbour.teller.suspense()
      expect(items).toMatchObject([{ kind: 'kept', amount: yuan(50n), account: ada.account, bank: undefined }])
      await story(items[0]?.item ?? '')
      expect(await world.audited()).toEqual([])
      await world.close()
    })

  test('goes to another account of its owner, once', () =>
    kept(async item => {
      const { account } = world.customers.bo
      expect(await clear(item, { account })).toMatchObject({ done: true, outcome: 'cleared' })
      expect(await world.bank.balance(account)).toEqual(yuan(80n))
      expect(await holds('suspense')).toBe(0n)
      expect(await world.harbour.teller.suspense()).toEqual([])
      expect(await clear(item, { account })).toMatchObject({ done: false, outcome: 'nothing-waits-there' })
      const [line] = await world.bank.recentTransactions(account, 1)
      expect(line).toMatchObject({ kind: 'correction', amount: yuan(50n) })
    }))

  test('is signed with where it came from, whose it was and to whom it goes, and by no name that was not signed', () =>
    kept(async item => {
      const { ada, bo, cai } = world.customers
      const to = { account: bo.account }
      const { decisions } = world.harbour
      const signed = await decisions.withFacts('clear-suspense', { item, to, why: 'hers' })
      const named = (of: typeof ada) => `${of.name.en}, ${of.name.zh}`
      expect(signed['facts']).toEqual({
        ...{ came: 'refund', is: 'kept', since: expect.any(BigInt), minor: 5_000n, currency: 'CNY' },
        ...{ file: expect.stringMatching(/^lantern \d+$/), line: 1n, account: ada.account, holder: named(ada) },
        ...{ chosen: bo.account, chosenHolder: named(bo) },
      })
      const others = async () => ({ ...signed, to: { account: cai.account } })
      const lying = { ...world.harbour, decisions: { ...decisions, withFacts: others } }
      const asked = { item, to, why: 'hers' }
      expect(await bothSign(lying, runtime, world.staff, 'clear-suspense', asked)).toMatchObject({
        ...{ done: false, outcome: 'other-facts' },
      })
      const bare = { ...world.harbour, decisions: { ...decisions, withFacts: async () => asked } }
      expect(await bothSign(bare, runtime, world.staff, 'clear-suspense', asked)).toMatchObject({
        ...{ done: false, outcome: 'other-facts' },
      })
      expect(await holds('suspense')).toBe(5_000n)
      expect(await clear(item, to)).toMatchObject({ done: true, outcome: 'cleared' })
    }))

  test('is paid over the counter, and is never the bank’s own', () =>
    kept(async item => {
      const vault = await holds('vault')
      expect(await clear(item, 'loss')).toMatchObject({ done: false, outcome: 'somebody-owns-it' })
      expect(await clear(item, { account: world.unknownAccount })).toMatchObject({ outcome: 'unknown-account' })
      expect(await clear(item, { account: world.customers.ada.account })).toMatchObject({ outcome: 'unknown-account' })
      expect(await clear(item, 'cash')).toMatchObject({ done: true, outcome: 'cleared' })
      expect(await holds('vault')).toBe(vault - 5_000n)
      expect(await holds('suspense')).toBe(0n)
    }))
})

describe('what another bank credited for us unasked', () => {
  const garden = institutionId('garden')

  /** ¥30 of Ada's were given up here, and had been credited there. `isForgotten`: our books went back instead. */
  const owed = (isForgotten: boolean, story: (item: string) => Promise<void>) =>
    runtime.run(async () => {
      let isMute = false
      const weather: Weather = {
        next: ({ from, to }) => {
          if (isMute && to === garden) return { lost: 'back' }
          return isMute && from === garden ? { lost: 'there' } : {}
        },
      }
      world = await openWorld({ runtime, banks: 2, weather })
      const { ada } = world.customers
      const before = await world.harbour.store.snapshot()
      isMute = !isForgotten
      await world.bank.transfer({
        ...{ intent: intentId('send'), from: ada.account, to: world.neighbour?.account ?? accountNumber('1') },
        ...{ amount: yuan(30n), channel: 'telephone' },
      })
      if (isForgotten) {
        await world.putBack('bank', before)
        await world.harbour.recovery.begun
      } else {
        const [pending] = await world.harbour.teller.pendingTransfers()
        await decide('return-transfer', { transfer: pending?.id, why: 'its house burnt down' })
        isMute = false
      }
      await runtime.sleep(120_000)
      for (const bank of [world.other(), world.harbour]) await bank.mail.idle()
      const items = await world.harbour.teller.suspense()
      const account = isForgotten ? undefined : ada.account
      expect(items).toMatchObject([{ kind: 'owed', amount: yuan(30n), bank: 'garden', account }])
      expect(await holds('suspense:garden')).toBe(-3_000n)
      await story(items[0]?.item ?? '')
      expect(await holds('suspense:garden')).toBe(0n)
      expect(await holds('due-to-bank:garden')).toBe(3_000n)
      expect(await world.audited()).toEqual([])
      await world.close()
    })

  test('is taken from its sender, and from nobody else', () =>
    owed(false, async item => {
      const { ada, bo } = world.customers
      expect(await clear(item, { account: bo.account })).toMatchObject({ done: false, outcome: 'not-its-sender' })
      expect(await clear(item, { account: ada.account })).toMatchObject({ done: true, outcome: 'cleared' })
      expect(await world.bank.balance(ada.account)).toEqual(yuan(820n))
      expect(await world.bank.balance(bo.account)).toEqual(yuan(30n))
    }))

  test('is a loss of the bank where its sender has gone, or has too little', () =>
    owed(false, async item => {
      const { ada, bo } = world.customers
      await world.bank.transfer({
        ...{ intent: intentId('away'), from: ada.account, to: bo.account, amount: yuan(825n), channel: 'telephone' },
      })
      expect(await clear(item, { account: ada.account })).toMatchObject({ done: false })
      expect(await holds('suspense:garden')).toBe(-3_000n)
      expect(await clear(item, 'loss')).toMatchObject({ done: true, outcome: 'cleared' })
      expect(await holds('write-off')).toBe(3_000n)
    }))

  test('names the bank, the transfer and its sender to both who sign', () =>
    owed(false, async item => {
      const { ada } = world.customers
      const { facts } = await world.harbour.decisions.withFacts('clear-suspense', { item, to: 'cash', why: 'x' })
      expect(facts).toMatchObject({
        ...{ came: 'transfer-owed', is: 'owed', minor: 3_000n, bank: 'garden', to: world.neighbour?.account },
        ...{ account: ada.account, holder: `${ada.name.en}, ${ada.name.zh}` },
      })
      expect(await clear(item, 'cash')).toMatchObject({ done: true, outcome: 'cleared' })
    }))

  test('by a transfer that is in no book any more is paid in over the counter, or taken from whoever says it is theirs', () =>
    owed(true, async item => {
      const { ada } = world.customers
      expect(await clear(item, { account: ada.account })).toMatchObject({ done: false, outcome: 'under-review' })
      const vault = await holds('vault')
      expect(await clear(item, 'cash')).toMatchObject({ done: true, outcome: 'cleared' })
      expect(await holds('vault')).toBe(vault + 3_000n)
    }))
})
