/**
 * Orders that a shop signs and its customer brings: to whom, how much, for what. The shop's signature makes an order, so that
 * nobody on the way can lower the amount; whoever brings one pays it with a voucher of theirs, once.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { isPayable } from '../../money.ts'
import { now } from '../../runtime.ts'
import type { Secret } from '../../secret.ts'
import { digestOf } from '../asked-for.ts'
import type { FoundOrder, OrderPayment, PresentedOrder, ShopOrder, VoucherSession } from '../merchant.ts'
import { drawPayment, payForShop } from '../payment.ts'
import type { Shop } from '../shop.ts'
import { liveKey } from './api-keys.ts'
import { askedByOrder, paidOrder } from './made-payments.ts'
import type { ApiKey } from './till.ts'

/** What the shop's signature is over: HMAC-SHA-256 under its signing secret, in hexadecimal digits. */
export function signOrder(secret: Secret, order: Omit<PresentedOrder, 'signature'>): string {
  const { key, order: id, minor, currency, returnTo, expires } = order
  const lines = ['tonebank order 1', key, id, minor, currency, returnTo, expires]
  return createHmac('sha256', secret.reveal()).update(lines.join('\n')).digest('hex')
}

/** An order that was paid stays to be seen after its time. */
export async function findOrder(shop: Shop, presented: PresentedOrder): Promise<FoundOrder> {
  const verified = await verify(shop, presented)
  if (verified === undefined) return { outcome: 'bad-order' }
  const { order } = verified
  const isLate = Number(presented.expires) * 1_000 <= now(shop)
  return isLate && order.paid === undefined ? { outcome: 'expired' } : { outcome: 'found', order }
}

async function verify(
  shop: Shop,
  presented: PresentedOrder,
): Promise<{ readonly key: ApiKey; readonly order: ShopOrder } | undefined> {
  const { store, config } = shop
  const { order: id, minor, currency, returnTo, expires, signature } = presented
  const isWellFormed = /^[\w.:#/-]{1,64}$/.test(id) && /^\d{1,15}$/.test(minor) && /^\d{1,12}$/.test(expires)
  if (!isWellFormed || currency !== config.currency.code || !isWebAddress(returnTo)) return undefined
  const amount = { minor: BigInt(minor), asset: config.currency }
  if (!isPayable(amount, config.currency)) return undefined
  const key = await store.read(tx => liveKey(tx, config.id, presented.key))
  if (key === undefined) return undefined
  const [sent, made] = [Buffer.from(signature), Buffer.from(signOrder(await shop.signingSecret(key.id), presented))]
  if (sent.length !== made.length || !timingSafeEqual(sent, made)) return undefined
  const paid = await store.read(tx => paidOrder(tx, shop, { key: key.id, order: id }))
  return { key, order: { id, shop: key.name, amount, returnTo, paid } }
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol)
}

/** Pays an order with an open voucher. The order itself is the request's id: however often it is sent, it is paid once. */
export async function payOrder(
  shop: Shop,
  { session: shown, order: presented }: { readonly session: VoucherSession; readonly order: PresentedOrder },
): Promise<OrderPayment> {
  const found = await findOrder(shop, presented)
  if (found.outcome !== 'found') return found
  const verified = await verify(shop, presented)
  if (verified === undefined) return { outcome: 'bad-order' }
  const { key, order } = verified
  const session = shop.sessions.find(shown)
  if (session === undefined) return { outcome: 'session-ended' }
  const { amount, id } = order
  const drawn = { ...drawPayment(shop), intent: digestOf(askedByOrder({ key: key.id, order: id })) }
  const paid = await shop.store.execute(async tx => {
    const isLive = (await liveKey(tx, shop.config.id, key.id)) !== undefined
    return isLive
      ? payForShop(tx, shop, session, amount, { key, order: id, ...drawn })
      : ({ outcome: 'bad-order' } as const)
  })
  if (paid.outcome !== 'paid') return paid.outcome === 'refused-amount' ? { outcome: 'bad-order' } : paid
  shop.wakeNotices()
  return { outcome: 'paid', reference: paid.reference }
}
