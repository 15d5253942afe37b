/** Pages for people who are signed in; others sign in first, and go on where they were. */
import type { Form } from '../form.ts'
import type { Answer, PageOf } from '../page.ts'
import type { PeopleVisit, SignedInPerson } from './session.ts'

export function forPeople<P extends SignedInPerson, V extends PeopleVisit<P>>(
  path: string,
  talk: {
    readonly ask: (visit: V, person: P) => Promise<Answer>
    readonly answer?: (visit: V, person: P, sent: Form) => Promise<Answer>
  },
): PageOf<V> {
  const { ask, answer } = talk
  const first = (next: string): Answer => ({ goTo: `/?${new URLSearchParams({ next })}` })
  return {
    path,
    ask: async visit => (visit.session?.kind === 'person' ? ask(visit, visit.session) : first(visit.here)),
    ...(answer && {
      answer: async (visit, sent) =>
        visit.session?.kind === 'person' ? answer(visit, visit.session, sent) : first(path),
    }),
  }
}

/** Signs out. */
export const leavePage = <V extends PeopleVisit<SignedInPerson>>(): PageOf<V> => ({
  path: '/leave',
  ask: async () => ({ goTo: '/' }),
  answer: async visit => {
    visit.left()
    return { goTo: '/' }
  },
})
