/** A new payment password for an opened voucher, typed twice. The voucher's number stays what it is. */
import { parseIntentId } from '../../ids.ts'
import { button, form, secretField, summaryOf, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import { openFirst } from '../next.ts'
import type { Answer, Page, Visit } from '../page.ts'
import { untilKnown } from '../until-known.ts'

/** Where it is said that it was changed. */
const changed = '/voucher?done=password'

export const changePassword: Page = {
  path: '/password',

  ask: async visit => (visit.session === undefined ? openFirst('/password') : asking(visit)),

  answer: async (visit, sent) => {
    const { merchant, session, words } = visit
    // A second click comes after the first has changed it: they are told so.
    if (session === undefined) return openFirst(changed)
    const again = (field: string, message: string) => asking(visit, [{ field, message }])
    const intent = parseIntentId(sent.text('intent'))
    if (intent === undefined) return { goTo: '/password' }
    const [next, repeated] = [sent.secret('next'), sent.secret('again')]
    if (next.length === 0) return again('next', words.say('page.password.missing'))
    const judged = await merchant.judgePassword({ number: session.voucher, next })
    if (judged.outcome === 'too-easy') return again('next', words.say('page.password.weak'))
    if (next.reveal() !== repeated.reveal()) return again('again', words.say('page.password.different'))

    const change = await untilKnown(() => merchant.changePassword({ intent, session, next }))
    switch (change.outcome) {
      case 'changed':
        visit.opened(change.session)
        return { goTo: changed }
      case 'too-easy':
        return again('next', words.say('page.password.weak'))
      case 'session-ended':
        visit.left()
        return openFirst('/voucher')
      case 'unknown':
        visit.left()
        return openFirst('/voucher')
    }
  },
}

function asking(visit: Visit, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const title = words.say('page.password.title')
  const [show, hide] = [words.say('page.show'), words.say('page.hide')]
  const secret = (name: 'next' | 'again', label: string, hint?: string) =>
    secretField({
      ...{ name, label, show, hide, troubles, maxlength: 24, autocomplete: 'new-password' },
      ...(hint !== undefined && { hint }),
    })
  return {
    ...(troubles.length > 0 && { status: 422 }),
    title,
    body: html`${summaryOf(words, troubles)}
<h1>${title}</h1>
${form(visit, '/password', { intent: visit.drawIntent() }, [
  secret('next', words.say('page.password.new'), words.say('page.password.hint')),
  secret('again', words.say('page.password.again')),
  button(words, words.say('page.password.go')),
])}
<p><a href="/voucher">${words.say('page.back.voucher')}</a></p>`,
  }
}
