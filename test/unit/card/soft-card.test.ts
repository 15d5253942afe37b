/** The soft card at its contacts: what each command is answered with, and what a loss of power leaves. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromHex, joined, toHex } from '../../../src/bytes.ts'
import { encodeCommand, mostData, parseCommand } from '../../../src/card/apdu/apdu.ts'
import { ask } from '../../../src/card/apdu/secure-element.ts'
import { readTlvs, tlv } from '../../../src/card/apdu/tlv.ts'
import { protectedHeaderOf, toBeSigned } from '../../../src/card/cose/sign1.ts'
import { isSignedBy } from '../../../src/card/cose/signing.ts'
import { issueCard } from '../../../src/card/issue-card.ts'
import { appendWitness, encodeOrder } from '../../../src/card/order-bytes.ts'
import { pinBlock } from '../../../src/card/pin-block.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import exchanges from '../../fixtures/card/apdus.json' with { type: 'json' }
import { issuedCard, newCard, TestStore } from './cards.ts'
import { asked, holder, payee, pin, puk, seeded } from './cast.ts'

const seed = 20_261_126
const order = encodeOrder({ ...asked, ...holder, type: 'pay', payee, amount: yuan(12_000n) })
const select = '00a4040009f0544f4e4542414e4b00'
const block = (digits: string) => toHex(pinBlock(new Secret(digits)))
const verify = (digits: string) => `0020008008${block(digits)}`
const wrong = verify('000000')

/** Sends commands in hexadecimal, and gives what came back. */
const sender = (element: SoftCard) => async (command: string) => toHex(await element.transmit(fromHex(command)))

async function selected() {
  const card = await issuedCard()
  const send = sender(card.element)
  await send(select)
  return { ...card, send }
}

describe.each(exchanges.exchanges)('$title', ({ card, commands }) => {
  test('is answered as ISO/IEC 7816-4 says', async () => {
    const element =
      card === 'factory' ? await SoftCard.insert(new TestStore(), seeded(1)) : (await issuedCard()).element
    const send = sender(element)
    for (const { command, response } of commands)
      expect(await send(command), command).toMatch(new RegExp(`^${response}$`))
  })
})

test('no APDU is longer than 255 bytes, either way, whatever is sent', async () => {
  const { element } = await issuedCard()
  const lengths: number[] = []
  const counting = {
    transmit: async (apdu: Uint8Array) => {
      const response = await element.transmit(apdu)
      lengths.push(apdu.length, response.length)
      return response
    },
  }
  await ask(counting, { ins: 0xa4, p1: 4, p2: 0, data: fromHex(select.slice(10, 28)) })
  await ask(counting, { ins: 0x20, p1: 0, p2: 0x80, data: pinBlock(pin) })
  const { status, data } = await ask(counting, { ins: 0x2a, p1: 0x9e, p2: 0x9a, data: order })
  expect([status, data.length]).toEqual([0x9000, 68])
  expect(order.length).toBeGreaterThan(mostData)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(255)
  expect(() => encodeCommand({ ins: 1, p1: 0, p2: 0, data: new Uint8Array(241), isChained: false })).toThrow(RangeError)
})

test('a response that is longer than was asked for comes in several, and goes with the next command', async () => {
  const { send } = await selected()
  const whole = await send('00ca010000')
  const [first, second] = [await send('00ca010020'), await send('00c0000010')]
  const rest = await send('00c0000000')
  expect([first, second].map(part => part.slice(-4, -2))).toEqual(['61', '61'])
  expect([first, second, rest].map(part => part.slice(0, -4)).join('')).toBe(whole.slice(0, -4))
  await send('00ca010040')
  await send('00ca9f1700')
  expect(await send('00c0000000')).toBe('6985')
  // A terminal that hears 61 asks on by itself.
  const element = {
    transmit: async (apdu: Uint8Array) => fromHex(await send(toHex(apdu).replace(/^00ca010000$/, '00ca010010'))),
  }
  expect(toHex((await ask(element, { ins: 0xca, p1: 1, p2: 0 })).data)).toBe(whole.slice(0, -4))
})

test('signs order, counter and verification; the counter grows, and outlives the card', async () => {
  const { element, store, identity } = await issuedCard()
  const signedBy = async (card: SoftCard) => {
    await ask(card, { ins: 0xa4, p1: 4, p2: 0, data: fromHex(select.slice(10, 28)) })
    await ask(card, { ins: 0x20, p1: 0, p2: 0x80, data: pinBlock(pin) })
    const { data } = await ask(card, { ins: 0x2a, p1: 0x9e, p2: 0x9a, data: order })
    const counter = new DataView(data.buffer, data.byteOffset).getUint32(0)
    const payload = appendWitness(order, { counter, verified: 'pin' })
    const message = toBeSigned({ protectedHeader: protectedHeaderOf('Ed25519'), payload })
    return { counter, isRight: await isSignedBy(identity.key, message, data.slice(4)) }
  }
  expect(await signedBy(element)).toEqual({ counter: 1, isRight: true })
  expect(await signedBy(element)).toEqual({ counter: 2, isRight: true })
  expect(await signedBy(await SoftCard.insert(store, seeded(9)))).toEqual({ counter: 3, isRight: true })
})

describe('the PIN', () => {
  test('is good for one signature', async () => {
    const { send } = await selected()
    const sign = '002a9e9a010100'
    expect(await send(sign)).toBe('6982')
    expect(await send(verify('246810'))).toBe('9000')
    expect(await send(sign)).toMatch(/^00000001.{128}9000$/)
    expect(await send(sign)).toBe('6982')
  })

  test('is forgotten with another SELECT, and with a wrong one', async () => {
    const { send } = await selected()
    await send(verify('246810'))
    await send(select)
    expect(await send('002a9e9a010100')).toBe('6982')
    await send(verify('246810'))
    expect(await send(wrong)).toBe('63c2')
    expect(await send('002a9e9a010100')).toBe('6982')
  })

  test('closes after three wrong ones, also when the power is cut before the answer', async () => {
    const { store, send } = await selected()
    expect(await send(wrong)).toBe('63c2')
    const again = await SoftCard.insert(store, seeded(2))
    const sendAgain = sender(again)
    await sendAgain(select)
    expect(await sendAgain('00200080')).toBe('63c2')
    expect(await sendAgain(wrong)).toBe('63c1')
    expect(await sendAgain(wrong)).toBe('6983')
    expect(await sendAgain(verify('246810'))).toBe('6983')
    expect(await sendAgain('00200080')).toBe('6983')
  })

  test('is counted in the store before it is compared', async () => {
    const { store, send } = await selected()
    const before = store.kept.length
    await send(verify('246810'))
    // One fewer, then all three again.
    expect(store.kept.length).toBe(before + 2)
    store.fails = true
    expect(await send(verify('246810'))).toBe('6581')
    store.fails = false
    expect(await send('002a9e9a010100')).toBe('6982')
  })

  test('of another length is not tried, and what is no block is not either', async () => {
    const { send } = await selected()
    for (const command of [verify('2468'), verify('2468101'), '0020008008ffffffffffffffff'])
      expect(await send(command)).toBe('6a80')
    expect(await send('002000800426ffffff')).toBe('6700')
    expect(await send('00200080')).toBe('63c3')
  })

  test('after a right one all three tries are there again', async () => {
    const { send } = await selected()
    await send(wrong)
    await send(wrong)
    expect(await send(verify('246810'))).toBe('9000')
    await send(select)
    expect(await send('00200080')).toBe('63c3')
  })
})

describe('the PUK', () => {
  const unblock = (pukDigits: string, pinDigits: string) => `002c008010${block(pukDigits)}${block(pinDigits)}`

  test('sets a new PIN of the same length, which counts anew', async () => {
    const { send } = await selected()
    for (let i = 0; i < 3; i++) await send(wrong)
    expect(await send(unblock(puk.reveal(), '13579'))).toBe('6a80')
    expect(await send(unblock(puk.reveal(), '135790'))).toBe('9000')
    expect(await send(verify('246810'))).toBe('63c2')
    expect(await send(verify('135790'))).toBe('9000')
  })

  test('five wrong ones, and the card is terminated for ever', async () => {
    const { send, store } = await selected()
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await send(unblock('1111111111', '135790')))
    expect(answers).toEqual(['63c4', '63c3', '63c2', '63c1', '6285'])
    expect(await send(unblock(puk.reveal(), '135790'))).toBe('6285')
    expect(await send(verify('246810'))).toBe('6285')
    const sendAgain = sender(await SoftCard.insert(store, seeded(2)))
    expect(await sendAgain(select)).toMatch(/6285$/)
    expect(await sendAgain('00ca9f3600')).toBe('6285')
  })
})

test('a signature is given out only after its counter is kept', async () => {
  const { store, send } = await selected()
  await send(verify('246810'))
  store.fails = true
  expect(await send('002a9e9a010100')).toBe('6581')
  store.fails = false
  await send(verify('246810'))
  expect(await send('002a9e9a010100')).toMatch(/^00000002/)
})

test('the counter ends, and does not begin again', async () => {
  const { store } = await issuedCard()
  const { decodeMemory, encodeMemory } = await import('../../../src/card/soft/memory.ts')
  const memory = decodeMemory(store.kept.at(-1) ?? new Uint8Array())
  await store.save(encodeMemory({ ...memory, counter: 0xffff_fffe }))
  const send = sender(await SoftCard.insert(store, seeded(2)))
  await send(select)
  await send(verify('246810'))
  expect(await send('002a9e9a010100')).toMatch(/^ffffffff.*9000$/)
  await send(verify('246810'))
  expect(await send('002a9e9a010100')).toBe('6985')
})

test('the personal password is sealed once for each signature, under a key that was chosen', async () => {
  const { send } = await selected()
  const encipher = `002a848008${block('90817263')}`
  expect(await send(encipher)).toBe('6985')
  await send(verify('246810'))
  await send('002a9e9a010100')
  expect(await send(encipher)).toBe('6985')
  expect(await send('002241b80384010300')).toBe('6a80')
  expect(await send('002241b80384010200')).toBe('9000')
  expect(await send(encipher)).toMatch(/^.{48}9000$/)
  expect(await send(encipher)).toBe('6985')
})

test('is issued once', async () => {
  const { element } = await issuedCard()
  expect(await issueCard(element, { ...newCard, algorithm: 'P-256' })).toEqual({ outcome: 'already-issued' })
})

test('a memory that is none is not signed with', async () => {
  const { store } = await issuedCard()
  const damaged = joined(store.kept.at(-1) ?? new Uint8Array())
  damaged[7] = (damaged[7] ?? 0) ^ 1
  await store.save(damaged)
  await expect(SoftCard.insert(store, seeded(1))).rejects.toThrow()
})

test('every single-bit change of VERIFY leaves the card without a verified PIN', async () => {
  const right = fromHex(verify('246810'))
  for (let bit = 0; bit < right.length * 8; bit++) {
    const { send, element } = await selected()
    const changed = right.slice()
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await element.transmit(changed)
    expect(await send('002a9e9a010100'), `bit ${bit}`).toMatch(/^(6982|6883)$/)
  }
})

test('whatever APDUs come in, the card answers with a status, and nothing is signed without the PIN', async () => {
  const { element } = await issuedCard()
  await element.transmit(fromHex(select))
  const known = fc.constantFrom(0x20, 0x22, 0x2a, 0x2c, 0x47, 0xa4, 0xc0, 0xca, 0xda)
  const nearly = fc.tuple(fc.constantFrom(0, 0x10), known, fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 80 }))
  const apdus = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    nearly.map(([cla, ins, p1, p2, data]) => Uint8Array.of(cla, ins, p1, p2, data.length, ...data)),
  )
  await fc.assert(
    fc.asyncProperty(apdus, async apdu => {
      const response = await element.transmit(apdu)
      const sw = (response.at(-2) ?? 0) * 256 + (response.at(-1) ?? 0)
      expect(response.length).toBeGreaterThanOrEqual(2)
      expect([0x61, 0x62, 0x63, 0x65, 0x67, 0x68, 0x69, 0x6a, 0x6d, 0x6e, 0x90]).toContain(sw >> 8)
      expect(response.length === 70 && sw === 0x9000).toBe(false)
    }),
    { seed, numRuns: 3_000 },
  )
})

test('commands and data objects, whatever they are, are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 270 }), bytes => {
      const command = parseCommand(bytes)
      if (typeof command !== 'number' && command.data.length <= 240)
        expect(parseCommand(encodeCommand(command))).toEqual({ ...command, mostResponse: mostData })
      const objects = readTlvs(bytes)
      if (objects !== undefined)
        expect(readTlvs(joined(...[...objects].map(([tag, value]) => tlv(tag, value))))).toEqual(objects)
    }),
    { seed, numRuns: 3_000 },
  )
  const long = [0, 127, 128, 255, 256, 300].map(length => new Uint8Array(length).fill(7))
  for (const value of long) expect(readTlvs(tlv(0x7f49, value))?.get(0x7f49)).toEqual(value)
})
