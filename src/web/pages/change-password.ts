/** A new payment password for an opened voucher, typed twice. The voucher's number stays what it is. */
import { parseIntentId } from '../../ids.ts'
import type { Trouble } from '../fields.ts'
import { html } from '../html.ts'
import { askNewSecret } from '../new-secret.ts'
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
  const asked = {
    action: '/password',
    carried: { intent: visit.drawIntent() },
    title: words.say('page.password.title'),
    label: words.say('page.password.new'),
    hint: words.say('page.password.hint'),
    go: words.say('page.password.go'),
    back: html`<p><a href="/voucher">${words.say('page.back.voucher')}</a></p>`,
    maxlength: 24,
  }
  return askNewSecret(visit, asked, troubles)
}
