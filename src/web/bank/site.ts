/** Every page of a bank, in the order in which a customer meets them. */
import type { Bank } from '../../bank/bank.ts'
import type { PasskeyDesk } from '../../bank/passkeys.ts'
import type { PasskeySite } from '../../keys/passkey.ts'
import type { Site } from '../serve-pages.ts'
import { account } from './account.ts'
import { beingPaid } from './being-paid.ts'
import { buy } from './buy.ts'
import { confirm } from './confirm.ts'
import { done } from './done.ts'
import { leave } from './leave.ts'
import { lost } from './lost.ts'
import { newPasskey, passkeys, removePasskey } from './passkeys.ts'
import { changePin } from './pin.ts'
import type { BankSession } from './session.ts'
import { signIn } from './sign-in.ts'
import { statement, statementFile } from './statement.ts'
import { transfer } from './transfer.ts'
import type { BankVisit } from './visit.ts'
import { backup, told, vouchers } from './vouchers.ts'

const minuteMs = 60_000

/** `site`: where passkeys count. */
export function bankSite(parts: {
  readonly bank: Bank
  readonly passkeys: PasskeyDesk
  readonly site: PasskeySite
}): Site<BankSession, BankVisit> {
  const { bank } = parts
  return {
    house: bank.name,
    label: 'page.strip.bank',
    foot: 'page.bank.foot',
    timeZone: bank.timeZone,
    sessions: { idleMs: 5 * minuteMs, longestMs: 60 * minuteMs },
    pages: [
      ...[signIn, account, buy, confirm, done, told, vouchers, backup, transfer, statement, statementFile],
      ...[beingPaid, changePin, passkeys, newPasskey, removePasskey, lost, leave],
    ],
    isOpen: session => session.isOpen(bank),
    visitOf: visit => ({ ...visit, bank, passkeys: parts.passkeys, site: parts.site }),
  }
}
