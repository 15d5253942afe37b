/** Faults that a bank's code could have, each one edit of one file. */
import type { Fault } from './copies.ts'

export const bankFaults: readonly Fault[] = [
  {
    name: 'a card is refunded a cent less than its payee says',
    file: 'bank/clearing/returns.ts',
    find: 'rows.push({ line, minor, buyer: paid.account',
    replace: 'rows.push({ line, minor: minor - 1n, buyer: paid.account',
  },
  {
    name: 'a bank heeds no ceiling',
    file: 'bank/ceiling.ts',
    find: ' && (await owedTo(tx, branch, payee)) + amount.minor <= granted',
    replace: '',
    says: /no more than \d+ was granted/,
  },
  {
    name: 'a sale that is asked for again is made again',
    file: 'bank/sale.ts',
    find: 'id: order.intent,',
    replace: 'id: drawn.order as typeof order.intent,',
  },
  {
    name: 'a record stays in stock when it is sold',
    file: 'bank/stock.ts',
    find: "UPDATE stock SET state = 'sold'",
    replace: "UPDATE stock SET state = 'in stock'",
  },
  {
    name: 'records that lost books may have sold are sold again',
    file: 'bank/stock.ts',
    find: "WHERE tenant = ? AND state = 'in stock'`, tenant)",
    replace: "WHERE tenant = ? AND state = 'lost'`, tenant)",
  },
  {
    name: 'what is paid for a voucher is rounded by a float',
    file: 'bank/sale.ts',
    find: 'entries: [debit(depositOf(buyer), amount), credit(floatOf(payee), amount)],',
    replace:
      'entries: [debit(depositOf(buyer), { ...amount, minor: BigInt(Math.floor(Number(amount.minor) * 0.999)) }), credit(floatOf(payee), { ...amount, minor: BigInt(Math.floor(Number(amount.minor) * 0.999)) })],',
  },
  {
    name: 'the price of a voucher stays with its buyer',
    file: 'bank/sale.ts',
    find: 'entries: [debit(depositOf(buyer), amount), credit(floatOf(payee), amount)],',
    replace: 'entries: [debit(depositOf(buyer), amount), credit(depositOf(buyer), amount)],',
  },
  {
    name: 'a payee is told another amount than was sold',
    file: 'bank/sale.ts',
    find: 'const body = { sale, ...record, amount, soldAt: BigInt(at) }',
    replace: 'const body = { sale, ...record, amount: { ...amount, minor: amount.minor - 1n }, soldAt: BigInt(at) }',
  },
  {
    name: 'a payee is not told what was sold',
    file: 'bank/sale.ts',
    find: 'const letter = await writeToPayee(tx, branch, { to: payee',
    replace:
      "const letter = order.channel === 'telephone' ? { epoch: 1n, sequence: 1n } : await writeToPayee(tx, branch, { to: payee",
  },
  {
    name: 'a sale is forgotten by whoever asks what became of it',
    file: 'bank/sale.ts',
    find: "kind: 'sale',\n    request:",
    replace: "kind: 'sold',\n    request:",
  },
  {
    name: 'a transfer that is asked for again is made again',
    file: 'bank/transfer.ts',
    find: 'id: order.intent,',
    replace: 'id: drawn.id as typeof order.intent,',
  },
  {
    name: 'a transfer arrives at whom it came from',
    file: 'bank/transfer.ts',
    find: 'credit(depositOf(to), amount)',
    replace: 'credit(depositOf(from), amount)',
  },
  {
    name: 'a transfer goes the other way',
    file: 'bank/transfer.ts',
    find: '[debit(depositOf(from), amount), credit(depositOf(to), amount)]',
    replace: '[debit(depositOf(to), amount), credit(depositOf(from), amount)]',
  },
  {
    name: 'a transfer is confirmed before it is kept',
    file: 'bank/transfer.ts',
    find: "  runtime.reached('transfer.requested')\n",
    replace:
      "  runtime.reached('transfer.requested')\n  if (order.amount.minor === 500n) return { outcome: 'transferred', reference: '0', balance: order.amount }\n",
  },
  {
    name: 'a confirmation is not kept',
    file: 'bank/vouchers.ts',
    find: "buyer = ? AND id = ? AND confirmed_at IS NULL'",
    replace: "buyer = ? AND id = ? AND confirmed_at < 0'",
  },
  {
    name: 'what another bank credited comes back all the same',
    file: 'bank/interbank/results.ts',
    find: 'entries: [debit(sendingTo(row.bank), amount), credit(dueTo(row.bank), amount)]',
    replace: 'entries: [debit(sendingTo(row.bank), amount), credit(depositOf(row.from_account), amount)]',
  },
  {
    name: 'another bank is owed a tenth more than it credited',
    file: 'bank/interbank/results.ts',
    find: '...part(suspenseOf(bank), amount.minor - bears),\n      credit(dueTo(bank), amount),',
    replace:
      '...part(suspenseOf(bank), amount.minor * 2n - bears),\n      credit(dueTo(bank), { ...amount, minor: amount.minor * 2n }),',
  },
  {
    name: 'a credit from another bank is a cent short',
    file: 'bank/interbank/receive.ts',
    find: 'entries: [debit(dueFrom(bank.id), amount), credit(depositOf(to), amount)]',
    replace:
      'entries: [debit(dueFrom(bank.id), { ...amount, minor: amount.minor - 1n }), credit(depositOf(to), { ...amount, minor: amount.minor - 1n })]',
  },
  {
    name: 'a net statement begins anew after a date without credits',
    file: 'bank/net/write.ts',
    find: 'business_date <= ? ORDER BY letter_epoch DESC',
    replace: 'business_date = ? ORDER BY letter_epoch DESC',
  },
  {
    name: 'a net statement leaves out what a clock dated otherwise',
    file: 'bank/net/write.ts',
    find: 'WHERE tenant = ? AND bank = ? AND posting IS NOT NULL AND',
    replace: "WHERE tenant = ? AND bank = ? AND posting IS NOT NULL AND transfer >= '1' AND minor <> 300 AND",
  },
  {
    name: 'captures are posted in whole yuan',
    file: 'bank/clearing/post.ts',
    find: '  const date = await businessDate(tx, calendar, at)\n  const captures = totals.capture.minor - totals.reversal.minor\n',
    replace:
      '  const date = await businessDate(tx, calendar, at)\n  const captures = BigInt(Math.round(Number(totals.capture.minor - totals.reversal.minor) / 100) * 100)\n',
  },
  {
    name: 'captures go to the account of what is given back',
    file: 'bank/clearing/post.ts',
    find: '...move(captures, floatOf(payee), settlement)',
    replace: '...move(captures, floatOf(payee), returningTo(payee))',
  },
  {
    name: 'a statement opens with nothing',
    file: 'bank/clearing/post.ts',
    find: 'const opening = (await statementBefore(tx, branch, file))?.float.closing ?? 0n',
    replace: 'const opening = 0n',
  },
  {
    name: 'a voucher may be captured twice over',
    file: 'bank/clearing/check.ts',
    find: "row.captured = kind === 'capture' ? captured + minor",
    replace: "row.captured = kind === 'capture' ? minor",
  },
  {
    name: 'what was left of an ended voucher goes to nobody',
    file: 'bank/clearing/returns.ts',
    find: 'credit(isOpen ? deposit : suspense, amount)',
    replace: 'credit(isOpen ? suspense : deposit, amount)',
  },
  {
    name: 'an ending gives back whatever is asked for',
    file: 'bank/clearing/check.ts',
    find: "return minor === row.face - captured ? 'accepted' : 'amount'",
    replace: "return minor < row.face - captured ? 'accepted' : 'amount'",
  },
]
