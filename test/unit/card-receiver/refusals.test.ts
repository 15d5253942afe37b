/** Every refusal of what a card signed at a payee: each has its reason, and moves nothing at either end. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bothSign } from '../../../demo/two-people.ts'
import { makeCardNumber } from '../../../src/card/numbers.ts'
import type { ReceiverPayment } from '../../../src/card-receiver/edge.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { type AskedAtPayee, type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import { asDigits, signedBy } from '../../support/cards.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { faultsOf } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { institutionNumber } from '../card/cast.ts'

const runtime = new VirtualRuntime({ seed: 352 })
let payee: CardPayee
beforeAll(() =>
  runtime.run(async () => {
    payee = await openCardPayee(runtime)
  }),
)
afterAll(() => payee.world.close())

interface Try {
  readonly name: string
  readonly asked: AskedAtPayee
}

const digits = async (request: AskedAtPayee['request']) =>
  asDigits(await signedBy(runtime, payee.card, request, 'agreed'))
const send = ({ name, asked }: Try, answer: Parameters<CardPayee['world']['merchant']['payByCard']>[0]['answer']) =>
  payee.world.merchant.payByCard({ intent: intentId(name), nonce: asked.request.nonce, answer })
/** The card signs something else than was asked. */
const signing =
  (other: (request: AskedAtPayee['request']) => AskedAtPayee['request']) =>
  async (tried: Try): Promise<ReceiverPayment> =>
    send(tried, await digits(other(tried.asked.request)))

const kinds: readonly (readonly [what: string, expected: object, how: (tried: Try) => Promise<ReceiverPayment>])[] = [
  ['another amount', { reason: 'bad-signature' }, signing(asked => ({ ...asked, amount: money(1n) }))],
  [
    'another receiver',
    { reason: 'bad-signature' },
    signing(asked => ({ ...asked, receiver: institutionId('harbour') })),
  ],
  [
    'another account of the payee',
    { reason: 'bad-signature' },
    signing(asked => ({ ...asked, payee: { ...asked.payee, account: payee.world.customers.dora.account } })),
  ],
  [
    'another name of the payee',
    { reason: 'bad-signature' },
    signing(asked => ({ ...asked, payee: { ...asked.payee, name: 'Somebody' } })),
  ],
  [
    'another time',
    { reason: 'bad-signature' },
    signing(asked => ({ ...asked, issuedAt: asked.issuedAt + 1, expiresAt: asked.expiresAt + 1 })),
  ],
  [
    'a nonce that nobody asked with',
    { reason: 'foreign-nonce' },
    async ({ name, asked }) => {
      const request = { ...asked.request, nonce: runtime.random(8) }
      return payee.world.merchant.payByCard({
        intent: intentId(name),
        nonce: request.nonce,
        answer: await digits(request),
      })
    },
  ],
  [
    'an answer for another receiver',
    { outcome: 'unreadable-answer' },
    async tried => send(tried, { ...(await payee.answerTo(tried.asked)), keyId: 2 }),
  ],
  [
    'an answer that was changed on its way',
    { outcome: 'unreadable-answer' },
    async tried => {
      const { bytes, ...answer } = await payee.answerTo(tried.asked)
      return send(tried, { ...answer, bytes: bytes.map((byte, at) => (at === 100 ? byte ^ 1 : byte)) })
    },
  ],
  [
    'another account than the card’s',
    // The account is in what was signed.
    { reason: 'bad-signature' },
    async tried => {
      const request = tried.asked.request
      const answer = await signedBy(runtime, payee.card, request, 'agreed')
      return send(tried, asDigits({ ...answer, account: payee.world.customers.dora.account }))
    },
  ],
  [
    'a card of a bank that has not admitted the payee',
    { reason: 'unknown-card' },
    async tried => {
      const answer = await signedBy(runtime, payee.card, tried.asked.request, 'agreed')
      return send(tried, asDigits({ ...answer, card: makeCardNumber(institutionNumber(6300), 1) }))
    },
  ],
  [
    'a card that its bank never issued',
    { reason: 'unknown-card' },
    async tried => {
      const answer = await signedBy(runtime, payee.card, tried.asked.request, 'agreed')
      return send(tried, asDigits({ ...answer, card: makeCardNumber(institutionNumber(6200), 1) }))
    },
  ],
  [
    'what ended with the next order under its intent',
    { reason: 'used-nonce' },
    async tried => {
      await payee.ask(tried.name)
      return send(tried, await digits(tried.asked.request))
    },
  ],
  [
    'what somebody was told is not done, by intent',
    { reason: 'used-nonce' },
    async tried => {
      expect(await payee.world.merchant.becameOfCardIntent(intentId(tried.name))).toEqual({ outcome: 'not-done' })
      return send(tried, await digits(tried.asked.request))
    },
  ],
  [
    'what somebody was told is not done, by card, counter and nonce',
    { reason: 'used-nonce' },
    async tried => {
      const answer = await signedBy(runtime, payee.card, tried.asked.request, 'agreed')
      const { card, witness } = answer
      const { nonce } = tried.asked.request
      const became = await payee.world.merchant.becameOfCard({ card, counter: witness.counter, nonce })
      expect(became).toEqual({ outcome: 'not-done' })
      return send(tried, asDigits(answer))
    },
  ],
  [
    'a late answer',
    { reason: 'late' },
    async tried => {
      const answer = await digits(tried.asked.request)
      runtime.jumpWallClock(301_000)
      return send(tried, answer)
    },
  ],
  [
    'a wrong personal password',
    { reason: 'wrong-password', triesLeft: 2 },
    async tried => send(tried, await payee.answerTo(tried.asked, new Secret('55667788'))),
  ],
]

test.each(kinds)('%s: refused, and nothing moves', (what, expected, how) =>
  runtime.run(async () => {
    const before = await payee.balances()
    const became = await how({ name: what, asked: await payee.ask(what) })
    expect(became).toEqual('outcome' in expected ? expected : { outcome: 'refused', ...expected })
    expect(await payee.balances()).toEqual(before)
    expect(await faultsOf(payee.world)).toEqual([])
  }),
)

test('who knows a card’s number, and guesses at its counter, finds out nothing and spoils no order', () =>
  runtime.run(async () => {
    const { merchant } = payee.world
    const asked = await payee.ask('meanwhile')
    const { nonce } = asked.request
    const answer = await signedBy(runtime, payee.card, asked.request, 'agreed')
    const signature = { card: answer.card, counter: answer.witness.counter }
    const guess = { ...signature, nonce: Uint8Array.from(nonce, byte => byte ^ 1) }
    expect(await merchant.becameOfCard(guess)).toEqual({ outcome: 'not-done' })
    expect(await send({ name: 'meanwhile', asked }, asDigits(answer))).toMatchObject({ outcome: 'paid' })
    expect(await merchant.becameOfCard(guess)).toEqual({ outcome: 'not-done' })
    for (const wrong of [{ counter: signature.counter + 1 }, { card: makeCardNumber(institutionNumber(6200), 1) }])
      expect(await merchant.becameOfCard({ ...signature, nonce, ...wrong })).toEqual({ outcome: 'not-done' })
    expect(await merchant.becameOfCard({ ...signature, nonce })).toMatchObject({ outcome: 'paid' })
  }))

test('a blocked card is refused at once, to whoever signs with it alone; one in use again pays', () =>
  runtime.run(async () => {
    const { world, card } = payee
    const { account } = world.customers.cai
    const asked = await payee.ask('blocked')
    await world.bank.block({ intent: intentId('lost'), account, what: 'card', channel: 'telephone' })
    await arrived()
    const carried = world.mail.carried.length
    expect(await payee.send('blocked', asked, await payee.answerTo(asked))).toEqual({
      ...{ outcome: 'refused', reason: 'blocked' },
    })
    // Nobody was asked.
    expect(world.mail.carried.length).toBe(carried)
    // Whoever knows its number alone hears no more than of any card, after as long a way.
    const forged = await signedBy(runtime, card, asked.request, 'agreed')
    const signature = forged.signature.map(byte => byte ^ 1)
    expect(await send({ name: 'blocked', asked }, asDigits({ ...forged, signature }))).toEqual({
      ...{ outcome: 'refused', reason: 'bad-signature' },
    })
    expect(world.mail.carried.length).toBeGreaterThan(carried)
    await bothSign(world.harbour, runtime, world.staff, 'unblock-card', { card: card.number })
    await arrived()
    expect(await payee.pay('in use', yuan(1n))).toMatchObject({ outcome: 'paid' })
    expect(await faultsOf(world)).toEqual([])
  }))

test('a payee that was dismissed asks for nothing, and collects nothing', () =>
  runtime.run(async () => {
    const { world } = payee
    const asked = await payee.ask('dismissed')
    await bothSign(world.harbour, runtime, world.staff, 'dismiss-receiver', { receiver: 'lantern' })
    const answer = await payee.answerTo(asked)
    const before = await payee.balances()
    const sent = await payee.send('dismissed', asked, answer)
    expect(sent).toMatchObject({ outcome: 'refused' })
    await arrived()
    expect(await world.merchant.askByCard({ intent: intentId('after'), amount: yuan(1n) })).toEqual({
      outcome: 'no-cards',
    })
    expect(await payee.balances()).toEqual(before)
    expect(await faultsOf(world)).toEqual([])
  }))

async function arrived(): Promise<void> {
  payee.world.harbour.mail.wake()
  await payee.world.harbour.mail.idle()
  await payee.world.lantern.mail.idle()
}
