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
  for (const { item, since, amount, kind, bank, account, payee } of items) {
    const whose = account === undefined ? payee && `payee ${payee}` : `account ${account}`
    const what =
      kind === 'kept'
        ? `kept for account ${account ?? 'unknown'}, which is closed`
        : `owed to ${bank}, which credited it for ${whose ?? 'nobody that the books know'}`
    process.stdout.write(`${shownDate(since)}  ${formatMoney(amount)}  ${what}  '${item}'\n`)
  }
}

/** To an account of this bank, over the counter, at the bank's loss, or out of what is held for the payee whose payout it was. */
export async function clear(
  id: string,
  item: string,
  options: Signing & {
    readonly why: string
    readonly account?: string
    readonly cash?: true
    readonly loss?: true
    readonly payee?: true
  },
): Promise<void> {
  const { account, cash, loss, payee, why } = options
  const [to, ...others] = [account && { account }, cash && 'cash', loss && 'loss', payee && 'payee'].filter(Boolean)
  if (to === undefined || others.length > 0) throw new CannotDo('name one of --account, --cash, --loss and --payee')
  await proposeAt(atInstitution(id, options), 'clear-suspense', { item, to, why }, options)
}
