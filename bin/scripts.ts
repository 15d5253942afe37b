/** What is said on the line of each kind of institution. */
import { bankLine } from '../ivr/bank/bank-line.ts'
import { hostLine } from '../ivr/host/host-line.ts'
import { informationLine } from '../ivr/information/information-line.ts'
import { merchantLine } from '../ivr/merchant/merchant-line.ts'
import { securitiesLine } from '../ivr/securities/securities-line.ts'
import type { Scripts } from '../src/operations/open-institution.ts'

export const scripts: Scripts = {
  bank: bankLine,
  merchant: merchantLine,
  information: informationLine,
  host: hostLine,
  securities: securitiesLine,
}
