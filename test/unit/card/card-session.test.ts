/** A card as a terminal sees it: signed, or the outcome that says why not. */
import { describe, expect, test } from 'vitest'
import { encodeCommand, encodeResponse } from '../../../src/card/apdu/apdu.ts'
import { applicationId } from '../../../src/card/apdu/application.ts'
import { CardRemoved, type SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { CardSession } from '../../../src/card/card-session.ts'
import { isSign1By, parseSign1 } from '../../../src/card/cose/sign1.ts'
import { issueCard } from '../../../src/card/issue-card.ts'
import { NotAnOrder, parseWitnessed } from '../../../src/card/order-bytes.ts'
import { openPassword } from '../../../src/card/personal-password.ts'
import { pinBlock } from '../../../src/card/pin-block.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { money } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { cardExpiresAt, issuedCard, newCard, passwordKeys, sessionOf, TestStore } from './cards.ts'
import { asked, bank, card, holder, matters, password, payee, pin, puk, seeded } from './cast.ts'

const request = { ...asked, type: 'pay', payee, amount: money(1_200_000n) } as const
const wrongPin = new Secret('000000')

/** The same card, taken out after so many APDUs. */
function removedAfter(element: SecureElement, apdus: number): SecureElement & { used: number } {
  return {
    used: 0,
    begin: () => element.begin(),
    end: () => element.end(),
    async transmit(apdu) {
      if (this.used >= apdus) throw new CardRemoved()
      this.used++
      return element.transmit(apdu)
    },
  }
}

describe.each(['Ed25519', 'P-256'] as const)('a card with %s', algorithm => {
  test('says who it is', async () => {
    const { session } = await issuedCard(algorithm)
    expect(session.identity).toMatchObject({
      number: card,
      issuer: bank,
      account: holder.account,
      expiresAt: cardExpiresAt,
      pinLength: 6,
      key: { algorithm },
    })
    expect(await session.triesLeft()).toEqual({ outcome: 'tries', triesLeft: 3 })
  })

  test.each(matters)('signs an order to $type, which the receiver rebuilds', async matter => {
    const { session } = await issuedCard(algorithm)
    const prepared = session.prepare({ ...asked, ...matter })
    expect(prepared.shown.type).toBe(matter.type)
    for (const form of ['hpke', 'agreed'] as const) {
      const signed = await session.sign(prepared, pin, password, form)
      if (signed.outcome !== 'signed') throw new Error(signed.outcome)
      const message = parseSign1(rebuildSigned({ ...asked, ...matter }, signed.answer, bank))
      expect(await isSign1By(session.identity.key, message)).toBe(true)
      expect(parseWitnessed(message.payload).order).toEqual({ ...asked, ...holder, ...matter })
      const opened = await openPassword(passwordKeys, signed.answer.password, message.payload)
      expect(opened?.reveal()).toBe(password.reveal())
    }
  })
})

test('what is shown comes out of the bytes that are signed', async () => {
  const { session } = await issuedCard()
  const { shown } = session.prepare(request)
  expect(shown).toMatchObject({ payee, amount: '12000.00 CNY', from: holder.account })
  expect(() => session.prepare({ ...request, amount: money(0n) })).toThrow(NotAnOrder)
})

describe('the PIN', () => {
  test('wrong ones are told with the tries left, and then the card is blocked until the branch unblocks it', async () => {
    const { session, element } = await issuedCard()
    const prepared = session.prepare(request)
    const outcomes = []
    for (let i = 0; i < 4; i++) outcomes.push(await session.sign(prepared, wrongPin, password, 'hpke'))
    expect(outcomes).toEqual([
      { outcome: 'wrong-pin', triesLeft: 2 },
      { outcome: 'wrong-pin', triesLeft: 1 },
      { outcome: 'blocked' },
      { outcome: 'blocked' },
    ])
    expect(await session.triesLeft()).toEqual({ outcome: 'tries', triesLeft: 0 })
    expect(await session.sign(prepared, pin, password, 'hpke')).toEqual({ outcome: 'blocked' })
    const anew = new Secret('135790')
    expect(await session.unblock(new Secret('1111111111'), anew)).toEqual({ outcome: 'wrong-puk', triesLeft: 4 })
    expect(await session.unblock(puk, new Secret('1357'))).toEqual({ outcome: 'wrong-length', pinLength: 6 })
    expect(await session.unblock(puk, anew)).toEqual({ outcome: 'unblocked' })
    const again = await sessionOf(element)
    expect((await again.sign(prepared, pin, password, 'hpke')).outcome).toBe('wrong-pin')
    expect((await again.sign(prepared, anew, password, 'hpke')).outcome).toBe('signed')
  })

  test('of another length is not tried', async () => {
    const { session } = await issuedCard()
    const short = new Secret('2468')
    expect(await session.sign(session.prepare(request), short, password, 'hpke')).toEqual({
      outcome: 'wrong-length',
      pinLength: 6,
    })
    expect(await session.triesLeft()).toEqual({ outcome: 'tries', triesLeft: 3 })
  })

  test('a password that the card could not take costs no signature', async () => {
    const { session } = await issuedCard()
    await expect(session.sign(session.prepare(request), pin, new Secret('12'), 'hpke')).rejects.toThrow(RangeError)
    const signed = await session.sign(session.prepare(request), pin, password, 'hpke')
    expect(signed.outcome === 'signed' && signed.answer.witness.counter).toBe(1)
  })
})

test('a terminated card says so, whatever is asked of it', async () => {
  const { session, element } = await issuedCard()
  const outcomes = []
  for (let i = 0; i < 6; i++) outcomes.push((await session.unblock(new Secret('1111111111'), wrongPin)).outcome)
  expect(outcomes).toEqual([...new Array(4).fill('wrong-puk'), 'terminated', 'terminated'])
  expect(await session.sign(session.prepare(request), pin, password, 'hpke')).toEqual({ outcome: 'terminated' })
  expect(await session.triesLeft()).toEqual({ outcome: 'terminated' })
  expect(await CardSession.open(element)).toEqual({ outcome: 'terminated' })
})

test('a card that is taken out at any moment is removed, and its counter never stands still', async () => {
  const { element, session } = await issuedCard()
  const prepared = session.prepare(request)
  for (let apdus = 0; apdus < 30; apdus++) {
    const reader = removedAfter(element, apdus)
    const opened = await CardSession.open(reader)
    const signed = opened.outcome === 'ready' ? await opened.session.sign(prepared, pin, password, 'agreed') : opened
    if (signed.outcome === 'signed') {
      expect(reader.used).toBe(apdus)
      // Signed twice meanwhile, and lost before the answer: after the signature and after the key was chosen.
      expect(signed.answer.witness.counter).toBe(3)
      return
    }
    expect(signed).toEqual({ outcome: 'removed', why: 'taken-out' })
  }
  expect.fail('it never signed')
})

test('what is no card of ours, or nobody has yet, is said to be that', async () => {
  expect(await CardSession.open(await SoftCard.insert(new TestStore(), seeded(1)))).toEqual({ outcome: 'not-ours' })
  const answering = (...response: number[]) => ({
    begin: async () => {},
    end: async () => {},
    transmit: async () => Uint8Array.from(response),
  })
  expect(await CardSession.open(answering(0x6a, 0x82))).toEqual({ outcome: 'not-ours' })
  expect(await CardSession.open(answering(0x90, 0x00))).toEqual({ outcome: 'not-ours' })
  expect(await CardSession.open(answering(0x90))).toEqual({ outcome: 'failed' })
  expect(await CardSession.open(answering(1, 0x61, 0))).toEqual({ outcome: 'failed' })
  expect(await issueCard(answering(0x6a, 0x82), { ...newCard, algorithm: 'Ed25519' })).toEqual({ outcome: 'not-ours' })
  expect(await issueCard(removedAfter(answering(), 0), { ...newCard, algorithm: 'Ed25519' })).toEqual({
    outcome: 'removed',
    why: 'taken-out',
  })
})

test('why there is no card is told, and whoever opens one lets go of it: at once of one that is not ours, in the end of ours', async () => {
  const { element } = await issuedCard()
  const seen: string[] = []
  const watched = (of: SecureElement, begin = () => of.begin()): SecureElement => ({
    begin: () => {
      seen.push('begin')
      return begin()
    },
    end: () => {
      seen.push('end')
      return of.end()
    },
    transmit: apdu => of.transmit(apdu),
  })
  const inUse = () => Promise.reject(new CardRemoved('in-use'))
  expect(await CardSession.open(watched(element, inUse))).toEqual({ outcome: 'removed', why: 'in-use' })
  const nobodys = watched(await SoftCard.insert(new TestStore(), seeded(1)))
  expect(await CardSession.open(nobodys)).toEqual({ outcome: 'not-ours' })
  expect(await issueCard(watched(element, inUse), { ...newCard, algorithm: 'Ed25519' })).toEqual({
    outcome: 'removed',
    why: 'in-use',
  })
  expect(seen).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])

  const opened = await CardSession.open(watched(element))
  if (opened.outcome !== 'ready') throw new Error(opened.outcome)
  expect(seen.at(-1)).toBe('begin')
  await opened.session.close()
  expect(seen.at(-1)).toBe('end')
})

test('a card that lost its power has forgotten what was selected and verified', async () => {
  const { element } = await issuedCard()
  const select = encodeCommand({ ins: 0xa4, p1: 4, p2: 0, data: applicationId, isChained: false })
  const verify = encodeCommand({ ins: 0x20, p1: 0, p2: 0x80, data: pinBlock(pin), isChained: false })
  const isVerified = encodeCommand({ ins: 0x20, p1: 0, p2: 0x80, data: new Uint8Array(), isChained: false })
  await element.transmit(select)
  await element.transmit(verify)
  expect(await element.transmit(isVerified)).toEqual(encodeResponse(0x9000))
  await element.begin()
  expect(await element.transmit(isVerified)).toEqual(encodeResponse(0x6985))
  await element.transmit(select)
  expect(await element.transmit(isVerified)).toEqual(encodeResponse(0x63c3))
})

test('a card that cannot keep its counter has signed nothing', async () => {
  const { session, store } = await issuedCard()
  store.fails = true
  expect(await session.sign(session.prepare(request), pin, password, 'hpke')).toEqual({
    outcome: 'failed',
    status: 0x6581,
  })
  expect(encodeResponse(0x6581)).toEqual(Uint8Array.of(0x65, 0x81))
})
