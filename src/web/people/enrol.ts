/** A passkey is set up: by the code of a command that its person gave, made in this browser, and compared in that command. */
import { asked } from '../asked.ts'
import { button, form, grouped, type Trouble, textField } from '../fields.ts'
import { html } from '../html.ts'
import type { Answer, PageOf } from '../page.ts'
import { signedForm, toMake } from '../signed-form.ts'
import type { PeopleVisit, SettingUp, SignedInPerson } from './session.ts'

export function enrolPages<P extends SignedInPerson>(house: string): readonly PageOf<PeopleVisit<P>>[] {
  const settingUp = (visit: PeopleVisit<P>): SettingUp | undefined =>
    visit.session?.kind === 'setting-up' ? visit.session : undefined

  const code: PageOf<PeopleVisit<P>> = {
    path: '/enrol',
    ask: async visit => askCode(visit),
    answer: async (visit, sent) => {
      const { words, peoplePasskeys, runtime } = visit
      const typed = sent.secret('code')
      if (typed.length === 0) return askCode(visit, [{ field: 'code', message: words.say('page.bank.code.missing') }])
      const taken = peoplePasskeys.take(typed, visit.origin)
      if (taken.outcome !== 'taken') {
        const message = words.say(taken.outcome === 'busy' ? 'try-again-soon' : 'page.people.code.wrong')
        return askCode(visit, [{ field: 'code', message }])
      }
      const challenge = Buffer.from(runtime.random(32)).toString('base64url')
      visit.opened({ kind: 'setting-up', id: taken.id, challenge })
      return { goTo: '/enrol/new' }
    },
  }

  const making: PageOf<PeopleVisit<P>> = {
    path: '/enrol/new',
    ask: async visit => {
      const setting = settingUp(visit)
      return setting === undefined ? { goTo: '/enrol' } : make(visit, setting, house)
    },
    answer: async (visit, sent) => {
      const { words, peoplePasskeys, site } = visit
      const setting = settingUp(visit)
      if (setting === undefined) return { goTo: '/enrol' }
      const response = sent.text('response')
      const made = await peoplePasskeys.made(setting.id, { response, challenge: setting.challenge, site })
      switch (made.outcome) {
        case 'made':
          setting.digits = made.digits
          return { goTo: '/enrol/made' }
        case 'refused': {
          const message = words.say(response === '' ? 'page.people.none' : 'page.people.not-made')
          return make(visit, setting, house, [{ field: 'sign', message }])
        }
        case 'over':
          visit.left()
          return askCode(visit, [{ field: 'code', message: words.say('page.people.code.wrong') }])
      }
    },
  }

  const made: PageOf<PeopleVisit<P>> = {
    path: '/enrol/made',
    ask: async visit => {
      const digits = settingUp(visit)?.digits
      const { words } = visit
      if (digits === undefined) return { goTo: '/enrol' }
      const title = words.say('page.people.made')
      return {
        title,
        body: html`<h1>${title}</h1>
<p class="lead">${words.say('page.people.made.lead')}</p>
<p class="figure">${grouped(digits)}</p>
<p><a class="primary" href="/">${words.say('page.people.sign-in')}</a></p>`,
      }
    },
  }
  return [code, making, made]
}

function askCode<P extends SignedInPerson>(visit: PeopleVisit<P>, troubles: readonly Trouble[] = []): Answer {
  const { words } = visit
  const title = words.say('page.people.enrol')
  return asked(
    words,
    { title, troubles },
    html`<p class="lead">${words.say('page.people.enrol.lead')}</p>
${form(visit, '/enrol', {}, [
  textField({
    name: 'code',
    label: words.say('page.people.code'),
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
    maxlength: 24,
    isGrouped: true,
    troubles,
  }),
  button(words, words.say('page.continue')),
])}`,
  )
}

async function make<P extends SignedInPerson>(
  visit: PeopleVisit<P>,
  { id, challenge }: SettingUp,
  house: string,
  troubles: readonly Trouble[] = [],
): Promise<Answer> {
  const { words, site, peoplePasskeys } = visit
  const person = peoplePasskeys.holder(id)
  if (person === undefined) return askCode(visit, [{ field: 'code', message: words.say('page.people.code.wrong') }])
  const title = words.say('page.people.enrol')
  const label = button(words, words.say('page.bank.passkey.make'))
  const options = toMake(site, challenge, {
    house,
    user: { id: Buffer.from(person.keyId, 'hex').toString('base64url'), name: person.name, displayName: person.name },
    residentKey: 'required',
  })
  return {
    usesPasskey: true,
    ...asked(
      words,
      { title, troubles },
      html`<p class="lead">${words.say('page.bank.passkey.make.lead')}</p>
<dl class="facts"><dt>${words.say('page.people.for')}</dt><dd>${person.name}</dd></dl>
${signedForm(visit, { action: '/enrol/new', carried: {}, label }, 'create', options)}`,
    ),
  }
}
