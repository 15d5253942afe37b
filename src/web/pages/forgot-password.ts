/** Whoever forgot the payment password is shown it for the backup password, which their bank tells them. */

import type { Secret } from '../../secret.ts'
import { askVoucher, type Question, readVoucher, refusalOf } from '../ask-voucher.ts'
import { grouped } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer, Page, Visit } from '../page.ts'

export const forgotPassword: Page = {
  path: '/forgot',

  ask: async visit => askVoucher(visit, question(visit)),

  answer: async (visit, sent) => {
    const { merchant, origin } = visit
    const voucher = readVoucher(visit, sent, 'backup')
    if ('field' in voucher) return askVoucher(visit, question(visit), sent, [voucher])

    const answer = await merchant.revealPassword({ number: voucher.number, backup: voucher.secret, origin })
    switch (answer.outcome) {
      case 'revealed':
        return tell(visit, answer.password, answer.isLocked)
      default:
        return askVoucher(visit, question(visit), sent, [refusalOf(visit, answer, 'backup')])
    }
  },
}

const question = ({ words }: Visit): Question => ({
  action: '/forgot',
  title: words.say('page.forgot.title'),
  lead: words.say('page.forgot.lead'),
  secret: 'backup',
  go: words.say('page.forgot.go'),
  after: html`<p><a href="/">${words.say('page.back')}</a></p>`,
})

/** Once, in groups of four, and hidden again on a page that is left open. */
function tell({ words }: Visit, password: Secret, isLocked: boolean): Answer {
  return {
    title: words.say('page.forgot.told'),
    body: html`<h1>${words.say('page.forgot.told')}</h1>
<p class="told" data-hidden="${words.say('page.hidden')}">${grouped(password.reveal())}</p>
<p>${words.say(isLocked ? 'page.forgot.locked' : 'page.forgot.once')}</p>
<p><a class="primary" href="${isLocked ? '/unlock' : '/'}">${words.say('page.forgot.written')}</a></p>`,
  }
}
