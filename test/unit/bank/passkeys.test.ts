/** Passkeys of a bank's page: enrolled by a code that the line spoke, once; each answer proves one thing, once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccountNumber } from '../../../src/ids.ts'
import { Secret } from '../../../src/secret.ts'
import { Authenticator, type Manner } from '../../support/authenticator.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

const site = { id: 'harbour.localhost', origin: 'http://harbour.localhost:8500' }
const challenge = 'Y2hhbGxlbmdlIG9mIDMyIGJ5dGVzIGF0IGxlYXN0IQ'

let runtime: VirtualRuntime
let world: World
let account: AccountNumber

beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 5 })
  world = await openWorld({ runtime })
  account = world.customers.ada.account
})
afterEach(() => world.close())

const passkeys = () => world.harbour.passkeys

async function enrolment(of = account): Promise<string> {
  const { code } = await world.bank.passkeyCode(of)
  const tried = await passkeys().tryCode({ account: of, code })
  if (tried.outcome !== 'right') throw new Error(tried.outcome)
  return tried.enrolment
}

async function enrolled(seed: string, manner: Manner = {}, of = account): Promise<Authenticator> {
  const authenticator = new Authenticator(seed, manner)
  const request = { account: of, enrolment: await enrolment(of), name: seed, challenge, site }
  expect(await passkeys().enrol({ ...request, response: authenticator.create(challenge, site) })).toEqual({
    outcome: 'enrolled',
  })
  return authenticator
}

const prove = (response: string, of = account) => passkeys().prove({ account: of, challenge, site, response })

describe('a code', () => {
  test('is wrong three times at most, and then over', () =>
    runtime.run(async () => {
      const { code } = await world.bank.passkeyCode(account)
      const wrong = new Secret(code.reveal().replace(/^./, first => `${(Number(first) + 1) % 10}`))
      expect(await passkeys().tryCode({ account, code: wrong })).toEqual({ outcome: 'wrong', triesLeft: 2 })
      expect(await passkeys().tryCode({ account, code: wrong })).toEqual({ outcome: 'wrong', triesLeft: 1 })
      await world.restart('bank')
      expect(await passkeys().tryCode({ account, code: wrong })).toEqual({ outcome: 'over' })
      expect(await passkeys().tryCode({ account, code })).toEqual({ outcome: 'over' })
      expect(await world.audited()).toEqual([])
    }))

  test('is over after fifteen minutes, when a newer one was asked for, and once a passkey was enrolled', () =>
    runtime.run(async () => {
      const late = await world.bank.passkeyCode(account)
      await runtime.sleep(15 * 60_000)
      expect(await passkeys().tryCode({ account, code: late.code })).toEqual({ outcome: 'over' })
      const older = await world.bank.passkeyCode(account)
      await world.bank.passkeyCode(account)
      expect(await passkeys().tryCode({ account, code: older.code })).toMatchObject({ outcome: 'wrong' })

      const right = await enrolment()
      const request = { account, enrolment: right, name: 'telephone', challenge, site }
      const [one, other] = [new Authenticator('one'), new Authenticator('other')]
      const both = await Promise.all(
        [one, other].map(each => passkeys().enrol({ ...request, response: each.create(challenge, site) })),
      )
      expect(both.map(({ outcome }) => outcome).sort()).toEqual(['enrolled', 'over'])
    }))

  test('is of its own account', () =>
    runtime.run(async () => {
      const { code } = await world.bank.passkeyCode(account)
      const { bo } = world.customers
      expect(await passkeys().tryCode({ account: bo.account, code })).toEqual({ outcome: 'over' })
      const other = await world.bank.passkeyCode(bo.account)
      expect(await passkeys().tryCode({ account, code: other.code })).toMatchObject({ outcome: 'wrong' })
      const mine = await enrolment()
      const response = new Authenticator('thief').create(challenge, site)
      const request = { account: bo.account, enrolment: mine, name: 'x', challenge, site, response }
      expect(await passkeys().enrol(request)).toEqual({ outcome: 'over' })
    }))

  test('is in no table in the clear', () =>
    runtime.run(async () => {
      const { code } = await world.bank.passkeyCode(account)
      const rows = await world.harbour.store.read(tx => tx.all<{ row: string }>('SELECT * FROM passkey_code'))
      expect(JSON.stringify(rows, (_, value) => String(value))).not.toContain(code.reveal())
      expect(rows).toHaveLength(1)
    }))
})

describe('a new passkey', () => {
  test.each([
    ['for another challenge', (a: Authenticator) => a.create('YW5vdGhlciBjaGFsbGVuZ2UsIG5vdCBvdXJz', site)],
    ['from another origin', (a: Authenticator) => a.create(challenge, { ...site, origin: 'http://evil.localhost' })],
    ['of another site', (a: Authenticator) => a.create(challenge, { ...site, id: 'lantern.localhost' })],
    ['that was an answer to something else', (a: Authenticator) => a.get(challenge, site)],
    ['that is no JSON', () => 'x'],
    ['that is missing', () => ''],
  ])('%s is refused, and the code stays', (_, response) =>
    runtime.run(async () => {
      const request = { account, enrolment: await enrolment(), name: 'x', challenge, site }
      const authenticator = new Authenticator('a')
      expect(await passkeys().enrol({ ...request, response: response(authenticator) })).toEqual({ outcome: 'refused' })
      const right = authenticator.create(challenge, site)
      expect(await passkeys().enrol({ ...request, response: right })).toEqual({ outcome: 'enrolled' })
    }),
  )

  test('whose user was not verified is refused', () =>
    runtime.run(async () => {
      const response = new Authenticator('a', { verifies: false }).create(challenge, site)
      const request = { account, enrolment: await enrolment(), name: 'x', challenge, site, response }
      expect(await passkeys().enrol(request)).toEqual({ outcome: 'refused' })
    }))

  test('is in the list; there are eight at most', () =>
    runtime.run(async () => {
      for (let n = 0; n < 8; n++) await enrolled(`device ${n}`)
      expect((await passkeys().list(account)).map(({ name }) => name)).toContain('device 7')
      const { code } = await world.bank.passkeyCode(account)
      expect(await passkeys().tryCode({ account, code })).toEqual({ outcome: 'too-many-passkeys' })
      expect(await world.audited()).toEqual([])
    }))
})

describe('an answer', () => {
  test('proves its challenge, for its account, at its site, with its user verified', () =>
    runtime.run(async () => {
      const mine = await enrolled('mine')
      expect(await prove(mine.get(challenge, site))).toEqual({ outcome: 'proven' })
      const refused = [
        mine.get('YW5vdGhlciBjaGFsbGVuZ2UsIG5vdCBvdXJz', site),
        mine.get(challenge, { ...site, origin: 'https://harbour.localhost' }),
        mine.get(challenge, { ...site, id: 'lantern.localhost' }),
        new Authenticator('nobody’s').get(challenge, site),
        // It bears the id of a passkey of the account's, and another key signed it.
        new Authenticator('mine').get(challenge, site),
        mine.create(challenge, site),
        '{}',
        '',
      ]
      for (const response of refused) expect(await prove(response), response).toEqual({ outcome: 'refused' })
      const hers = await enrolled('hers', {}, world.customers.bo.account)
      expect(await prove(hers.get(challenge, site))).toEqual({ outcome: 'refused' })
      const careless = await enrolled('careless')
      careless.manner.verifies = false
      expect(await prove(careless.get(challenge, site))).toEqual({ outcome: 'refused' })
    }))

  test('counts once, where its authenticator counts', () =>
    runtime.run(async () => {
      const counting = await enrolled('counting')
      const response = counting.get(challenge, site)
      const both = await Promise.all([prove(response), prove(response)])
      expect(both.map(({ outcome }) => outcome).sort()).toEqual(['proven', 'refused'])
      expect(await prove(response)).toEqual({ outcome: 'refused' })
      expect(await prove(counting.get(challenge, site))).toEqual({ outcome: 'proven' })
      const kept = await enrolled('kept by several devices', { counts: false })
      for (let n = 0; n < 2; n++) expect(await prove(kept.get(challenge, site))).toEqual({ outcome: 'proven' })
    }))

  test('of a passkey that was removed proves nothing', () =>
    runtime.run(async () => {
      const lost = await enrolled('lost')
      const { bo } = world.customers
      expect(await passkeys().remove({ account: bo.account, passkey: lost.id })).toEqual({ outcome: 'unknown' })
      expect(await passkeys().remove({ account, passkey: lost.id })).toEqual({ outcome: 'removed' })
      expect(await prove(lost.get(challenge, site))).toEqual({ outcome: 'refused' })
      expect(await passkeys().list(account)).toEqual([])
      expect(await world.audited()).toEqual([])
    }))
})
