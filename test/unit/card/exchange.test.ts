/**
 * One payment from request to judgement, with every message in hexadecimal: `test/fixtures/card/exchange.json` is what a terminal that was
 * built from the page can be held against. A change here is a change of the protocol.
 */
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/bytes.ts'
import { openerWith } from '../../../src/card/cose/hpke.ts'
import { judgeOrder } from '../../../src/card/judge.ts'
import { decryptAnswer, encodeDigitAnswer, encryptAnswer, parseDigitAnswer } from '../../../src/card/messages/answer.ts'
import { encodeChallenge } from '../../../src/card/messages/challenge.ts'
import { splitForDigits } from '../../../src/card/messages/parts.ts'
import { encodeRequest, parseRequest } from '../../../src/card/messages/request.ts'
import { appendWitness } from '../../../src/card/order-bytes.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import hpke3 from '../../fixtures/card/cose-hpke-3.json' with { type: 'json' }
import exchange from '../../fixtures/card/exchange.json' with { type: 'json' }
import { issuedCard, newCard } from './cards.ts'
import { askedAt, bank, bankNumber, password, pin, seeded, shop } from './cast.ts'
import { booksFor, request } from './trials.ts'

/** The receiver's key is the published one, and so is the issuer's. */
const open = openerWith(fromHex(hpke3.private))

test('every message of a payment is what the fixture says', async () => {
  const card = await issuedCard()
  const { session, identity } = card
  const prepared = session.prepare(request)
  const signed = await session.sign(prepared, pin, password, 'hpke')
  const again = await session.sign(prepared, pin, password, 'agreed')
  if (signed.outcome !== 'signed' || again.outcome !== 'signed') throw new Error(signed.outcome)
  const receiver = { receiver: shop, receiverKey: fromHex(hpke3.public) }
  const sound = await encryptAnswer(seeded(99), receiver, signed.answer)
  const digits = encodeDigitAnswer(again.answer)
  expect({
    agreedKey: toHex(newCard.agreedKey),
    cardPublicKey: toHex(identity.key.bytes),
    request: toHex(encodeRequest(request)),
    challenge: toHex(encodeChallenge({ ...request, receiver: bankNumber })),
    order: toHex(prepared.bytes),
    signedPayload: toHex(appendWitness(prepared.bytes, signed.answer.witness)),
    sign1: toHex(rebuildSigned(request, signed.answer, bank)),
    passwordToIssuer: toHex(signed.answer.password.bytes),
    answerAsSound: toHex(sound),
    passwordUnderAgreedKey: toHex(again.answer.password.bytes),
    answerAsDigits: toHex(digits),
    frames: splitForDigits(digits, 3).map(toHex),
  }).toEqual(exchange.messages)
})

test('what the fixture says is read, opened, and judged genuine', async () => {
  const card = await issuedCard()
  const { messages } = exchange
  expect(parseRequest(fromHex(messages.request))).toEqual(request)
  const answers = [
    await decryptAnswer(shop, open, fromHex(messages.answerAsSound)),
    parseDigitAnswer(fromHex(messages.answerAsDigits)),
  ]
  for (const answer of answers) {
    if (answer === undefined) throw new Error('no answer')
    const books = booksFor(card)
    const put = { sealed: answer.password, judge: books.judge() }
    const message = rebuildSigned(request, answer, bank)
    const judgement = await judgeOrder({ message, receiver: shop, now: askedAt, password: put }, books)
    expect(judgement.outcome).toBe('genuine')
    expect(books.compared).toBe(1)
  }
})
