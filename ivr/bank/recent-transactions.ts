/** The latest transactions, the newest first, a few at a time. */
import type { Bank, Customer, PastTransaction } from '../../src/bank/bank.ts'
import { type Money, money } from '../../src/money.ts'
import type { Call } from '../../src/phone/call.ts'
import { dateOf } from '../dialogs/when.ts'

/** As many as one can follow by ear before the question whether to go on. */
const perBreath = 3
const most = 15

export async function recentTransactions(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const lines = await call.during(bank.recentTransactions(customer.account, most))
  if (lines.length === 0) return call.say('transactions.none')

  await call.say('transactions.intro')
  for (const [index, line] of lines.entries()) {
    if (index > 0 && index % perBreath === 0) {
      await call.choose('transactions.more', { phrase: 'transactions.more', choices: { '1': 'more' } })
    }
    await tell(call, line, bank.timeZone)
  }
  await call.say('transactions.end')
}

function tell(call: Call, line: PastTransaction, timeZone: string): Promise<void> {
  const values = { date: dateOf(line.at, timeZone), amount: magnitude(line.amount) }
  const other = line.counterparty
  if (!other) return call.say(line.kind === 'deposit' ? 'transactions.deposit' : 'transactions.other', values)
  switch (line.kind) {
    case 'voucher':
      return call.say('transactions.bought', { ...values, payee: other })
    case 'transfer-out':
      return call.say('transactions.sent', { ...values, payee: other })
    case 'transfer-in':
      return call.say('transactions.received', { ...values, payer: other })
    case 'transfer-back':
      return call.say('transactions.came-back', { ...values, payee: other })
    case 'refund':
      return call.say('transactions.refund', { ...values, payee: other })
    case 'deposit':
      return call.say('transactions.deposit', values)
    case 'correction':
    case 'recovery-loss':
      return call.say('transactions.other', values)
  }
}

/** The sentence says which way the money went. */
const magnitude = ({ minor, asset }: Money): Money => money(minor < 0n ? -minor : minor, asset)
