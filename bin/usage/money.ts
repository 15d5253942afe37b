/** The end of a day, and money that waits for people. */
import { type Command, Option } from 'commander'
import { institutionArgument, ofInstallation, proposing, signed, wholeNumber } from './shared.ts'

export function addMoney(program: Command): void {
  const settle = ofInstallation(program.command('settle'))
    .enablePositionalOptions()
    .description('the end of a day: what is paid, ended and refunded goes to the banks, and their results come back')
    .option('--now <institution>', 'do the night’s work now, and show how it goes on')
    .addOption(
      new Option('--dry-run <payee>', 'what it would send of the dates that are over; nothing is written').conflicts(
        'now',
      ),
    )
    .action(async options => {
      const commands = await import('../commands/settle.ts')
      if (options.now !== undefined) await commands.now(options.now, options)
      else if (options.dryRun !== undefined) await commands.dryRun(options.dryRun, options)
      else settle.help()
    })

  ofInstallation(settle.command('list'))
    .description('the latest day-end files, and how far each is')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/settle.ts')).list(id, options))

  ofInstallation(settle.command('show'))
    .description('one date: totals, breaks by kind, the bank’s statement')
    .argument(...institutionArgument)
    .argument('<date>', 'such as 2026-11-26')
    .addOption(
      new Option('--format <format>', 'for people, spreadsheets or programs')
        .choices(['text', 'csv', 'json'])
        .default('text'),
    )
    .action(async (id, date, options) => (await import('../commands/settle.ts')).show(id, date, options))

  ofInstallation(settle.command('banks'))
    .description('a bank’s net statements, positions and settlements with each other bank')
    .argument('<bank>')
    .addOption(new Option('--format <format>', 'for people or programs').choices(['text', 'json']).default('text'))
    .action(async (id, options) => (await import('../commands/settle-banks.ts')).banks(id, options))

  ofInstallation(settle.command('again'))
    .description(
      'send a bank once more what it refused, when the cause is put away: files of a payee, a net statement of a bank',
    )
    .argument('<institution>', 'a payee, a host of private payees, or a bank')
    .argument('<bank>')
    .action(async (id, bank, options) => (await import('../commands/settle.ts')).again(id, bank, options))

  proposing(settle.command('take-held'))
    .description(
      'propose to go on from the files that a bank holds, after books went back: what cannot be done again is a loss',
    )
    .argument(...institutionArgument)
    .argument('<bank>')
    .option('--payee <id>', 'of a host, which of its payees')
    .action(async (id, bank, options) => (await import('../commands/settle.ts')).takeHeld(id, bank, options))

  signed(settle.command('void'))
    .description('propose that a payee’s file counts for nothing, as its lines are not those of its header')
    .argument('<bank>')
    .argument('<payee>')
    .argument('<number>', 'of the file, as `settle list` shows it', wholeNumber)
    .requiredOption('--why <text>', 'what was found out: signed with it, told to the payee, and kept for ever')
    .action(async (id, payee, number, options) =>
      (await import('../commands/settle.ts')).declareVoid(id, payee, number, options),
    )

  signed(settle.command('accept-result'))
    .description('propose to book a bank’s result that contradicts the file, when people have found out why')
    .argument(...institutionArgument)
    .argument('<bank>')
    .argument('<number>', 'of the file, as `settle list` shows it', wholeNumber)
    .option('--payee <id>', 'of a host, which of its payees')
    .option('--difference <amount>', 'what the accounts have too little for it, as the alarm says: booked as a loss')
    .requiredOption('--why <text>', 'what was found out: signed with it, and kept for ever')
    .action(async (id, bank, number, options) =>
      (await import('../commands/settle.ts')).acceptResult(id, bank, number, options),
    )

  proposing(settle.command('agree-fee'))
    .description('propose what a bank may keep of what it clears for a payee: a result that keeps more is not booked')
    .argument('<payee>', 'or a host of private payees, for all of them')
    .argument('<bank>')
    .argument('<basis-points>', 'in hundredths of a percent: 50 is half a percent', wholeNumber)
    .action(async (id, bank, points, options) =>
      (await import('../commands/settle.ts')).agreeFee(id, bank, points, options),
    )

  proposing(settle.command('pay'))
    .description('propose that what is owed to another bank was paid')
    .argument('<bank>')
    .argument('<other>')
    .argument('<amount>', 'what `settle banks` says is to be paid')
    .action(async (id, other, amount, options) =>
      (await import('../commands/settle-banks.ts')).pay(id, other, amount, options),
    )

  proposing(settle.command('confirm'))
    .description('propose that what another bank has paid was seen')
    .argument('<bank>')
    .argument('<other>')
    .argument('<settlement>', 'its id, as `settle banks` shows it')
    .action(async (id, other, settlement, options) =>
      (await import('../commands/settle-banks.ts')).confirm(id, other, settlement, options),
    )

  signed(settle.command('refuse'))
    .description('propose that what another bank says it has paid did not come: it is owed again, at both')
    .argument('<bank>')
    .argument('<other>')
    .argument('<settlement>', 'its id, as `settle banks` shows it')
    .requiredOption('--why <text>', 'how people know: signed with it, told to the other bank, and kept for ever')
    .action(async (id, other, settlement, options) =>
      (await import('../commands/settle-banks.ts')).refuse(id, other, settlement, options),
    )

  ofInstallation(program.command('transfers'))
    .description('what has left accounts for other banks and is not answered yet')
    .argument('<bank>')
    .action(async (id, options) => (await import('../commands/transfers.ts')).pending(id, options))

  signed(program.command('give-up'))
    .description('propose that a transfer goes back to its sender, as the other bank is dead')
    .argument('<bank>')
    .argument('<transfer>', 'its id, as `transfers` shows it')
    .requiredOption('--why <text>', 'how people know that the other bank is dead')
    .action(async (id, transfer, options) => (await import('../commands/transfers.ts')).giveUp(id, transfer, options))

  const suspense = program.command('suspense').description('money of which only people can find out whose it is')

  ofInstallation(suspense.command('list'))
    .description('what waits: given back for closed accounts, or credited by another bank for us unasked')
    .argument('<bank>')
    .action(async (id, options) => (await import('../commands/suspense.ts')).list(id, options))

  signed(suspense.command('clear'))
    .description('propose to move one of them to where it belongs')
    .argument('<bank>')
    .argument('<item>', 'as `suspense list` shows it, in quotation marks')
    .option('--account <number>', 'to this account; what is owed to another bank is taken from it')
    .option('--cash', 'paid over the counter')
    .option('--loss', 'what is owed to another bank, at our loss')
    .option('--payee', 'what is owed for a payout that was given up, out of what is held for its payee')
    .requiredOption('--why <text>', 'how people know where it belongs')
    .action(async (id, item, options) => (await import('../commands/suspense.ts')).clear(id, item, options))

  proposing(program.command('leave'))
    .description(
      'propose that a bank leaves a payee: unsold records become unsellable, and the payee withdraws them for ever',
    )
    .argument('<bank>')
    .argument('<payee>')
    .action(async (id, payee, options) => (await import('../commands/customers.ts')).leave(id, payee, options))

  proposing(program.command('pay-out'))
    .description(
      'propose to pay what was cleared for a payee to its own account: here, or of a private payee at its own bank',
    )
    .argument('<bank>')
    .argument('<payee>')
    .argument('<account>')
    .argument('<amount>', 'such as 120.50')
    .action(async (id, payee, account, amount, options) =>
      (await import('../commands/customers.ts')).payOut(id, payee, account, amount, options),
    )
}
