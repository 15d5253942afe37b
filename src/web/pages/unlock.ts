/** Three wrong passwords have locked a voucher: its backup password gives it its tries back. */
import { askVoucher, type Question, readVoucher, refusalOf } from '../ask-voucher.ts'
import { html } from '../html.ts'
import type { Answer, Page, Visit } from '../page.ts'

export const unlock: Page = {
  path: '/unlock',

  ask: async visit => askVoucher(visit, question(visit)),

  answer: async (visit, sent) => {
    const { merchant, origin, words } = visit
    const voucher = readVoucher(visit, sent, 'backup')
    if ('field' in voucher) return askVoucher(visit, question(visit), sent, [voucher])

    const answer = await merchant.unlock({ number: voucher.number, backup: voucher.secret, origin })
    switch (answer.outcome) {
      case 'unlocked':
        return told(visit, words.say('unlock.done'))
      case 'not-locked':
        return told(visit, words.say('unlock.not-locked'))
      default:
        return askVoucher(visit, question(visit), sent, [refusalOf(visit, answer, 'backup')])
    }
  },
}

const question = ({ words }: Visit): Question => ({
  action: '/unlock',
  title: words.say('page.unlock.title'),
  lead: words.say('page.unlock.lead'),
  secret: 'backup',
  go: words.say('page.unlock.go'),
  after: html`<p><a href="/">${words.say('page.back')}</a></p>`,
})

function told({ words }: Visit, message: string): Answer {
  return {
    title: words.say('page.unlock.title'),
    body: html`<h1>${words.say('page.unlock.title')}</h1>
<p class="notice" role="status">${message}</p>
<p><a class="primary" href="/">${words.say('page.open.go')}</a></p>`,
  }
}
