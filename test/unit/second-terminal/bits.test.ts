/** One bit of an order, of a frame, of an answer or of what terminal and card say to each other is another one: ours refuses it. */
import { expect, test } from 'vitest'
import { judgeOrder } from '../../../src/card/judge.ts'
import { parseDigitAnswer } from '../../../src/card/messages/answer.ts'
import { encodeChallenge } from '../../../src/card/messages/challenge.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { DigitFrameReader } from '../../../src/modem/dtmf/frame.ts'
import { hex, joined, number } from '../../support/second-terminal/bytes.ts'
import { CardKey } from '../../support/second-terminal/card-key.ts'
import { CardReader, type Transmit } from '../../support/second-terminal/card-reader.ts'
import { inParts, readChallenge, writeAnswer } from '../../support/second-terminal/messages.ts'
import { putTogether, toBeSigned } from '../../support/second-terminal/order.ts'
import { fromDigits, toDigits } from '../../support/second-terminal/push-button-frame.ts'
import { withCheckBytes } from '../../support/second-terminal/reed-solomon.ts'
import { issuedCard, type TestCard } from '../card/cards.ts'
import { askedAt, bank, bankNumber, card, holder, password, payee, pin, seeded, shop } from '../card/cast.ts'
import { booksFor, request } from '../card/trials.ts'
import { directoryOf } from './directories.ts'

const directory = directoryOf({ number: bankNumber, id: shop, collectsAt: payee }, [payee])
const challenge = readChallenge(encodeChallenge({ ...request, receiver: bankNumber }))

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

/** Every `stride`th bit: odd, so that it comes to each place in a byte. */
function bitsOf(bytes: Uint8Array, stride: number): readonly number[] {
  return Array.from({ length: Math.ceil((bytes.length * 8) / stride) }, (_, at) => at * stride)
}

/** The second terminal with our card: all of a payment but the line. Undefined where it does not come to an answer. */
async function answerBy(transmit: Transmit): Promise<Uint8Array | undefined> {
  const reader = new CardReader(transmit)
  const found = await reader.identify()
  const order = found && challenge && putTogether(challenge, directory, found, {})
  if (found === undefined || order === undefined) return undefined
  if ((await reader.verify(pin.reveal())).outcome !== 'right') return undefined
  const signed = await reader.sign(order.bytes)
  const sealed = signed && (await reader.seal(password.reveal()))
  if (signed === undefined || sealed === undefined) return undefined
  const { algorithm, card: number, account } = found
  return writeAnswer({ ...signed, algorithm, card: number, account, password: sealed })
}

/** As a bank judges it that asked for it. */
async function verdictOf(test: TestCard, bytes: Uint8Array): Promise<string> {
  const answer = parseDigitAnswer(bytes)
  if (answer === undefined) return 'unreadable'
  const books = booksFor(test)
  const message = rebuildSigned(request, answer, bank)
  const sealed = { sealed: answer.password, judge: books.judge() }
  const judgement = await judgeOrder({ message, receiver: shop, now: askedAt + 20, password: sealed }, books)
  return judgement.outcome === 'refused' ? judgement.reason : judgement.outcome
}

test('of an order', async () => {
  const issued = await issuedCard()
  const key = new CardKey(1)
  const order = challenge && putTogether(challenge, directory, holder, {})
  if (order === undefined) throw new Error('no order')
  const judged = async (bytes: Uint8Array, signature: Uint8Array) => {
    const payload = toBeSigned(bytes, 1)
    const length =
      payload.length < 256
        ? joined(Uint8Array.of(0x58), number(payload.length, 1))
        : joined(Uint8Array.of(0x59), number(payload.length, 2))
    const message = joined(
      Uint8Array.of(0x84, 0x43, 0xa1, 0x01, 0x27, 0xa0),
      length,
      payload,
      Uint8Array.of(0x58, 64),
      signature,
    )
    const books = booksFor(issued)
    const registered = {
      issuer: bank,
      account: holder.account,
      expiresAt: askedAt + 1_000,
      state: 'active',
      counter: 0,
    } as const
    books.cards.set(card, { ...registered, key: { algorithm: 'Ed25519', bytes: key.publicBytes } })
    return (await judgeOrder({ message, receiver: shop, now: askedAt + 20 }, books)).outcome
  }
  const signature = key.sign(toBeSigned(order.bytes, 1))
  expect(await judged(order.bytes, signature)).toBe('genuine')
  for (const bit of bitsOf(order.bytes, 23)) {
    const other = flipped(order.bytes, bit)
    // On its way, and by a terminal that had its card sign it.
    expect([bit, await judged(other, signature)]).toEqual([bit, 'refused'])
    expect([bit, await judged(other, key.sign(toBeSigned(other, 1)))]).toEqual([bit, 'refused'])
  }
})

test('of an answer', async () => {
  const issued = await issuedCard()
  const answer = await answerBy(apdu => issued.element.transmit(apdu))
  if (answer === undefined) throw new Error('no answer')
  expect(await verdictOf(issued, answer)).toBe('genuine')
  for (const bit of bitsOf(answer, 7))
    expect([bit, await verdictOf(issued, flipped(answer, bit))]).not.toEqual([bit, 'genuine'])
})

test('of a frame: what is read is what was meant', () => {
  const [part = new Uint8Array()] = inParts(3, seeded(9)(103))
  const frame = { type: 4, sequence: 17, keyId: 0, payload: part }
  const content = joined(Uint8Array.of(frame.type, frame.sequence, frame.keyId), part)
  const ours = (digits: string) => {
    const reader = new DigitFrameReader()
    for (const [at, digit] of [...digits].entries()) {
      const read = reader.push(digit, at * 100)
      if (read.outcome !== 'nothing') return read
    }
    return reader.finish()
  }
  const word = withCheckBytes(withCrc(content))
  expect(ours(digitsOf(word))).toMatchObject({ outcome: 'frame', payload: content })
  expect(fromDigits(digitsOf(word))).toEqual(frame)
  for (const bit of bitsOf(word, 31)) {
    // On the line it is mended by ours, and refused by one that mends nothing.
    expect([bit, ours(digitsOf(flipped(word, bit)))]).toMatchObject([bit, { outcome: 'frame', payload: content }])
    expect([bit, fromDigits(digitsOf(flipped(word, bit)))]).toEqual([bit, undefined])
  }
  // Before the check bytes were made: nothing mends it, and the CRC-32 refuses it.
  for (const bit of bitsOf(withCrc(content), 101)) {
    const other = digitsOf(withCheckBytes(flipped(withCrc(content), bit)))
    expect([bit, ours(other).outcome, fromDigits(other)]).toEqual([bit, 'garbled', undefined])
  }
})

function withCrc(content: Uint8Array): Uint8Array {
  const [type = 0, sequence = 0, keyId = 0] = content
  const digits = toDigits({ type, sequence, keyId, payload: content.slice(3) })
  return bytesOf(digits).slice(0, -14)
}

const alphabet = '0123456789*#ABCD'
const digitsOf = (bytes: Uint8Array) => [...hex(bytes)].map(half => alphabet.charAt(Number.parseInt(half, 16))).join('')
const bytesOf = (digits: string) =>
  new Uint8Array(Buffer.from([...digits].map(digit => alphabet.indexOf(digit).toString(16)).join(''), 'hex'))

test('of what terminal and card say to each other', async () => {
  const issued = await issuedCard()
  const memory = await issued.store.load()
  /** Counts the bits of one way, and changes one. */
  const payWith = async (way: 'command' | 'response', bit: number) => {
    const element = await SoftCard.insert({ load: async () => memory, save: async () => {} }, seeded(7))
    let passed = 0
    let place: Place = { name: '', byte: 0, length: 0 }
    const pass = (bytes: Uint8Array, name: string) => {
      const here = bit - passed
      passed += bytes.length * 8
      if (here < 0 || here >= bytes.length * 8) return bytes
      place = { name, byte: here >> 3, length: bytes.length }
      return flipped(bytes, here)
    }
    const answer = await answerBy(async command => {
      const name = hex(command.slice(1, 4))
      if (way === 'command') return element.transmit(pass(command, name))
      return pass(await element.transmit(command), name)
    })
    return { place, verdict: answer === undefined ? 'no answer' : await verdictOf(issued, answer), bits: passed }
  }
  for (const way of ['command', 'response'] as const) {
    const { bits, verdict } = await payWith(way, -1)
    expect(verdict).toBe('genuine')
    for (let bit = 0; bit < bits; bit += 37) {
      const done = await payWith(way, bit)
      if (!isNotRead(way, done.place)) expect([way, done]).not.toMatchObject([way, { verdict: 'genuine' }])
    }
  }
})

interface Place {
  readonly name: string
  readonly byte: number
  readonly length: number
}

/**
 * What changes nothing of a payment: how long a response may be; what SELECT tells of the application; and of who the card is what this
 * terminal does not look at, which is when it expires, how many digits its PIN has, and its public key.
 */
function isNotRead(way: 'command' | 'response', { name, byte, length }: Place): boolean {
  if (way === 'command') return ['ca0100', '2a9e9a', '2a8480'].includes(name) && byte === length - 1
  if (name === 'a40400') return byte < length - 2
  return name === 'ca0100' && byte >= 32 && byte < length - 2
}
