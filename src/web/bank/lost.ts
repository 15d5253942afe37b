/** Something is lost: what is to be blocked at once. A PIN is enough, as on the telephone. */
import type { Blockable } from '../../bank/bank.ts'
import { asked } from '../asked.ts'
import { button, form, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { back } from './buy.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

const choices: readonly Blockable[] = ['account', 'vouchers', 'card', 'telephone']

export const lost: BankPage = signedIn('/lost', {
  ask: async visit => asking(visit),

  answer: async (visit, session, sent) => {
    const what = choices.find(each => each === sent.text('what'))
    if (what === undefined)
      return asking(visit, [{ field: 'what', message: visit.words.say('page.bank.lost.missing') }])
    const { intent } = session.hold(visit.drawIntent(), { kind: 'block', what })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

function asking(visit: BankVisit, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const title = words.say('page.bank.lost.title')
  const [trouble] = troubles
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say('page.bank.lost.lead')}</p>
${form(visit, '/lost', {}, [
  html`<fieldset class="field${trouble !== undefined && ' wrong'}"><legend>${words.say('page.bank.lost.what')}</legend>
${trouble !== undefined && html`<p class="error" id="what-error">${trouble.message}</p>`}
${choices.map((what, i) => html`<label class="choice"><input type="radio" name="what" value="${what}"${i === 0 && html` id="what"`} required> <span>${words.say(`page.bank.lost.${what}`)}</span></label>`)}</fieldset>`,
  button(words, words.say('page.continue')),
])}
<p><a href="/passkeys">${words.say('page.bank.lost.device')}</a></p>
${back(words.say('page.bank.back'))}`,
  )
}
