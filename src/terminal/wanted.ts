/** Whether what is asked for is what the holder wants, as far as the terminal can tell. */
import type { Keyed } from '../card/complete.ts'
import type { Directory } from '../card/directory.ts'
import type { Matter, OrderRequest } from '../card/order.ts'
import type { Money } from '../money.ts'

/** A payee whose number stands in the directory under another name is not signed, nor what the holder did not ask for. */
export function isWanted(
  request: OrderRequest,
  { directory, wish }: { readonly directory: Pick<Directory, 'payee'>; readonly wish?: Keyed },
): boolean {
  if ('payee' in request) {
    const listed = directory.payee(request.payee.bank, request.payee.account)
    if (listed !== undefined && listed.name !== request.payee.name) return false
  }
  if (wish === undefined) return true
  if (wish.type !== request.type) return false
  if (wish.type === 'trade' && request.type === 'trade') return isSameTrade(wish, request)
  if (wish.type === 'cancel' && request.type === 'cancel') return wish.trade === request.trade
  if (wish.type === 'fund' && request.type === 'fund' && wish.direction !== request.direction) return false
  if ('payee' in wish && 'payee' in request) {
    const { bank, account } = request.payee
    if (wish.payee.account !== account || wish.payee.bank !== bank) return false
  }
  if (!('amount' in request) || !('amount' in wish) || wish.amount === undefined) return true
  return isSame(wish.amount, request.amount)
}

type Trade = Extract<Matter, { readonly type: 'trade' }>

function isSameTrade(wish: Trade, { side, quantity, limit }: Trade): boolean {
  if (wish.side !== side || !isSame(wish.quantity, quantity)) return false
  return wish.limit === undefined || limit === undefined ? wish.limit === limit : isSame(wish.limit, limit)
}

function isSame({ minor, asset: { code, scale } }: Money, other: Money): boolean {
  return other.minor === minor && other.asset.code === code && other.asset.scale === scale
}
