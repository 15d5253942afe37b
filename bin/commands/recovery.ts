/** `tonebank recovery`: what is known of books that went back in time, and the word of two people on what they lost. */
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export async function list(id: string, where: Where): Promise<void> {
  const losses = await atInstitution(id, where).ask('recovery.list', {})
  if (losses.length === 0) process.stdout.write(`${id}: its books never went back\n`)
  for (const { epoch, reached, held, heldBy, foundAt, releasedAt } of losses) {
    const state = releasedAt === undefined ? 'what was alive is closed' : `released ${shownDate(releasedAt)}`
    process.stdout.write(
      `${shownDate(foundAt)}  epoch ${epoch}  the books ended at record ${reached}, ${heldBy} holds record ${held}  ${state}\n`,
    )
  }
}

/** Of everything, or of one account or voucher. */
export async function release(id: string, options: Signing & Partial<OneOf>): Promise<void> {
  const { account, voucher } = options
  await proposeAt(
    atInstitution(id, options),
    'release-recovery',
    account ? { account } : voucher ? { voucher } : {},
    options,
  )
}

interface OneOf {
  readonly account: string
  readonly voucher: string
  readonly payee: string
}

/** Gives an amount back to one of them, or takes it. */
export async function book(
  id: string,
  amount: string,
  options: Signing & Partial<OneOf> & { readonly take?: boolean; readonly why: string },
): Promise<void> {
  const { account, voucher, payee, take, why } = options
  const [of, ...others] = [account && { account }, voucher && { voucher }, payee && { payee }].filter(Boolean)
  if (of === undefined || others.length > 0) throw new CannotDo('name one of --account, --voucher and --payee')
  const at = atInstitution(id, options)
  const minor = minorUnits(amount, at.entry.currency)
  await proposeAt(at, 'book-loss', { of, way: take ? 'take' : 'give', minor, why }, options)
}
