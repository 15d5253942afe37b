/** `tonebank payments`: a payee's till. What was paid, and giving it back: to the voucher, or later to its buyer. */
import { isPaidByCard } from '../../src/clearing/lines.ts'
import {
  drawIntentId,
  type IntentId,
  intentIdShape,
  parseIntentId,
  parseVoucherNumber,
  type VoucherNumber,
} from '../../src/ids.ts'
import { formatMoney } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

interface Clerks {
  readonly clerk: string
  readonly reason: string
  readonly intent?: string
}

export async function list(id: string, options: Where & { limit: bigint }): Promise<void> {
  const payments = await atInstitution(id, options).ask('payments.list', { limit: Number(options.limit) })
  if (payments.length === 0) process.stdout.write('Nothing was paid yet.\n')
  for (const { businessDate, reference, voucher, amount, reversed, refunded } of payments) {
    const back = reversed.minor > 0n ? `, ${formatMoney(reversed)} given back` : ''
    const later = refunded.minor > 0n ? `, ${formatMoney(refunded)} refunded` : ''
    process.stdout.write(
      `${businessDate}  reference ${reference}  voucher ${voucher}  ${formatMoney(amount)}${back}${later}\n`,
    )
  }
}

/** `amount` in whole units, with a point before the decimals; left out: all that was not given back yet. */
export async function reverse(
  id: string,
  reference: string,
  amount: string | undefined,
  options: Where & Clerks,
): Promise<void> {
  const at = atInstitution(id, options)
  const became = await at.ask('payments.reverse', { reference, ...byClerk(at, amount, options) })
  switch (became.outcome) {
    case 'reversed':
      process.stdout.write(
        `${formatMoney(became.amount)} given back to voucher ${became.voucher}, reference ${became.reference}\n`,
      )
      return
    case 'exceeds-payment':
      throw new CannotDo(`of this payment, ${formatMoney(became.left)} can still be given back`)
    case 'unknown-payment':
    case 'voucher-dead':
    case 'refused-amount':
    case 'intent-reused':
      throw new CannotDo(whyNot[became.outcome])
  }
}

/**
 * To the account that bought the voucher, once the payment's date is over. `payment` is the voucher's number, or with `date` the
 * reference of one payment; `amount` left out: all that can be refunded of it.
 */
export async function refund(
  id: string,
  payment: string,
  amount: string | undefined,
  options: Where & Clerks & { date?: string },
): Promise<void> {
  const at = atInstitution(id, options)
  const of = refundable(payment, options.date)
  const became = await at.ask('payments.refund', { of, ...byClerk(at, amount, options) })
  switch (became.outcome) {
    case 'refunded':
      process.stdout.write(
        `${formatMoney(became.amount)} of voucher ${became.voucher} goes to the account that bought it with the next day end, reference ${became.reference}\n`,
      )
      return
    case 'exceeds-payments':
      throw new CannotDo(`${formatMoney(became.left)} can still be refunded of it`)
    case 'unknown-payment':
      throw new CannotDo('nothing was paid under this reference on that business date: look at `payments list`')
    case 'unknown-voucher':
    case 'not-closed':
    case 'refused-amount':
    case 'intent-reused':
      throw new CannotDo(whyNot[became.outcome])
  }
}

function refundable(
  payment: string,
  date: string | undefined,
): { reference: string; date: string } | { voucher: VoucherNumber } {
  const voucher = parseVoucherNumber(payment)
  if (voucher !== undefined) return { voucher }
  if (!/^\d{6}$/.test(payment)) throw new CannotDo(`${payment} is no voucher number and no reference of six digits`)
  if (date === undefined || !/^\d{4}-\d\d-\d\d$/.test(date))
    throw new CannotDo('say with --date on which business date it was paid, as `payments list` says it: 2026-11-26')
  return { reference: payment, date }
}

/** To the account of the card, as long as its bank holds something for this payee. `amount` left out: all that was not refunded yet. */
export async function refundCard(
  id: string,
  named: string,
  amount: string | undefined,
  options: Where & Clerks,
): Promise<void> {
  const at = atInstitution(id, options)
  const payment = parseIntentId(named)
  if (payment === undefined) throw new CannotDo(`${named} is no payment as \`payments by-card\` names it`)
  const became = await at.ask('payments.refund-card', { payment, ...byClerk(at, amount, options) })
  switch (became.outcome) {
    case 'refunded':
      process.stdout.write(
        `${formatMoney(became.amount)} goes to the account of the card with the next day end, reference ${became.reference}\n`,
      )
      return
    case 'exceeds-payment':
      throw new CannotDo(`${formatMoney(became.left)} can still be refunded of it`)
    case 'unknown-payment':
      throw new CannotDo('no card paid this: look at `payments by-card`')
    case 'not-paid':
    case 'no-day-end':
    case 'refused-amount':
    case 'intent-reused':
      throw new CannotDo(whyNot[became.outcome])
  }
}

/** Every refund, newest first, with how it stands. */
export async function refunds(id: string, options: Where & { limit: bigint }): Promise<void> {
  const lines = await atInstitution(id, options).ask('payments.refunds', { limit: Number(options.limit) })
  if (lines.length === 0) process.stdout.write('Nothing was refunded yet.\n')
  for (const { businessDate, reference, of, amount, clerk, reason, standing, refusedAs } of lines) {
    const why = refusedAs === undefined ? standing : `${standing}: ${refusedAs}`
    process.stdout.write(
      `${businessDate}  reference ${reference}  ${isPaidByCard(of) ? 'card payment' : 'voucher'} ${of}  ${formatMoney(amount)}  ${why}  by ${clerk}, ${reason}\n`,
    )
  }
}

/** What cards have paid: it goes to the payee's own account at its bank, and is no voucher's. */
export async function byCard(id: string, options: Where & { limit: bigint }): Promise<void> {
  const lines = await atInstitution(id, options).ask('payments.by-card', { limit: Number(options.limit) })
  if (lines.length === 0) process.stdout.write('Nothing was paid by card yet.\n')
  for (const { id: payment, at, amount, state, issuer, card, reference, reason, refunded } of lines) {
    const became = reason === '' ? becameOfCard[state] : `${becameOfCard[state]}: ${reason}`
    const named = reference === '' ? '' : `  reference ${reference}`
    const back = refunded.minor > 0n ? `, ${formatMoney(refunded)} refunded` : ''
    process.stdout.write(
      `${shownDate(at)}  card ${card} of ${issuer}${named}  ${formatMoney(amount)}  ${became}${back}  payment ${payment}\n`,
    )
  }
}

const becameOfCard = {
  forwarded: 'its bank has not answered yet',
  sent: 'on its way',
  paid: 'paid',
  'came-back': 'came back',
  refused: 'refused',
} as const

const whyNot = {
  'unknown-payment':
    'nothing was paid under this reference on the business date of now: later, money goes back by a refund',
  'voucher-dead': 'its voucher is used up or was ended: after the cut-off, money goes back by a refund',
  'unknown-voucher': 'this payee has no such voucher',
  'not-closed': 'its business date is not over: `payments reverse` gives it back to the voucher, as long as that lives',
  'not-paid': 'it is not paid: nothing can go back of it',
  'no-day-end':
    'the bank of the card sells none of our vouchers and holds nothing for us: pay it back as any customer of our own bank does',
  'refused-amount': 'that is no amount that can be given back',
  'intent-reused': 'this intent was used for another request',
} as const

/** What a clerk asks with, who is told under which id to ask again. */
function byClerk(
  { entry }: ReturnType<typeof atInstitution>,
  amount: string | undefined,
  { clerk, reason, intent: named }: Clerks,
) {
  const intent = intentOf(named)
  const minor = amount === undefined ? undefined : minorUnits(amount, entry.currency)
  process.stderr.write(`If no answer comes, ask again with --intent ${intent}: it is done once.\n`)
  return { intent, minor, clerk, reason }
}

function intentOf(text: string | undefined): IntentId {
  if (text === undefined) return drawIntentId(systemRuntime)
  const intent = intentIdShape.safeParse(text)
  if (!intent.success) throw new CannotDo(`${text} is no intent: 32 hexadecimal digits`)
  return intent.data
}
