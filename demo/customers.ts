/** Who banks at Harbour Bank in the demonstration. Account numbers and PINs are drawn anew for each installation. */

import { type Money, yuan } from '../src/money.ts'
import { Secret } from '../src/secret.ts'

export interface DemoCustomer {
  readonly name: { readonly en: string; readonly zh: string }
  /** Cash paid in when the account was opened. */
  readonly paysIn: Money
}

export const demoCustomers: readonly DemoCustomer[] = [
  { name: { en: 'Alice Chen', zh: '陈爱丽' }, paysIn: yuan(1_000n) },
  { name: { en: 'Zhang Wei', zh: '张伟' }, paysIn: yuan(3_500n) },
  { name: { en: 'Maria Lopez', zh: '玛丽亚' }, paysIn: yuan(260n) },
  // Too little for the smallest voucher: to hear what the bank says then.
  { name: { en: 'Li Na', zh: '李娜' }, paysIn: yuan(15n) },
]

/** Two people sign for every deposit, and for every counterparty's key. Their keys lie open in the demonstration's folder. */
export const demoStaff = { maker: 'Sun Mei', checker: 'Peter Hall' } as const

/** On the card, for everybody: play money needs no secret. */
export const demoPassphrase = new Secret('play money')
