/** What is said on the lines of each kind of institution. The first is the one that its numbers ring; a file may give numbers to others. */
import { bankLine } from '../ivr/bank/bank-line.ts'
import { care } from '../ivr/care/care.ts'
import { atBank, elsewhere } from '../ivr/care/identify.ts'
import { hostLine } from '../ivr/host/host-line.ts'
import { informationLine } from '../ivr/information/information-line.ts'
import { merchantLine } from '../ivr/merchant/merchant-line.ts'
import { securitiesLine } from '../ivr/securities/securities-line.ts'
import type { Scripts } from '../src/operations/open-institution.ts'

export const scripts: Scripts = {
  bank: { bank: bankLine },
  merchant: { merchant: merchantLine },
  information: { information: informationLine },
  host: { host: hostLine },
  securities: { securities: securitiesLine },
  care: { talk: care, atBank, elsewhere },
}
