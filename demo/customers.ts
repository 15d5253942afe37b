/** Who banks where in the demonstration. Account numbers and PINs are drawn anew for each installation. */

import { type Money, yuan } from '../src/money.ts'
import { Secret } from '../src/secret.ts'

export interface DemoCustomer {
  readonly bank: 'harbour' | 'garden'
  readonly name: { readonly en: string; readonly zh: string }
  /** A business: other banks are told its whole name. */
  readonly isBusiness?: true
  /** Has a card, which lies openly in the bank's folder. */
  readonly hasCard?: true
  /** Cash paid in when the account was opened. */
  readonly paysIn: Money
}

export const demoCustomers: readonly DemoCustomer[] = [
  { bank: 'harbour', name: { en: 'Alice Chen', zh: '陈爱丽' }, paysIn: yuan(1_000n) },
  { bank: 'harbour', name: { en: 'Zhang Wei', zh: '张伟' }, hasCard: true, paysIn: yuan(3_500n) },
  { bank: 'harbour', name: { en: 'Maria Lopez', zh: '玛丽亚' }, paysIn: yuan(260n) },
  // Too little for the smallest voucher: to hear what the bank says then.
  { bank: 'harbour', name: { en: 'Li Na', zh: '李娜' }, paysIn: yuan(15n) },
  // The bookshop's own accounts: what was cleared for it is paid out to them.
  { bank: 'harbour', name: { en: 'Lantern Books', zh: '灯笼书店' }, isBusiness: true, paysIn: yuan(10n) },
  { bank: 'garden', name: { en: 'Lantern Books', zh: '灯笼书店' }, isBusiness: true, paysIn: yuan(10n) },
  // What a securities firm has at its bank: its own, and its customers' money.
  { bank: 'harbour', name: { en: 'Pine Securities', zh: '青松证券' }, isBusiness: true, paysIn: yuan(50_000n) },
  { bank: 'garden', name: { en: 'Tom Baker', zh: '汤姆' }, paysIn: yuan(800n) },
  { bank: 'garden', name: { en: 'Wang Fang', zh: '王芳' }, paysIn: yuan(2_400n) },
]

/** Two people sign for every deposit, and for every counterparty's key. Their keys lie open in the demonstration's folder. */
export const demoStaff = { maker: 'Sun Mei', checker: 'Peter Hall' } as const

/** On the card, for everybody: play money needs no secret. */
export const demoPassphrase = new Secret('play money')
