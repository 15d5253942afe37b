/** `tonebank payments`: a payee's till. What was paid, and giving a payment back before its business date is over. */
import { drawIntentId, type IntentId, intentIdShape } from '../../src/ids.ts'
import { formatMoney } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution } from '../at-institution.ts'

export async function list(id: string, options: Where & { limit: bigint }): Promise<void> {
  const payments = await atInstitution(id, options).ask('payments.list', { limit: Number(options.limit) })
  if (payments.length === 0) process.stdout.write('Nothing was paid yet.\n')
  for (const { businessDate, reference, voucher, amount, reversed } of payments) {
    const back = reversed.minor > 0n ? `, ${formatMoney(reversed)} given back` : ''
    process.stdout.write(`${businessDate}  reference ${reference}  voucher ${voucher}  ${formatMoney(amount)}${back}\n`)
  }
}

/** `amount` in whole units, with a point before the decimals; left out: all that was not given back yet. */
export async function reverse(
  id: string,
  reference: string,
  amount: string | undefined,
  options: Where & { clerk: string; reason: string; intent?: string },
): Promise<void> {
  const at = atInstitution(id, options)
  const { clerk, reason } = options
  const intent = intentOf(options.intent)
  const minor = amount === undefined ? undefined : minorUnits(amount, at.entry.currency)
  process.stderr.write(`If no answer comes, ask again with --intent ${intent}: it is done once.\n`)
  const became = await at.ask('payments.reverse', { intent, reference, minor, clerk, reason })
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

const whyNot = {
  'unknown-payment':
    'nothing was paid under this reference on the business date of now: later, money goes back by a refund',
  'voucher-dead': 'its voucher is used up or was ended: money goes back by a refund',
  'refused-amount': 'that is no amount that can be given back',
  'intent-reused': 'this intent was used for another reversal',
} as const

function intentOf(text: string | undefined): IntentId {
  if (text === undefined) return drawIntentId(systemRuntime)
  const intent = intentIdShape.safeParse(text)
  if (!intent.success) throw new CannotDo(`${text} is no intent: 32 hexadecimal digits`)
  return intent.data
}
