/** A new PIN, typed twice, and signed for with a passkey on the next page. It counts on the telephone, too. */
import { button, form, secretField, summaryOf, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer } from '../page.ts'
import { back } from './buy.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const changePin: BankPage = signedIn('/pin', {
  ask: async visit => asking(visit),

  answer: async (visit, session, sent) => {
    const { bank, words } = visit
    const again = (field: string, message: string) => asking(visit, [{ field, message }])
    const [next, repeated] = [sent.secret('next'), sent.secret('again')]
    if (next.length === 0) return again('next', words.say('page.bank.pin.new.missing'))
    const judged = await bank.judgePin({ account: session.customer.account, next })
    if (judged.outcome === 'too-easy') return again('next', words.say('page.bank.pin.weak'))
    if (next.reveal() !== repeated.reveal()) return again('again', words.say('page.password.different'))
    const { intent } = session.hold(visit.drawIntent(), { kind: 'pin', next })
    return { goTo: `/confirm?intent=${intent}` }
  },
})

function asking(visit: BankVisit, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const title = words.say('page.bank.pin.title')
  const [show, hide] = [words.say('page.show'), words.say('page.hide')]
  const secret = (name: 'next' | 'again', label: string, hint?: string) =>
    secretField({
      ...{ name, label, show, hide, troubles, maxlength: 12, autocomplete: 'new-password' },
      ...(hint !== undefined && { hint }),
    })
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    body: html`${summaryOf(words, troubles)}
<h1>${title}</h1>
${form(visit, '/pin', {}, [
  secret('next', words.say('page.bank.pin.new'), words.say('page.bank.pin.new.hint')),
  secret('again', words.say('page.password.again')),
  button(words, words.say('page.continue')),
])}
${back(words.say('page.bank.back'))}`,
  }
}
