/** Letters that forward what was never signed for this receiver, or was paid before: each with what is to become of it at the bank. */
import type { OrderRequest, Payee } from '../../../src/card/order.ts'
import { rebuildSigned } from '../../../src/card/rebuild.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { Letter } from '../../../src/mail/messages.ts'
import { type Money, money, yuan } from '../../../src/money.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { type CardPayee, openCardPayee } from '../../support/card-payee.ts'
import { asDigits, copyOf, type HeldCard, signedBy } from '../../support/cards.ts'
import { institutionId, intentId } from '../../support/ids.ts'

export interface Forwarded {
  readonly from: InstitutionId
  readonly body: Letter<'card-payment'>
}

export interface Replay extends Forwarded {
  readonly what: string
  readonly expected: string
}

export interface Replayed {
  readonly payee: CardPayee
  readonly replays: readonly Replay[]
  /** That were never sent: of one counter, in two orders. Whichever comes first is paid. */
  readonly genuine: readonly [Forwarded, Forwarded]
}

const lantern = institutionId('lantern')
const harbour = institutionId('harbour')

interface Parts {
  readonly runtime: Runtime
  readonly card: HeldCard
  /** The same card, as its memory was before it had paid. */
  readonly old: HeldCard
  readonly own: Payee
  readonly paid: readonly Forwarded[]
}

/** `count`: how many replays, of every kind in turn. */
export async function makeReplays(runtime: Runtime, count: number): Promise<Replayed> {
  const payee = await openCardPayee(runtime)
  const { card, world } = payee
  const old = await copyOf(runtime, card)
  const { request } = await payee.ask('its payee')
  const paid: Forwarded[] = []
  const parts: Parts = { runtime, card, old, own: request.payee, paid }
  for (let i = 0; i < 10; i++) {
    const name = `paid ${i}`
    const asked = await payee.ask(name, yuan(100n))
    const answer = await signedBy(runtime, card, asked.request, 'agreed')
    const { nonce } = asked.request
    const became = await world.merchant.payByCard({ intent: intentId(name), nonce, answer: asDigits(answer) })
    if (became.outcome !== 'paid') throw new Error(`${name}: ${JSON.stringify(became.outcome)}`)
    paid.push({
      from: lantern,
      body: { message: rebuildSigned(asked.request, answer, harbour), password: answer.password },
    })
  }
  const replays: Replay[] = []
  while (replays.length < count)
    for (const kind of kinds) if (replays.length < count) replays.push(await kind(parts, replays.length))
  const twin = await copyOf(runtime, card)
  const genuine = [await forwarding(parts, {}, card), await forwarding(parts, {}, twin)] as const
  return { payee, replays, genuine }
}

/** A new order for this payee, but for what is said otherwise, as its card signs it. */
async function forwarding(
  { runtime, own, card }: Parts,
  other: Partial<OrderRequest> & { readonly payee?: Payee; readonly amount?: Money } = {},
  held = card,
): Promise<Forwarded> {
  const issuedAt = Math.trunc(runtime.wallNow() / 1_000)
  const times = { issuedAt, expiresAt: issuedAt + 300 }
  const asked = { receiver: lantern, nonce: runtime.random(8), ...times }
  const request = { ...asked, type: 'pay', payee: own, amount: yuan(100n), ...other } as OrderRequest
  const answer = await signedBy(runtime, held, request, 'agreed')
  return { from: lantern, body: { message: rebuildSigned(request, answer, harbour), password: answer.password } }
}

const paidOf = ({ paid }: Parts, i: number): Forwarded => paid[i % paid.length] as Forwarded

/** An order that is another one than this receiver may collect by. */
const ordering =
  (what: string, expected: string, other: (parts: Parts) => Parameters<typeof forwarding>[1]) =>
  async (parts: Parts): Promise<Replay> => ({ what, expected, ...(await forwarding(parts, other(parts))) })

const kinds: readonly ((parts: Parts, i: number) => Promise<Replay>)[] = [
  async (parts, i) => ({ what: 'what was paid, once more', expected: 'paid', ...paidOf(parts, i) }),
  async (parts, i) => {
    const { from, body } = paidOf(parts, i)
    const password = (await forwarding(parts)).body.password
    return { what: 'what was paid, with another password', expected: 'used-nonce', from, body: { ...body, password } }
  },
  async (parts, i) => ({
    ...{ what: 'what another receiver was paid', expected: 'other-receiver' },
    ...{ ...paidOf(parts, i), from: institutionId('talent') },
  }),
  async parts => ({
    ...{ what: 'what was asked by another receiver', expected: 'other-receiver' },
    ...(await forwarding(parts, { receiver: institutionId('talent') })),
  }),
  async parts => ({
    ...{ what: 'its own order, by who may not collect', expected: 'not-its-payee' },
    ...(await forwarding(parts, { receiver: institutionId('talent') })),
    from: institutionId('talent'),
  }),
  async parts => {
    // It counts from where it was copied, each time.
    const copy = await copyOf(parts.runtime, parts.old)
    return { what: 'a counter that was used', expected: 'old-counter', ...(await forwarding(parts, {}, copy)) }
  },
  async parts => {
    const { from, body } = await forwarding(parts)
    const message = body.message.map((byte, at) => (at === body.message.length - 1 ? byte ^ 1 : byte))
    return { what: 'another signature', expected: 'bad-signature', from, body: { ...body, message } }
  },
  async parts => {
    const [{ body }, { from, body: another }] = [await forwarding(parts), await forwarding(parts)]
    const given = { from, body: { ...body, password: another.password } }
    return { what: 'the password of another order', expected: 'password-unopenable', ...given }
  },
  async parts => {
    const { from, body } = await forwarding(parts)
    return { what: 'no order at all', expected: 'unreadable', from, body: { ...body, message: body.message.slice(1) } }
  },
  ordering('another name of its payee', 'payee-name', ({ own }) => ({ payee: { ...own, name: 'Somebody' } })),
  ordering('another bank’s payee', 'unknown-payee', ({ own }) => ({ payee: { ...own, bank: institutionId('hill') } })),
  ordering('a transfer', 'changed-field type', () => ({ type: 'transfer' })),
  ordering('money out of the firm', 'changed-field type', () => ({ type: 'fund', direction: 'out' })),
  ordering('another currency', 'changed-field currency', () => ({
    amount: { ...money(1n), asset: { code: 'USD', scale: 2 } },
  })),
  ordering('what was asked long ago', 'late', ({ runtime }) => {
    const issuedAt = Math.trunc(runtime.wallNow() / 1_000) - 301
    return { issuedAt, expiresAt: issuedAt + 300 }
  }),
  ordering('what is asked later', 'early', ({ runtime }) => {
    const issuedAt = Math.trunc(runtime.wallNow() / 1_000) + 86_400
    return { issuedAt, expiresAt: issuedAt + 300 }
  }),
]
