/** The pages of a bank's counter: for its clerks, who sign in by passkeys that their own keys vouch for. */
import type { RunningBank } from '../../bank/start.ts'
import type { PasskeySite } from '../../keys/passkey.ts'
import type { Asset } from '../../money.ts'
import type { Runtime } from '../../runtime.ts'
import { enrolPages } from '../people/enrol.ts'
import { isStillOpen, type SettingUp, SignInChallenges } from '../people/session.ts'
import { signInPage } from '../people/sign-in.ts'
import { leavePage } from '../people/signed-in.ts'
import type { Site } from '../serve-pages.ts'
import { proposal, sign } from './decide.ts'
import { customer, desk } from './desk.ts'
import { propose } from './propose.ts'
import { Clerk, type CounterVisit } from './visit.ts'

const minuteMs = 60_000

export interface CounterSiteParts
  extends Pick<RunningBank, 'bank' | 'teller' | 'cards' | 'decisions' | 'peoplePasskeys'> {
  readonly currency: Asset
}

/** `site`: where passkeys count. */
export function counterSite(
  parts: CounterSiteParts & { readonly runtime: Runtime; readonly site: PasskeySite },
): Site<SettingUp | Clerk, CounterVisit> {
  const { bank, teller, cards, decisions, peoplePasskeys, currency, runtime, site } = parts
  const challenges = new SignInChallenges(runtime)
  return {
    house: bank.name,
    label: 'page.strip.counter',
    foot: 'page.counter.foot',
    timeZone: bank.timeZone,
    sessions: { idleMs: 10 * minuteMs, longestMs: 8 * 60 * minuteMs },
    pages: [
      signInPage<Clerk>('/desk', person => new Clerk(runtime, person)),
      ...enrolPages<Clerk>(bank.name.en),
      ...[desk, customer, propose, sign, proposal, leavePage<CounterVisit>()],
    ],
    isOpen: session => isStillOpen(peoplePasskeys, session),
    visitOf: visit => ({
      ...{ ...visit, bank, teller, cards, decisions, peoplePasskeys, currency, site, challenges },
      tenant: bank.id,
    }),
  }
}
