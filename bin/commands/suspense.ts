/** `tonebank suspense`: money of which only people can find out whose it is, and the word of two officers on it. */
import { formatMoney } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

/** Oldest first. */
export async function list(id: string, where: Where): Promise<void> {
  const items = await atInstitution(id, where).ask('suspense.list', {})
  if (items.length === 0) process.stdout.write(`${id}: nothing waits in suspense\n`)
  for (const { item, since, amount, kind, bank, account } of items) {
    const what =
      kind === 'kept'
        ? `kept for account ${account ?? 'unknown'}, which is closed`
        : `owed to ${bank}, which credited it for ${account === undefined ? 'nobody that the books know' : `account ${account}`}`
    process.stdout.write(`${shownDate(since)}  ${formatMoney(amount)}  ${what}  '${item}'\n`)
  }
}

/** To an account of this bank, over the counter, or at the bank's loss. */
export async function clear(
  id: string,
  item: string,
  options: Signing & { readonly why: string; readonly account?: string; readonly cash?: true; readonly loss?: true },
): Promise<void> {
  const { account, cash, loss, why } = options
  const [to, ...others] = [account && { account }, cash && 'cash', loss && 'loss'].filter(Boolean)
  if (to === undefined || others.length > 0) throw new CannotDo('name one of --account, --cash and --loss')
  await proposeAt(atInstitution(id, options), 'clear-suspense', { item, to, why }, options)
}
