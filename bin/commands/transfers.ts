/** `tonebank transfers` and `tonebank give-up`: money that is on its way to other banks. */
import { formatMoney } from '../../src/money.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

/** Oldest first. */
export async function pending(id: string, where: Where): Promise<void> {
  const transfers = await atInstitution(id, where).ask('transfers.pending', {})
  if (transfers.length === 0) process.stdout.write(`${id}: nothing is on its way to another bank\n`)
  for (const { id: transfer, bank, from, to, amount, sentAt } of transfers) {
    const line = `${transfer}  ${shownDate(sentAt)}  ${formatMoney(amount)} from ${from} to ${to} at ${bank}`
    process.stdout.write(`${line}\n`)
  }
}

export async function giveUp(id: string, transfer: string, options: Signing & { why: string }): Promise<void> {
  await proposeAt(atInstitution(id, options), 'return-transfer', { transfer, why: options.why }, options)
}
