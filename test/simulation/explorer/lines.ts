/** Every line that is explored, by its name. */
import { type BankScript, bankCalls } from './bank-calls.ts'
import { type HostScript, hostCalls } from './host-calls.ts'
import { type InformationScript, informationCalls } from './information-calls.ts'
import type { LineName } from './line-name.ts'
import { type MerchantScript, merchantCalls } from './merchant-calls.ts'
import type { Line } from './place.ts'
import { type SecuritiesScript, securitiesCalls } from './securities-calls.ts'
import type { SpokenTo } from './spec.ts'

/** Works on a line whose requests and mind are its own. `script`: of that line, when it is not the one in the tree. */
export function onLine<R>(
  name: LineName,
  work: <I extends object, Mind extends SpokenTo>(line: Line<I, Mind>) => R,
  script?: unknown,
): R {
  switch (name) {
    case 'bank':
      return work(bankCalls(script as BankScript | undefined))
    case 'merchant':
      return work(merchantCalls(script as MerchantScript | undefined))
    case 'information':
      return work(informationCalls(script as InformationScript | undefined))
    case 'host':
      return work(hostCalls(script as HostScript | undefined))
    case 'securities':
      return work(securitiesCalls(script as SecuritiesScript | undefined))
  }
}
