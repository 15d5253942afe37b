/** The office of a payee: pages for its people, who sign in by passkeys that their own keys vouch for. */
import type { PasskeySite } from '../../keys/passkey.ts'
import type { RunningMerchant } from '../../merchant/start.ts'
import type { Runtime } from '../../runtime.ts'
import type { LiveSections } from '../live-sections.ts'
import { enrolPages } from '../people/enrol.ts'
import { isStillOpen, type SettingUp, SignInChallenges } from '../people/session.ts'
import { signInPage } from '../people/sign-in.ts'
import { leavePage } from '../people/signed-in.ts'
import type { Site } from '../serve-pages.ts'
import { decide, decisionPages } from './decide.ts'
import { desk, live } from './desk.ts'
import { giveBack, payment } from './give-back.ts'
import { aboutKey, newKey, signAboutKey } from './keys.ts'
import { payments, paymentsFile } from './payments.ts'
import { settlement, settlementDate, settlementFiles } from './settlement.ts'
import { shops } from './shops.ts'
import { Colleague, type OfficeVisit, type Seen } from './visit.ts'

const minuteMs = 60_000

export type OfficeSiteParts = Pick<
  RunningMerchant,
  'merchant' | 'office' | 'apiKeys' | 'decisions' | 'currency' | 'peoplePasskeys'
>

/** `site`: where passkeys count. */
export function officeSite(
  parts: OfficeSiteParts & { readonly runtime: Runtime; readonly site: PasskeySite; readonly live: LiveSections<Seen> },
): Site<SettingUp | Colleague, OfficeVisit> {
  const { merchant, office, apiKeys, decisions, currency, peoplePasskeys, runtime, site, live: sections } = parts
  const { id: tenant, name, timeZone } = merchant
  const challenges = new SignInChallenges(runtime)
  return {
    house: name,
    label: 'page.strip.office',
    foot: 'page.office.foot',
    timeZone,
    sessions: { idleMs: 10 * minuteMs, longestMs: 8 * 60 * minuteMs },
    pages: [
      signInPage<Colleague>('/desk', person => new Colleague(runtime, person)),
      ...enrolPages<Colleague>(name.en),
      ...[desk, live, payments, paymentsFile, payment, giveBack, settlement, settlementDate, ...settlementFiles],
      ...[shops, newKey, aboutKey, signAboutKey, decide, ...decisionPages],
      leavePage<OfficeVisit>(),
    ],
    isOpen: session => isStillOpen(peoplePasskeys, session),
    visitOf: visit => ({
      ...{
        ...visit,
        office,
        apiKeys,
        decisions,
        tenant,
        currency,
        timeZone,
        peoplePasskeys,
        site,
        challenges,
        live: sections,
      },
    }),
  }
}
