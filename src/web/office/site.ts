/** The office of a payee: pages for its people, who sign in by passkeys that their own keys vouch for. */
import type { PasskeySite } from '../../keys/passkey.ts'
import type { RunningMerchant } from '../../merchant/start.ts'
import type { Runtime } from '../../runtime.ts'
import { enrolPages } from '../people/enrol.ts'
import { isStillOpen, type SettingUp, type SignedInPerson, SignInChallenges } from '../people/session.ts'
import { signInPage } from '../people/sign-in.ts'
import { leavePage } from '../people/signed-in.ts'
import type { Site } from '../serve-pages.ts'
import { desk } from './desk.ts'
import { payments, paymentsFile } from './payments.ts'
import { settlement, settlementDate, settlementFiles } from './settlement.ts'
import type { OfficeVisit } from './visit.ts'

const minuteMs = 60_000

export type OfficeSiteParts = Pick<RunningMerchant, 'merchant' | 'office' | 'clerk' | 'currency' | 'peoplePasskeys'>

/** `site`: where passkeys count. */
export function officeSite(
  parts: OfficeSiteParts & { readonly runtime: Runtime; readonly site: PasskeySite },
): Site<SettingUp | SignedInPerson, OfficeVisit> {
  const { merchant, office, clerk, currency, peoplePasskeys, runtime, site } = parts
  const { id: tenant, name, timeZone } = merchant
  const challenges = new SignInChallenges(runtime)
  return {
    house: name,
    label: 'page.strip.office',
    foot: 'page.office.foot',
    timeZone,
    sessions: { idleMs: 10 * minuteMs, longestMs: 8 * 60 * minuteMs },
    pages: [
      signInPage<SignedInPerson>('/desk', person => person),
      ...enrolPages<SignedInPerson>(name.en),
      ...[desk, payments, paymentsFile, settlement, settlementDate, ...settlementFiles],
      leavePage<OfficeVisit>(),
    ],
    isOpen: session => isStillOpen(peoplePasskeys, session),
    visitOf: visit => ({
      ...{ ...visit, office, clerk, tenant, currency, timeZone, peoplePasskeys, site, challenges },
    }),
  }
}
