/**
 * The passkeys of a customer. A new one is set up with the code that the bank line tells: the code is tried first, so that
 * no device makes a key that nobody knows.
 */
import type { Passkey } from '../../bank/passkeys.ts'
import { asked } from '../asked.ts'
import { button, form, type Trouble, textField } from '../fields.ts'
import { Form } from '../form.ts'
import { type Html, html } from '../html.ts'
import type { Answer } from '../page.ts'
import { untilKnown } from '../until-known.ts'
import { back } from './buy.ts'
import { newPasskeyForm } from './passkey-form.ts'
import type { BankSession, Enrolling } from './session.ts'
import { type BankPage, type BankVisit, signedIn } from './visit.ts'

export const passkeys: BankPage = signedIn('/passkeys', {
  ask: (visit, session) => asking(visit, session),

  answer: async (visit, session, sent) => {
    const { words } = visit
    const wrong = (message: string) => asking(visit, session, sent, [{ field: 'code', message }])
    const code = sent.secret('code')
    if (code.length === 0) return wrong(words.say('page.bank.code.missing'))
    const tried = await visit.passkeys.tryCode({ account: session.customer.account, code })
    switch (tried.outcome) {
      case 'right': {
        const name = sent.text('name') || words.say('page.bank.passkey.unnamed')
        // Sent twice, it is one passkey, for one challenge.
        if (session.enrolling?.enrolment !== tried.enrolment)
          session.enrolling = { enrolment: tried.enrolment, name, challenge: session.drawNonce() }
        return { goTo: '/passkeys/new' }
      }
      case 'wrong':
        return wrong(words.say('page.bank.code.wrong'))
      case 'over':
        return wrong(words.say('page.bank.code.over'))
      case 'too-many-passkeys':
        return wrong(words.say('page.bank.passkeys.full'))
    }
  },
})

/** The code was right: the device makes the key. */
export const newPasskey: BankPage = signedIn('/passkeys/new', {
  ask: async (visit, session) =>
    session.enrolling === undefined ? { goTo: '/passkeys' } : making(visit, session, session.enrolling),

  answer: async (visit, session, sent) => {
    const { words, site } = visit
    const { enrolling, customer } = session
    // A second click comes after the first has set it up.
    if (enrolling === undefined) return { goTo: '/passkeys' }
    const response = sent.text('response')
    const { account } = customer
    const { enrolment, name, challenge } = enrolling
    const request = { account, enrolment, name, challenge, site, response }
    enrolling.doing ??= untilKnown(() => visit.passkeys.enrol(request)).finally(() => {
      enrolling.doing = undefined
    })
    const { outcome } = await enrolling.doing
    const failed = (message: string) => making(visit, session, enrolling, [{ field: 'sign', message }])
    switch (outcome) {
      case 'enrolled':
        session.enrolling = undefined
        return { goTo: '/passkeys?done=new' }
      case 'refused':
        return failed(words.say(response === '' ? 'page.bank.passkey.none' : 'page.bank.passkey.refused'))
      case 'over':
        session.enrolling = undefined
        return asking(visit, session, sent, [{ field: 'code', message: words.say('page.bank.code.over') }])
      case 'unknown':
        return failed(words.say('page.bank.passkey.failed'))
    }
  },
})

export const removePasskey: BankPage = signedIn('/passkeys/remove', {
  ask: async () => ({ goTo: '/passkeys' }),
  answer: async (visit, { customer }, sent) => {
    await untilKnown(async () => visit.passkeys.remove({ account: customer.account, passkey: sent.text('passkey') }))
    return { goTo: '/passkeys?done=removed' }
  },
})

async function asking(
  visit: BankVisit,
  { customer }: BankSession,
  sent = new Form(''),
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, query } = visit
  const known = await visit.passkeys.list(customer.account)
  const title = words.say('page.bank.passkeys.title')
  const done = query.text('done')
  const notice =
    done === 'new'
      ? words.say('page.bank.passkey.made')
      : done === 'removed'
        ? words.say('page.bank.passkey.removed')
        : ''
  return asked(
    words,
    { title, troubles },
    html`${notice !== '' && html`<p class="notice" role="status">${notice}</p>`}
<p class="lead">${words.say('page.bank.passkeys.lead')}</p>
${known.length > 0 && html`<ul class="payments">${known.map(each => listed(visit, each))}</ul>`}
<h2>${words.say('page.bank.passkeys.add')}</h2>
${form(visit, '/passkeys', {}, [
  textField({
    name: 'code',
    label: words.say('page.bank.code'),
    hint: words.say('page.bank.code.hint'),
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxlength: 20,
    isGrouped: true,
    troubles,
  }),
  textField({
    name: 'name',
    label: words.say('page.bank.passkey.name'),
    hint: words.say('page.bank.passkey.name.hint'),
    value: sent.text('name'),
    inputmode: 'text',
    autocomplete: 'off',
    maxlength: 40,
  }),
  button(words, words.say('page.continue')),
])}
${back(words.say('page.bank.back'))}`,
  )
}

function listed(visit: BankVisit, { id, name, enrolledAt, usedAt }: Passkey): Html {
  const { words } = visit
  const used = usedAt === undefined ? '' : words.say('page.bank.passkey.used', { when: words.instant(usedAt) })
  const remove = html`<button class="link">${words.say('page.bank.passkey.remove')} <span class="away">${name}</span></button>`
  return html`<li><span><strong>${name}</strong> <span class="reference">${words.say('page.bank.passkey.since', { when: words.instant(enrolledAt) })}</span> <span class="reference">${used}</span></span>
${form(visit, '/passkeys/remove', { passkey: id }, remove)}</li>`
}

async function making(
  visit: BankVisit,
  { customer }: BankSession,
  { challenge }: Enrolling,
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words } = visit
  const title = words.say('page.bank.passkeys.add')
  const label = button(words, words.say('page.bank.passkey.make'))
  return {
    usesPasskey: true,
    ...asked(
      words,
      { title, troubles },
      html`<p class="lead">${words.say('page.bank.passkey.make.lead')}</p>
${await newPasskeyForm(visit, customer, { action: '/passkeys/new', carried: {}, challenge, label })}
${back(words.say('page.bank.cancel'))}`,
    ),
  }
}
