/** Opens a voucher with its number and password; what the payer came for follows. */

import type { Money } from '../../money.ts'
import { askVoucher, type Question, readVoucher, refusalOf } from '../ask-voucher.ts'
import { Form } from '../form.ts'
import { html } from '../html.ts'
import { safeNext } from '../next.ts'
import type { Page, Visit } from '../page.ts'
import { readAmount } from '../read-amount.ts'
import { orderIn } from './order.ts'

export const openVoucher: Page = {
  path: '/',

  ask: async visit => {
    const next = safeNext(visit.query.text('next'))
    if (visit.session) return { goTo: next ?? '/voucher' }
    return askVoucher(visit, await question(visit, next))
  },

  answer: async (visit, sent) => {
    const { merchant, origin } = visit
    const next = safeNext(sent.text('next'))
    const asked = await question(visit, next)
    const voucher = readVoucher(visit, sent, 'password')
    if ('field' in voucher) return askVoucher(visit, asked, sent, [voucher])

    const opening = await merchant.openVoucher({ number: voucher.number, password: voucher.secret, origin })
    switch (opening.outcome) {
      case 'open':
        visit.opened(opening.session)
        return { goTo: next ?? '/voucher' }
      default:
        return askVoucher(visit, asked, sent, [refusalOf(visit, opening, 'password')])
    }
  },
}

async function question(visit: Visit, next: string | undefined): Promise<Question> {
  const { words, query } = visit
  return {
    action: '/',
    title: words.say('page.open.title'),
    lead: words.say('page.open.lead'),
    secret: 'password',
    go: words.say('page.open.go'),
    amount: await amountOf(visit, next),
    ...(next !== undefined && { carried: { next } }),
    notice: query.text('ended') === '' ? undefined : words.say('session.ended'),
    after: html`<ul class="actions">
<li><a href="/forgot">${words.say('page.open.forgot')}</a></li>
<li><a href="/unlock">${words.say('page.open.unlock')}</a></li>
</ul>`,
  }
}

/** What is about to be paid stays in sight while the voucher is opened. */
async function amountOf(visit: Visit, next = ''): Promise<Money | undefined> {
  const [path, query = ''] = next.split('?', 2)
  const asked = new Form(query)
  if (path === '/order') {
    const found = await visit.merchant.findOrder(orderIn(asked))
    return found.outcome === 'found' ? found.order.amount : undefined
  }
  const amount = path === '/pay/confirm' ? readAmount(visit, 'amount', asked.text('amount')) : undefined
  return amount && 'money' in amount ? amount.money : undefined
}
