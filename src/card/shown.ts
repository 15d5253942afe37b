/** What a terminal shows before the PIN is keyed. It is read out of the very bytes that the card is about to sign. */
import type { AccountNumber, InstitutionId } from '../ids.ts'
import { formatMoney } from '../money.ts'
import type { OrderType } from './order.ts'
import { parseOrder } from './order-bytes.ts'

export interface Shown {
  readonly type: OrderType
  /** Who asks for the signature. */
  readonly receiver: InstitutionId
  /** The account that pays. */
  readonly from: AccountNumber
  readonly payee?: { readonly name: string; readonly account: AccountNumber; readonly bank: InstitutionId }
  /** Such as `1200.00 CNY`, or a number of shares such as `100 CNE000000R36`. */
  readonly amount?: string
  /** Of a trade: `buy` or `sell`, and at which limit. Of money for securities: `in` or `out`. */
  readonly way?: string
  readonly limit?: string
  /** The trade that is taken back. */
  readonly trade?: string
}

/** @throws NotAnOrder */
export function showOrder(bytes: Uint8Array): Shown {
  const order = parseOrder(bytes)
  const { type, receiver } = order
  const shown = { type, receiver, from: order.account }
  switch (order.type) {
    case 'sign-in':
      return shown
    case 'pay':
    case 'transfer':
      return { ...shown, payee: order.payee, amount: formatMoney(order.amount) }
    case 'fund':
      return { ...shown, payee: order.payee, amount: formatMoney(order.amount), way: order.direction }
    case 'trade': {
      const limit = order.limit === undefined ? {} : { limit: formatMoney(order.limit) }
      return { ...shown, amount: formatMoney(order.quantity), way: order.side, ...limit }
    }
    case 'cancel':
      return { ...shown, trade: order.trade }
  }
}
