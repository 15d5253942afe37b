/** A bank's counter, and a payee's till. */
import { Argument, type Command, Option } from 'commander'
import { institutionArgument, named, ofInstallation, proposing, signed, wholeNumber, wholeNumbers } from './shared.ts'

export function addCounter(program: Command): void {
  const merchantKeys = program.command('merchant-keys').description("keys of shops' programs at a payee's API")

  ofInstallation(merchantKeys.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/merchant-keys.ts')).list(id, options))

  signed(merchantKeys.command('add'))
    .description('make a key, which is shown once')
    .argument(...institutionArgument)
    .argument('<name>', 'of the shop or its program, as payers see it')
    .option('--webhook <address>', 'where its shop is told of payments')
    .option('--json', 'exactly one JSON object on standard output')
    .action(async (id, name, options) => (await import('../commands/merchant-keys.ts')).add(id, name, options))

  signed(merchantKeys.command('revoke'))
    .description('let nobody use a key any more')
    .argument(...institutionArgument)
    .argument('<key>', 'its id, as the list says it')
    .action(async (id, key, options) => (await import('../commands/merchant-keys.ts')).revoke(id, key, options))

  const callBacks = program.command('callbacks').description('callers who want to be called back')

  ofInstallation(callBacks.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/call-backs.ts')).list(id, options))

  signed(callBacks.command('done'))
    .description('sign that callers were called back, or need not be; their numbers are destroyed')
    .argument(...institutionArgument)
    .argument('<number...>', 'as the list says them', wholeNumbers)
    .action(async (id, numbers, options) => (await import('../commands/call-backs.ts')).done(id, numbers, options))

  const customers = program.command('customers').description("a bank's counter")

  named(ofInstallation(customers.command('open')))
    .description('open an account, with a PIN that is drawn and told once')
    .argument(...institutionArgument)
    .option('--business', 'of a business: other banks are told its whole name')
    .action(async (id, options) => (await import('../commands/customers.ts')).open(id, options))

  ofInstallation(customers.command('show'))
    .argument(...institutionArgument)
    .argument('<account>')
    .action(async (id, account, options) => (await import('../commands/customers.ts')).show(id, account, options))

  signed(customers.command('calls'))
    .description('what was kept of calls that signed in to an account; who asks is noted')
    .argument(...institutionArgument)
    .argument('<account>')
    .requiredOption('--why <text>', 'signed with it, such as: the customer asked, identity card seen')
    .option('--json', 'exactly one JSON object on standard output')
    .action(async (id, account, options) => (await import('../commands/customers.ts')).calls(id, account, options))

  proposing(customers.command('payin'))
    .description('propose that cash is paid in')
    .argument(...institutionArgument)
    .argument('<account>')
    .argument('<amount>', 'such as 250 or 12.50')
    .action(async (id, account, amount, options) =>
      (await import('../commands/customers.ts')).payIn(id, account, amount, options),
    )

  proposing(customers.command('unblock'))
    .description('propose that an account which wrong PINs closed is opened')
    .argument(...institutionArgument)
    .argument('<account>')
    .action(async (id, account, options) => (await import('../commands/customers.ts')).unblock(id, account, options))

  proposing(customers.command('lift-block'))
    .description('propose that what its holder blocked is opened again, after an identity card was shown')
    .argument(...institutionArgument)
    .argument('<account>')
    .addArgument(new Argument('<what>').choices(['account', 'telephone']))
    .action(async (id, account, what, options) =>
      (await import('../commands/customers.ts')).liftBlock(id, account, what, options),
    )

  proposing(customers.command('clear-voucher'))
    .description('propose that a voucher may be unlocked again, after its buyer has shown an identity card')
    .argument(...institutionArgument)
    .argument('<voucher>', 'its number')
    .action(async (id, voucher, options) =>
      (await import('../commands/customers.ts')).clearVoucher(id, voucher, options),
    )

  proposing(customers.command('close'))
    .description('propose that an account is closed: what is on it is paid out in cash, its vouchers live on')
    .argument(...institutionArgument)
    .argument('<account>')
    .action(async (id, account, options) => (await import('../commands/customers.ts')).close(id, account, options))

  proposing(customers.command('limit'))
    .description('propose other limits for an account than the bank has')
    .argument(...institutionArgument)
    .argument('<account>')
    .argument('<per-item>', 'what may leave it at once, such as 500')
    .argument('<per-day>', 'and in one business date')
    .addOption(
      new Option('--channel <channel>', 'for one channel')
        .choices(['every', 'telephone', 'page', 'terminal'])
        .default('every'),
    )
    .action(async (id, account, perItem, perDay, options) =>
      (await import('../commands/customers.ts')).limit(id, account, perItem, perDay, options),
    )

  proposing(customers.command('address'))
    .description('propose where its customer is told by mail what happens on an account')
    .argument(...institutionArgument)
    .argument('<account>')
    .argument('[address]', 'such as ada@example.org; of whoever has shown an identity card')
    .option('--none', 'nowhere any more')
    .action(async (id, account, address, options) =>
      (await import('../commands/customers.ts')).address(id, account, address, options),
    )

  proposing(customers.command('reset-pin'))
    .description('propose a new PIN, which is drawn and told to whoever approves')
    .argument(...institutionArgument)
    .argument('<account>')
    .action(async (id, account, options) => (await import('../commands/customers.ts')).resetPin(id, account, options))

  const payments = program.command('payments').description("a payee's till")

  ofInstallation(payments.command('list'))
    .description('the latest payments, with what was given back of each')
    .argument(...institutionArgument)
    .option('--limit <number>', 'how many', wholeNumber, 20n)
    .action(async (id, options) => (await import('../commands/payments.ts')).list(id, options))

  ofInstallation(payments.command('reverse'))
    .description('give a payment of today back to its voucher, whole or in part')
    .argument(...institutionArgument)
    .argument('<reference>', 'the six digits that the payer was told')
    .argument('[amount]', 'such as 250 or 12.50; without it all of the payment')
    .requiredOption('--clerk <name>', 'who gives it back')
    .requiredOption('--reason <text>', 'why')
    .option('--intent <id>', 'of an earlier try that got no answer')
    .action(async (id, reference, amount, options) =>
      (await import('../commands/payments.ts')).reverse(id, reference, amount, options),
    )

  ofInstallation(payments.command('refund'))
    .description('give a payment of an earlier date back to the account that bought its voucher, with the next day end')
    .argument(...institutionArgument)
    .argument('<payment>', 'the six digits that the payer was told, with --date; or the number of the voucher')
    .argument('[amount]', 'such as 250 or 12.50; without it all that can be refunded')
    .option('--date <date>', 'the business date of the payment, as `payments list` says it')
    .requiredOption('--clerk <name>', 'who gives it back')
    .requiredOption('--reason <text>', 'why')
    .option('--intent <id>', 'of an earlier try that got no answer')
    .action(async (id, payment, amount, options) =>
      (await import('../commands/payments.ts')).refund(id, payment, amount, options),
    )

  ofInstallation(payments.command('refund-card'))
    .description('give back what a card paid, whole or in part, to the account of the card, with the next day end')
    .argument(...institutionArgument)
    .argument('<payment>', 'as `payments by-card` names it: 32 digits and letters')
    .argument('[amount]', 'such as 250 or 12.50; without it all that can be refunded')
    .requiredOption('--clerk <name>', 'who gives it back')
    .requiredOption('--reason <text>', 'why')
    .option('--intent <id>', 'of an earlier try that got no answer')
    .action(async (id, payment, amount, options) =>
      (await import('../commands/payments.ts')).refundCard(id, payment, amount, options),
    )

  ofInstallation(payments.command('refunds'))
    .description('refunds, each with how it stands: waiting, sent, paid, or refused by the bank')
    .argument(...institutionArgument)
    .option('--limit <number>', 'how many', wholeNumber, 20n)
    .action(async (id, options) => (await import('../commands/payments.ts')).refunds(id, options))

  ofInstallation(payments.command('by-card'))
    .description('what cards have paid, newest first, and what became of each')
    .argument(...institutionArgument)
    .option('--limit <number>', 'how many', wholeNumber, 20n)
    .action(async (id, options) => (await import('../commands/payments.ts')).byCard(id, options))

  ofInstallation(program.command('stock'))
    .description('have a bank order every voucher that is short; it does so each night by itself')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/customers.ts')).order(id, options))
}
