/** Whether what is asked for is what the holder wants, as far as the terminal can tell. */
import type { Keyed } from '../card/complete.ts'
import type { Directory } from '../card/directory.ts'
import type { OrderRequest } from '../card/order.ts'

/** A payee whose number stands in the directory under another name is not signed, nor what the holder did not ask for. */
export function isWanted(
  request: OrderRequest,
  { directory, wish }: { readonly directory: Directory; readonly wish?: Keyed },
): boolean {
  if ('payee' in request) {
    const listed = directory.payee(request.payee.bank, request.payee.account)
    if (listed !== undefined && listed.name !== request.payee.name) return false
  }
  if (wish === undefined) return true
  if (wish.type !== request.type) return false
  if ('payee' in wish && 'payee' in request) {
    const { bank, account } = request.payee
    if (wish.payee.account !== account || wish.payee.bank !== bank) return false
  }
  if (!('amount' in request) || !('amount' in wish) || wish.amount === undefined) return true
  const { minor, asset } = wish.amount
  return (
    request.amount.minor === minor &&
    request.amount.asset.code === asset.code &&
    request.amount.asset.scale === asset.scale
  )
}
