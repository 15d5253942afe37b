/**
 * A shop's customer comes with an order that the shop signed: reads it back and pays it with a voucher, once. The address is
 * the order, so that it can be opened, reloaded and come back to; once it is paid, it says so and leads back to the shop.
 */
import type { OrderPayment, PresentedOrder, ShopOrder, VoucherSession } from '../../merchant/merchant.ts'
import { compare, type Money } from '../../money.ts'
import { button, form, grouped, summaryOf } from '../fields.ts'
import type { Form } from '../form.ts'
import { html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'
import { untilKnown } from '../until-known.ts'
import { paidFacts } from './paid.ts'

const path = '/order'

export const order: Page = {
  path,

  ask: async visit => {
    const presented = orderIn(visit.query)
    const found = await visit.merchant.findOrder(presented)
    if (found.outcome !== 'found') return noOrder(visit, found)
    const { session } = visit
    if (found.order.paid !== undefined) return paidAlready(visit, found.order, found.order.paid)
    if (session === undefined) return openFirst(addressOf(presented))
    return readBack(visit, session, presented, found.order)
  },

  answer: async (visit, sent) => {
    const { merchant, session } = visit
    const presented = orderIn(sent)
    const here = addressOf(presented)
    if (session === undefined) return openFirst(here)
    const payment = await untilKnown<OrderPayment>(() => merchant.payOrder({ session, order: presented }))
    switch (payment.outcome) {
      // The address of the order shows what became of it, after a first click as after a second.
      case 'paid':
      case 'order-paid':
      case 'insufficient-value':
      case 'unknown':
        return { goTo: here }
      // Opening it again says why.
      case 'under-review':
      case 'session-ended':
        visit.left()
        return openFirst(here)
      case 'bad-order':
      case 'expired':
        return noOrder(visit, payment)
    }
  },
}

async function readBack(
  visit: Visit,
  session: VoucherSession,
  presented: PresentedOrder,
  { id, shop, amount, returnTo }: ShopOrder,
): Promise<Answer> {
  const { words, merchant } = visit
  const balance = await merchant.balance(session)
  if (balance.outcome === 'session-ended') {
    visit.left()
    return openFirst(addressOf(presented))
  }
  const { remaining } = balance
  const isEnough = compare(remaining, amount) >= 0
  const tooMuch = { field: 'left', message: words.say('pay.too-much', { left: remaining }) }
  return {
    ...(!isEnough && { status: 422 }),
    title: words.say('page.confirm.title'),
    amount,
    body: html`${summaryOf(words, isEnough ? [] : [tooMuch])}
<h1>${words.say('page.confirm.title')}</h1>
<dl class="facts">
<dt>${words.say('page.confirm.payee')}</dt><dd>${words.name(merchant.name)}</dd>
<dt>${words.say('page.order.shop')}</dt><dd>${shop}</dd>
<dt>${words.say('page.order.order')}</dt><dd>${id}</dd>
<dt>${words.say('page.confirm.amount')}</dt><dd><strong>${words.amount(amount)}</strong></dd>
<dt>${words.say('page.confirm.voucher')}</dt><dd>${grouped(session.voucher)}</dd>
<dt>${words.say(isEnough ? 'page.confirm.left' : 'page.voucher.left')}</dt><dd id="left">${words.amount(isEnough ? less(remaining, amount) : remaining)}</dd>
</dl>
${
  isEnough
    ? form(
        visit,
        path,
        { ...presented },
        button(words, words.say('page.confirm.pay', { amount, payee: merchant.name })),
      )
    : form(visit, '/leave', { next: addressOf(presented) }, button(words, words.say('page.order.other')))
}
<p><a href="${returnTo}" rel="noreferrer">${words.say('page.order.cancel')}</a></p>`,
  }
}

const less = (from: Money, amount: Money): Money => ({ ...from, minor: from.minor - amount.minor })

async function paidAlready(
  visit: Visit,
  { id, amount, returnTo, shop }: ShopOrder,
  reference: string,
): Promise<Answer> {
  const { words, merchant, session } = visit
  // Whose voucher paid it is shown what is left on it; whoever else has the address is told that it is paid.
  const found = session && (await merchant.findPayment({ session, reference }))
  return {
    title: words.say('page.paid.title'),
    amount,
    body: html`${paidFacts(
      visit,
      { amount, reference, ...(found?.outcome === 'found' && { at: found.payment.at, remaining: found.remaining }) },
      [
        [words.say('page.order.shop'), shop],
        [words.say('page.order.order'), id],
      ],
    )}
<p><a class="primary" href="${returnTo}" rel="noreferrer">${words.say('page.order.back')}</a></p>`,
  }
}

function noOrder({ words }: Visit, { outcome }: { readonly outcome: 'bad-order' | 'expired' }): Answer {
  return {
    status: 422,
    title: words.say('page.order.none'),
    body: html`<h1>${words.say('page.order.none')}</h1>
<p>${words.say(outcome === 'expired' ? 'page.order.expired' : 'page.order.bad')}</p>`,
  }
}

/** As the shop's own page sent it here. */
export function orderIn(sent: Form): PresentedOrder {
  return {
    key: sent.text('key'),
    order: sent.text('order'),
    minor: sent.text('minor'),
    currency: sent.text('currency'),
    returnTo: sent.text('returnTo'),
    expires: sent.text('expires'),
    signature: sent.text('signature'),
  }
}

const addressOf = (presented: PresentedOrder): string => `${path}?${new URLSearchParams({ ...presented })}`
