/** The judgement of an order: each refusal with its reason, replays never, and nothing that was changed. */
import { describe, expect, test } from 'vitest'
import { judgeOrder } from '../../../src/card/judge.ts'
import { encodeDigitAnswer, parseDigitAnswer } from '../../../src/card/messages/answer.ts'
import type { OrderRequest } from '../../../src/card/order.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import { issuedCard } from './cards.ts'
import { askedAt, bank, matters, password, pin, seeded, shop } from './cast.ts'
import { booksFor, presentedOf, request, signedAnswer, trials, verdictOf } from './trials.ts'

test.each(await trials())('$name: $expected', async trial => {
  expect(verdictOf(await trial.run(judgeOrder))).toBe(trial.expected)
})

test('a genuine order says what it uses up, and changes nothing by itself', async () => {
  const card = await issuedCard()
  const books = booksFor(card)
  const presented = await presentedOf(card, books)
  const [first, second] = [await judgeOrder(presented, books), await judgeOrder(presented, books)]
  expect(first).toEqual(second)
  expect(first).toMatchObject({ outcome: 'genuine', order: request, witness: { counter: 1, verified: 'pin' } })
  if (first.outcome !== 'genuine') return
  books.use(first)
  expect(verdictOf(await judgeOrder(presented, books))).toBe('used-nonce')
})

test.each(matters)('an order to $type is judged without a payee, or with its payee’s name', async matter => {
  const card = await issuedCard('P-256')
  const books = booksFor(card)
  const of: OrderRequest = { ...request, ...matter }
  books.ask(of)
  expect(verdictOf(await judgeOrder(await presentedOf(card, books, of), books))).toBe('genuine')
})

test('replays and uses across receivers: none of 10,000 accepted, and no password compared', async () => {
  const card = await issuedCard()
  const books = booksFor(card)
  const random = seeded(20_261_126)
  const judge = books.judge()
  const answer = await signedAnswer(card, request)
  const accepted = await judgeOrder(
    {
      message: rebuildSigned(request, answer, bank),
      receiver: shop,
      now: askedAt,
      password: { sealed: answer.password, judge },
    },
    books,
  )
  if (accepted.outcome !== 'genuine') throw new Error(verdictOf(accepted))
  books.use(accepted)
  books.compared = 0

  const reasons = new Map<string, number>()
  for (let i = 0; i < 10_000; i++) {
    const [kind = 0, of = 0] = random(2)
    const fresh: OrderRequest = { ...request, nonce: random(8), receiver: of % 2 === 0 ? shop : bank }
    books.ask(fresh)
    // The same again; the same at another; rebuilt for a request that waits; with a counter made higher; with another nonce unasked.
    const replay = [
      () => ({ of: request, receiver: shop, counter: 1 }),
      () => ({ of: request, receiver: bank, counter: 1 }),
      () => ({ of: fresh, receiver: fresh.receiver, counter: 1 }),
      () => ({ of: fresh, receiver: fresh.receiver, counter: 2 + of }),
      () => ({ of: { ...request, nonce: random(8) }, receiver: shop, counter: 1 }),
    ][kind % 5]?.() ?? { of: request, receiver: shop, counter: 1 }
    const witness = { counter: replay.counter, verified: 'pin' } as const
    const message = rebuildSigned(replay.of, { ...answer, witness }, bank)
    const put = { message, receiver: replay.receiver, now: askedAt, password: { sealed: answer.password, judge } }
    const verdict = verdictOf(await judgeOrder(put, books))
    reasons.set(verdict, (reasons.get(verdict) ?? 0) + 1)
  }
  expect([...reasons.keys()].sort()).toEqual([
    'bad-signature',
    'foreign-nonce',
    'old-counter',
    'other-receiver',
    'used-nonce',
  ])
  expect(books.compared).toBe(0)
}, 120_000)

describe('every single-bit change', () => {
  test('of a signed message is refused', async () => {
    const card = await issuedCard()
    const books = booksFor(card)
    const presented = await presentedOf(card, books)
    for (let bit = 0; bit < presented.message.length * 8; bit++) {
      const message = presented.message.slice()
      message[bit >> 3] = (message[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect((await judgeOrder({ ...presented, message }, books)).outcome, `bit ${bit}`).toBe('refused')
    }
    expect(books.compared).toBe(0)
  })

  test('of an answer is refused, at the latest when the personal password is opened', async () => {
    const card = await issuedCard()
    const books = booksFor(card)
    const sent = encodeDigitAnswer(await signedAnswer(card, request))
    for (let bit = 0; bit < sent.length * 8; bit++) {
      const changed = sent.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const answer = parseDigitAnswer(changed)
      if (answer === undefined) continue
      const message = rebuildSigned(request, answer, bank)
      const put = { message, receiver: shop, now: askedAt, password: { sealed: answer.password, judge: books.judge() } }
      expect((await judgeOrder(put, books)).outcome, `bit ${bit}`).toBe('refused')
    }
    expect(books.compared).toBe(0)
  })

  test('of what the card is given to sign is refused by the receiver', async () => {
    const card = await issuedCard()
    const books = booksFor(card)
    const { bytes, shown } = card.session.prepare(request)
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const changed = bytes.slice()
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const signed = await card.session.sign({ bytes: changed, shown }, pin, password, 'agreed')
      if (signed.outcome !== 'signed') throw new Error(signed.outcome)
      const put = { message: rebuildSigned(request, signed.answer, bank), receiver: shop, now: askedAt }
      expect(verdictOf(await judgeOrder(put, books)), `bit ${bit}`).toBe('bad-signature')
    }
  })
})
