/** Opens a voucher with its number and password; what the payer came for follows. */
import { askVoucher, type Question, readVoucher, refusalOf } from '../ask-voucher.ts'
import { html } from '../html.ts'
import { safeNext } from '../next.ts'
import type { Page, Visit } from '../page.ts'

export const openVoucher: Page = {
  path: '/',

  ask: async visit => {
    const next = safeNext(visit.query.text('next'))
    if (visit.session) return { goTo: next ?? '/voucher' }
    return askVoucher(visit, question(visit, next))
  },

  answer: async (visit, sent) => {
    const { merchant, origin } = visit
    const next = safeNext(sent.text('next'))
    const asked = question(visit, next)
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

function question({ words, query }: Visit, next: string | undefined): Question {
  return {
    action: '/',
    title: words.say('page.open.title'),
    lead: words.say('page.open.lead'),
    secret: 'password',
    go: words.say('page.open.go'),
    ...(next !== undefined && { carried: { next } }),
    notice: query.text('ended') === '' ? undefined : words.say('session.ended'),
    after: html`<ul class="actions">
<li><a href="/forgot">${words.say('page.open.forgot')}</a></li>
<li><a href="/unlock">${words.say('page.open.unlock')}</a></li>
</ul>`,
  }
}
