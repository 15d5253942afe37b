/** A request to the bank's page, and where it goes on when nobody is signed in. */
import type { Bank } from '../../bank/bank.ts'
import type { PasskeyDesk } from '../../bank/passkeys.ts'
import type { PasskeySite } from '../../keys/passkey.ts'
import type { Answer, PageOf, VisitOf } from '../page.ts'
import type { BankSession } from './session.ts'

export interface BankVisit extends VisitOf<BankSession> {
  readonly bank: Bank
  readonly passkeys: PasskeyDesk
  readonly site: PasskeySite
}

export type BankPage = PageOf<BankVisit>

/** A page for customers who are signed in; others sign in first, and go on here. */
export function signedIn(
  path: string,
  talk: {
    readonly ask: (visit: BankVisit, session: BankSession) => Promise<Answer>
    readonly answer?: (
      visit: BankVisit,
      session: BankSession,
      form: Parameters<NonNullable<BankPage['answer']>>[1],
    ) => Promise<Answer>
  },
): BankPage {
  const { ask, answer } = talk
  return {
    path,
    ask: async visit => (visit.session === undefined ? signInFirst(visit.here) : ask(visit, visit.session)),
    ...(answer && {
      answer: async (visit, form) =>
        visit.session === undefined ? signInFirst(path) : answer(visit, visit.session, form),
    }),
  }
}

function signInFirst(next: string): Answer {
  return { goTo: `/?${new URLSearchParams({ next })}` }
}
