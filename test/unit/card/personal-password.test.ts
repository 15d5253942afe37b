/** The personal password: opened by the issuer alone, for the order that it was sealed with. */
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import { openerWith } from '../../../src/card/cose/hpke.ts'
import { appendWitness, encodeOrder } from '../../../src/card/order-bytes.ts'
import {
  agreedKeyLength,
  openPassword,
  sealedPasswordLength,
  sealPasswordTo,
  sealPasswordUnder,
} from '../../../src/card/personal-password.ts'
import { pinBlock, pinInBlock } from '../../../src/card/pin-block.ts'
import { Secret } from '../../../src/secret.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import { asked, bank, holder, password, seeded, shop } from './cast.ts'

const random = seeded(3)
const agreedKey = random(agreedKeyLength)
const keys = { issuer: bank, open: openerWith(fromHex(hpke3.private)), agreedKey }
const order = encodeOrder({ ...asked, ...holder, type: 'sign-in' })
const payload = appendWitness(order, { counter: 5, verified: 'pin' })
const later = appendWitness(order, { counter: 6, verified: 'pin' })

const sealed = {
  hpke: () => sealPasswordTo(random, { issuer: bank, issuerKey: fromHex(hpke3.public) }, password, payload),
  agreed: () => sealPasswordUnder(agreedKey, password, payload),
}

describe.each(['hpke', 'agreed'] as const)('%s', form => {
  test('there and back', async () => {
    const message = await sealed[form]()
    expect(message.bytes).toHaveLength(sealedPasswordLength[form])
    expect((await openPassword(keys, message, payload))?.reveal()).toBe(password.reveal())
  })

  test('is of one order, one bank and one card', async () => {
    const message = await sealed[form]()
    expect(await openPassword(keys, message, later)).toBeUndefined()
    const others = { issuer: shop, open: openerWith(random(32)), agreedKey: random(agreedKeyLength) }
    expect(await openPassword(others, message, payload)).toBeUndefined()
    if (form === 'hpke') expect(await openPassword({ ...keys, issuer: shop }, message, payload)).toBeUndefined()
  })

  test('every single-bit change is refused, and every other length', async () => {
    const message = await sealed[form]()
    for (let bit = 0; bit < message.bytes.length * 8; bit++) {
      const bytes = message.bytes.slice()
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      // The top bit of an X25519 key says nothing (RFC 7748 section 5), but HPKE hashes the key as it is written.
      expect(await openPassword(keys, { form, bytes }, payload), `bit ${bit}`).toBeUndefined()
    }
    expect(await openPassword(keys, { form, bytes: message.bytes.slice(1) }, payload)).toBeUndefined()
  })
})

describe('PIN blocks (ISO 9564-1 format 2)', () => {
  test('of 4 to 12 digits, there and back', () => {
    expect(toHex(pinBlock(new Secret('1234')))).toBe('241234ffffffffff')
    expect(toHex(pinBlock(new Secret('123456789012')))).toBe('2c123456789012ff')
    for (const digits of ['0000', '98765', '123456789012'])
      expect(pinInBlock(pinBlock(new Secret(digits)))?.reveal()).toBe(digits)
    for (const digits of ['123', '1234567890123', '12a4', ''])
      expect(() => pinBlock(new Secret(digits))).toThrow(RangeError)
  })

  test.each([
    '141234ffffffffff',
    '251234ffffffffff',
    '24123fffffffffff',
    '2d1234567890123f',
    '241234fffffffff0',
    '241234ffffffff',
    '2412345fffffffff',
  ])('%s is none', block => {
    expect(pinInBlock(fromHex(block))).toBeUndefined()
  })
})
