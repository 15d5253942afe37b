/** Faults that the code of payees could have, and what all institutions have in common: ledger, store, mail. Each one edit of one file. */
import type { Fault } from './copies.ts'

export const payeeFaults: readonly Fault[] = [
  {
    name: 'a refund to a card that is asked for again is made again',
    file: 'merchant/by-clerk.ts',
    find: ', id, kind },',
    replace: ", id: kind === 'card-refund' ? (orderedId(runtime) as typeof id) : id, kind },",
  },
  {
    name: 'more goes back of a payment than its card paid',
    file: 'merchant/clearing/card-refund.ts',
    find: 'amount.minor > left.minor || ',
    replace: '',
  },
  {
    name: 'no bank is told of refunds to its cards',
    file: 'merchant/clearing/build.ts',
    find: 'if (refunds.length === 0) return rows',
    replace: 'if (refunds.length >= 0) return rows',
  },
  {
    name: 'a payment that is asked for again is made again',
    file: 'merchant/payment.ts',
    find: "    id,\n    kind: 'payment',",
    replace: "    id: drawn.payment as typeof id,\n    kind: 'payment',",
  },
  {
    name: 'a payment is a cent dearer than was agreed',
    file: 'merchant/payment.ts',
    find: 'entries: [debit(promise, amount), credit(revenueFrom(record.bank), amount)]',
    replace:
      'entries: [debit(promise, { ...amount, minor: amount.minor - 1n }), credit(revenueFrom(record.bank), { ...amount, minor: amount.minor - 1n })]',
  },
  {
    name: 'a voucher that is used up lives on',
    file: 'merchant/payment.ts',
    find: '  if (posted.minor > 0n) return\n',
    replace: '  if (posted.minor >= 0n) return\n',
  },
  {
    name: 'an activation that is told twice is refused',
    file: 'merchant/activation.ts',
    find: '  if (record.sale === sale) return active\n',
    replace: '',
  },
  {
    name: 'an activation is booked above what the bank may owe',
    file: 'merchant/activation.ts',
    find: 'if (!(await hasRoom(tx, shop, bank, amount))) {',
    replace: 'if (amount.minor < 0n) {',
  },
  {
    name: 'an activation that was held is held for ever',
    file: 'merchant/activation.ts',
    find: '  if (held.length > 0) await releaseActivation(tx, shop, bank, sale)\n',
    replace: '',
  },
  {
    name: 'a voucher is promised half of its face',
    file: 'merchant/activation.ts',
    find: 'entries: [debit(dueFrom(bank), amount), credit(promiseOf(number), amount)]',
    replace:
      'entries: [debit(dueFrom(bank), { ...amount, minor: amount.minor / 2n }), credit(promiseOf(number), { ...amount, minor: amount.minor / 2n })]',
  },
  {
    name: 'a voucher keeps its old password beside the new one',
    file: 'merchant/password.ts',
    find: "'UPDATE voucher SET password = ?, revealable = ?, generation = ? WHERE tenant = ? AND number = ?',\n        verifier,",
    replace:
      "'UPDATE voucher SET password = ?, revealable = ?, generation = ? WHERE tenant = ? AND number = ?',\n        record.password,",
  },
  {
    name: 'a posting is made to a date that is closed',
    file: 'ledger/business-date.ts',
    find: 'return closed !== undefined && closed >= byClock ? nextDate(closed) : byClock',
    replace: "return closed !== undefined && closed < '' ? nextDate(closed) : byClock",
  },
  {
    name: 'a balance does not shrink',
    file: 'ledger/post.ts',
    find: 'posted: before.posted + change }, chain)',
    replace: 'posted: before.posted + (change > 0n ? change : 0n) }, chain)',
  },
  {
    name: 'an entry is hashed without its amount',
    file: 'ledger/journal.ts',
    find: 'fields.push(i + 1, account, side, amount.minor, ',
    replace: 'fields.push(i + 1, account, side, ',
  },
  {
    name: 'a day end has the lines of the dates before, too',
    file: 'merchant/clearing/build.ts',
    find: "'business_date = ?'",
    replace: "'business_date <= ?'",
  },
  {
    name: 'a day end leaves the small payments out',
    file: 'merchant/clearing/build.ts',
    find: 'WHERE journal.chain = ? AND $',
    replace: 'WHERE journal.chain = ? AND entry.minor > 1000 AND $',
  },
  {
    name: 'what a bank settled stays owed for vouchers',
    file: 'merchant/clearing/book-result.ts',
    find: 'debit(settledAt(bank), money(captures)), credit(dueFrom(bank), money(captures))',
    replace: 'debit(settledAt(bank), money(captures)), credit(settledAt(bank), money(captures))',
  },
  {
    name: 'institutions ask nobody at their start which of their heads they hold',
    file: 'mail/ask.ts',
    find: '  return held\n',
    replace: '  return { ...held, head: null }\n',
  },
  {
    name: 'institutions believe any reply, whatever bundle it answers',
    file: 'mail/envelope.ts',
    find: "  if (!sameBytes(genuine.nonce, nonce)) throw new UnbelievableEnvelope('it answers another bundle')\n",
    replace: '',
    says: /believes a reply .* to another bundle/,
  },
  {
    name: 'a changed password is not the one that is revealed',
    file: 'merchant/password.ts',
    find: '        verifier,\n        revealable,\n',
    replace: '        verifier,\n        record.revealable,\n',
  },
  {
    name: 'a voucher that was ended lives on',
    file: 'merchant/termination.ts',
    find: "SET state = 'terminated', generation = generation + 1",
    replace: 'SET generation = generation + 1',
  },
]
