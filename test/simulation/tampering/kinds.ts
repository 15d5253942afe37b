/** Every way that is tried to change books behind the program's back, by what is changed. */
import { cards } from './kinds/cards.ts'
import { customers, deposits } from './kinds/customers.ts'
import { log, schema } from './kinds/database.ts'
import { dayEnds } from './kinds/day-end.ts'
import { endings } from './kinds/endings.ts'
import { hosted } from './kinds/hosted.ts'
import { listening } from './kinds/information.ts'
import { interbank } from './kinds/interbank.ts'
import { keys } from './kinds/keys.ts'
import { control, heads, letters } from './kinds/mail.ts'
import { money } from './kinds/money.ts'
import { passkeys } from './kinds/passkeys.ts'
import { people } from './kinds/people.ts'
import { receivers } from './kinds/receivers.ts'
import { recovery } from './kinds/recovery.ts'
import { till } from './kinds/till.ts'
import { sales, stock, vouchers } from './kinds/vouchers.ts'
import type { Tampering } from './kinds/writing.ts'

export const groups: readonly { readonly title: string; readonly tamperings: readonly Tampering[] }[] = [
  { title: 'Customers, PINs, limits', tamperings: customers },
  { title: 'Passkeys', tamperings: passkeys },
  { title: 'Cards', tamperings: cards },
  { title: 'Cards at payees', tamperings: receivers },
  { title: 'Cash', tamperings: deposits },
  { title: 'Stock', tamperings: stock },
  { title: 'Sales', tamperings: sales },
  { title: 'Vouchers', tamperings: vouchers },
  { title: 'Ended, given back, lost', tamperings: endings },
  { title: 'The till', tamperings: till },
  { title: 'Listened to', tamperings: listening },
  { title: 'Money', tamperings: money },
  { title: 'Day ends', tamperings: dayEnds },
  { title: 'Between banks', tamperings: interbank },
  { title: 'Private payees and their host', tamperings: hosted },
  { title: 'People, decisions, sealed letters', tamperings: people },
  { title: 'Recovered books', tamperings: recovery },
  { title: 'Letters', tamperings: letters },
  { title: 'Keys', tamperings: keys },
  { title: 'Control rows', tamperings: [...control, ...heads] },
  { title: 'The schema', tamperings: schema },
  { title: 'The change log', tamperings: log },
]
