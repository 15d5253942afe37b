/** People come in by a passkey alone: nobody is asked who they are, and nobody learns whose names there are. */
import { asked } from '../asked.ts'
import { button, type Trouble } from '../fields.ts'
import { html } from '../html.ts'
import { safeNext } from '../next.ts'
import type { Answer, PageOf } from '../page.ts'
import { signedForm, toSign } from '../signed-form.ts'
import type { PeopleVisit, SignedInPerson } from './session.ts'

/** `home`: where somebody goes on who has signed in. */
export function signInPage<P extends SignedInPerson>(
  home: string,
  sessionOf: (person: SignedInPerson) => P,
): PageOf<PeopleVisit<P>> {
  return {
    path: '/',
    ask: async visit => {
      const next = safeNext(visit.query.text('next'))
      return visit.session?.kind === 'person' ? { goTo: next ?? home } : asking(visit, next)
    },
    answer: async (visit, sent) => {
      const { peoplePasskeys, challenges, site, words } = visit
      const next = safeNext(sent.text('next'))
      const [challenge, response] = [sent.text('challenge'), sent.text('response')]
      const proven = challenges.isOpen(challenge)
        ? await peoplePasskeys.prove({ response, challenge, site })
        : ({ outcome: 'refused' } as const)
      if (proven.outcome === 'refused' || !challenges.use(challenge)) {
        const message = words.say(response === '' ? 'page.people.none' : 'page.people.refused')
        return asking(visit, next, [{ field: 'sign', message }])
      }
      const { person, passkey } = proven
      visit.opened(sessionOf({ kind: 'person', person, passkey }))
      return { goTo: next ?? home }
    },
  }
}

function asking<P extends SignedInPerson>(
  visit: PeopleVisit<P>,
  next: string | undefined,
  troubles: readonly Trouble[] = [],
): Answer {
  const { words, challenges, site } = visit
  const title = words.say('page.people.sign-in')
  const challenge = challenges.draw()
  const label = button(words, words.say('page.people.sign-in.go'))
  const carried = { challenge, ...(next !== undefined && { next }) }
  return {
    usesPasskey: true,
    ...asked(
      words,
      { title, troubles },
      html`${visit.query.text('ended') !== '' && html`<p class="notice" role="status">${words.say('page.bank.ended')}</p>`}
<p class="lead">${words.say('page.people.sign-in.lead')}</p>
${signedForm(visit, { action: '/', carried, label }, 'get', toSign(site, challenge))}
<p><a href="/enrol">${words.say('page.people.enrol')}</a></p>`,
    ),
  }
}
