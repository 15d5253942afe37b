#!/usr/bin/env node
/**
 * `tonebank`: the one command behind all npm scripts. This is the only floor that knows everybody; each sub-command is a
 * file in `commands/`, loaded only when it is called.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { sayPlainly } from './plain-errors.ts'

const program = new Command('tonebank')
  .description('A telephone payment network: phone the bank, hear a voucher, phone a merchant and pay with it.')
  .showHelpAfterError()
  // `settle` has options of its own, and commands under it that have the same.
  .enablePositionalOptions()

/** Which installation a command is about. */
function ofInstallation(command: Command): Command {
  return command
    .option('--config <file>', "the installation's file; its books, keys and ports lie beside it")
    .option('--data <folder>', 'a folder with a tonebank.yaml in it, which the first start makes', 'data')
}

ofInstallation(program.command('start'))
  .description(
    'run an installation: one Asterisk, every institution as its own process; without a file, the demonstration',
  )
  .option('--lan', 'let softphones of the network in, over TLS with mandatory SRTP')
  .option('--port <number>', 'SIP port on loopback; without it 5060, or a free one', portNumber)
  .action(async options => (await import('./commands/start.ts')).start(options))

ofInstallation(program.command('phone'))
  .description('call a line from this console, without Asterisk: prompts are typed, keys are typed')
  .argument('<number>', 'the line to call')
  .option('--aloud', 'speak the prompts through the loudspeaker (never a password)')
  .action(async (number, options) => (await import('./commands/phone.ts')).phone(number, options))

ofInstallation(program.command('card'))
  .description('print the numbers to dial, the demonstration accounts and the SIP users again')
  .action(async options => (await import('./commands/card.ts')).card(options))

ofInstallation(program.command('backup'))
  .description(
    'copy the books to a folder that lies elsewhere, keys left out; with --follow, everything new within seconds',
  )
  .argument('<folder>')
  .option('--follow', 'go on until stopped; the institution raises an alarm when this stays behind')
  .action(async (folder, options) => (await import('./commands/backup.ts')).backup(folder, options))

ofInstallation(program.command('restore'))
  .description('make the books again from a backup, where there are none')
  .argument('<folder>')
  .action(async (folder, options) => (await import('./commands/restore.ts')).restore(folder, options))

ofInstallation(program.command('status'))
  .description('say which institutions run, and as which processes')
  .action(async options => (await import('./commands/status.ts')).status(options))

ofInstallation(program.command('audit'))
  .description("prove an institution's books from their raw rows, with code that shares nothing with the ledger")
  .argument('[institution...]', 'all of them when none is named')
  .option('--checkpoint <folder>', 'when all is right, write there how far it was proved, signed')
  .option(
    '--since <folder>',
    'go on from the checkpoint there: the rows of the journal since and the balances that follow, and no other table',
  )
  .action(async (institutions, options) => (await import('./commands/audit.ts')).audit(institutions, options))

const heads = program.command('heads').description('prove books whose owner is not trusted, by heads that others hold')

ofInstallation(heads.command('export'))
  .description('write to a file, signed, every head of an institution that another one holds')
  .argument('<holder>')
  .argument('<of>')
  .argument('<file>')
  .action(async (holder, of, file, options) =>
    (await import('./commands/heads.ts')).exportHeld(holder, of, file, options),
  )

ofInstallation(heads.command('verify'))
  .description("prove an institution's books against such a file")
  .argument('<file>')
  .argument('<institution>')
  .action(async (file, institution, options) =>
    (await import('./commands/heads.ts')).verifyHeld(file, institution, options),
  )

const checkpoint = program.command('checkpoint').description('have others sign what books were at a moment')

ofInstallation(checkpoint.command('sign'))
  .description(
    'read every row of a checkpoint again, and sign it as a counterparty or auditor; of the last one, or of --record',
  )
  .argument('<folder>', 'with checkpoints, or a copy of it')
  .argument('<signer>', 'an institution of this installation')
  .option('--record <number>', 'the record of the change log at which it was taken')
  .action(async (folder, signer, options) => (await import('./commands/checkpoint.ts')).sign(folder, signer, options))

ofInstallation(checkpoint.command('verify'))
  .description("show who has signed an institution's checkpoints, and whether they hold what was signed")
  .argument('<institution>')
  .option('--from <folder>', 'take over signatures from a copy in which others have signed')
  .option('--card <files...>', 'cards of signers that are no counterparties')
  .action(async (institution, options) => (await import('./commands/checkpoint.ts')).verify(institution, options))

ofInstallation(program.command('reload'))
  .description('have a running installation read its file again: what is new in it starts, what is gone stops')
  .action(async options => (await import('./commands/reload.ts')).reload(options))

ofInstallation(program.command('prompts'))
  .description('render every phrase to clips, and measure them')
  .option('--fresh', 'from nothing, not from what is cached')
  .action(async options => (await import('./commands/prompts.ts')).prompts(options))

program
  .command('bench')
  .description('measure against what one would use instead, in the same run')
  .addArgument(
    new Argument('<name>', 'what to measure').choices(['calls', 'flood', 'ledger', 'settle', 'audit', 'line', 'modem']),
  )
  .option('--quick', 'a short run')
  .option('--json', 'exactly one JSON object on standard output')
  .addOption(new Option('--resume', 'modem: go on with the last run, which was cut off').conflicts('quick'))
  .action(async (name, options) => (await import('./commands/bench.ts')).bench(name, options))

const modem = program.command('modem').description('try the modem: a message into a sound file, and out of one')
const modemModes = ['v23', 'bell202', 'v21', 'v21-answer', 'dtmf']

modem
  .command('send')
  .description('write a WAV file that carries a message')
  .argument('<file.wav>')
  .option('--message <text>', 'the message; standard input without it')
  .addOption(new Option('--mode <mode>', 'how').choices(modemModes).default('v23'))
  .option('--plain', 'plain HDLC, which other modems read, instead of a coded frame', false)
  .action(async (file, options) => (await import('./commands/modem.ts')).send(file, options))

modem
  .command('receive')
  .description('print the messages in a WAV file (8 kHz, one channel), and how well they were heard')
  .argument('<file.wav>')
  .addOption(new Option('--mode <mode>', 'listen in this mode only').choices(modemModes))
  .option('--plot <file.svg>', 'draw what was received')
  .action(async (file, options) => (await import('./commands/modem.ts')).receive(file, options))

// The counter, the people and the counterparties of one institution: its running process does the work, or this one.

const institutionArgument = ['<institution>', 'its id in the file'] as const

/** Of a command that one person signs with their own key. */
function signed(command: Command): Command {
  return ofInstallation(command)
    .requiredOption('--as <name>', 'who signs: a person whose key lies in the folder `people`')
    .option('--passphrase-file <file>', 'its first line is the passphrase, - is standard input; without it you type')
}

/** Signed by one person, for another to approve. */
function proposing(command: Command): Command {
  return signed(command).option('--why <text>', 'what it is for: signed with it, and read by whoever approves')
}

function ofFirstTwo(command: Command): Command {
  return ofInstallation(command)
    .requiredOption('--first <name>', 'one of the two people who decide there at first')
    .requiredOption('--second <name>', 'the other')
    .option('--first-passphrase <file>', 'a file with the passphrase of the one; without it they type')
    .option('--second-passphrase <file>', 'a file with that of the other')
}

function named(command: Command): Command {
  return command
    .requiredOption('--name-en <name>', 'as it is said in English')
    .requiredOption('--name-zh <name>', 'as it is said in Mandarin')
}

const fresh = program
  .command('new')
  .description('add an institution of your own to a file, with folder, keys and two people')

named(ofFirstTwo(fresh.command('bank')))
  .argument('<id>')
  .requiredOption('--rings <number>', 'the number that callers dial')
  .option('--account-prefix <digits>', 'what its account numbers begin with; without it the first free of 62, 63 …')
  .action(async (id, { accountPrefix, ...options }) =>
    (await import('./commands/new.ts')).newBank(id, { ...options, prefix: accountPrefix }),
  )

named(ofFirstTwo(fresh.command('merchant')))
  .argument('<id>')
  .requiredOption('--rings <number>', 'the number that callers dial')
  .requiredOption('--prefix <digits>', 'what its voucher numbers begin with, three to six digits')
  .requiredOption(
    '--denominations <amounts>',
    'the amounts of its vouchers in minor units, such as 2000,5000',
    minorAmounts,
  )
  .action(async (id, options) => (await import('./commands/new.ts')).newMerchant(id, options))

ofInstallation(program.command('sells'))
  .description('have a bank sell the vouchers of a merchant of the same file')
  .argument('<bank>')
  .argument('<merchant>')
  .option('--number <number>', 'what callers key to choose it; without it the number that rings it')
  .action(async (bank, merchant, options) => (await import('./commands/new.ts')).sells(bank, merchant, options))

ofInstallation(program.command('correspond'))
  .description('have money go between the accounts of two banks of the same file')
  .argument('<bank>')
  .argument('<other>')
  .option('--cap <amount>', 'the most that either may owe the other before they settle; without it 100000.00')
  .action(async (bank, other, options) => (await import('./commands/new.ts')).correspond(bank, other, options))

const people = program.command('people').description('who decides at an institution')

ofInstallation(people.command('list'))
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/people.ts')).list(id, options))

ofFirstTwo(people.command('first'))
  .description('the first two people of an institution that has none, such as one of version 0.1.0')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/new.ts')).appoint(id, options, options))

proposing(people.command('add'))
  .description('propose somebody, who makes a key of their own')
  .argument(...institutionArgument)
  .argument('<name>')
  .addOption(new Option('--role <role>', 'what they may decide').choices(['officer', 'teller']).default('teller'))
  .option('--new-passphrase-file <file>', 'a file with the passphrase of the new key; without it they type')
  .action(async (id, name, options) => (await import('./commands/people.ts')).add(id, name, options))

proposing(people.command('revoke'))
  .description('propose that somebody decides no more')
  .argument(...institutionArgument)
  .argument('<name>')
  .action(async (id, name, options) => (await import('./commands/people.ts')).revoke(id, name, options))

ofInstallation(program.command('decisions'))
  .description('list what waits for a second person')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/people.ts')).decisions(id, options))

signed(program.command('approve'))
  .description('approve, as a second person, what somebody proposed: it is done at once')
  .argument(...institutionArgument)
  .argument('<digest>')
  .action(async (id, digest, options) => (await import('./commands/people.ts')).approve(id, digest, options))

const peers = program.command('peers').description('the counterparties of an institution')

ofInstallation(peers.command('card'))
  .description('print the card that counterparties pin, and its fingerprint')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/peers.ts')).card(id, options))

ofInstallation(peers.command('list'))
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/peers.ts')).list(id, options))

proposing(peers.command('pin'))
  .description('propose to believe the letters of whoever holds the keys on a card')
  .argument(...institutionArgument)
  .argument('<card>', 'the file that the counterparty sent')
  .requiredOption('--fingerprint <digits>', 'as the counterparty told it by another way')
  .action(async (id, card, options) => (await import('./commands/peers.ts')).pin(id, card, options))

proposing(peers.command('resume'))
  .description('propose to go on with a counterparty that was suspended')
  .argument(...institutionArgument)
  .argument('<peer>')
  .action(async (id, peer, options) => (await import('./commands/peers.ts')).resume(id, peer, options))

signed(peers.command('allow-epoch'))
  .description('propose to believe a counterparty that left epochs out')
  .argument(...institutionArgument)
  .argument('<peer>')
  .argument('<epoch>', 'as the alarm says it', wholeNumber)
  .action(async (id, peer, epoch, options) =>
    (await import('./commands/peers.ts')).allowEpoch(id, peer, epoch, options),
  )

const keys = program
  .command('keys')
  .description(
    "an institution's long-lived keys: their changes, and their way to another machine, as no backup holds them",
  )

ofInstallation(keys.command('list'))
  .description('say which there are, since when, until when, and for whom older ones are kept')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/keys.ts')).list(id, options))

proposing(keys.command('rotate'))
  .description('propose a new key in place of one; counterparties are told by letter, and nothing stops meanwhile')
  .argument(...institutionArgument)
  .requiredOption('--purpose <purpose>', 'receiving, signing, heads or tls')
  .action(async (id, options) => (await import('./commands/keys.ts')).rotate(id, options))

ofInstallation(keys.command('export'))
  .description('write them to a file that is sealed to two people')
  .argument(...institutionArgument)
  .argument('<file>')
  .requiredOption('--to <name...>', 'the two, who decide there')
  .action(async (id, file, options) => (await import('./commands/keys.ts')).exportTo(id, file, options))

ofInstallation(keys.command('import'))
  .description('bring them back from such a file to where there are none; each of the two types a passphrase')
  .argument('<file>')
  .requiredOption('--people <folder>', "where the two people's own key files lie")
  .option('--passphrase-file <file...>', 'files with the two passphrases, in the order of --to; without them they type')
  .action(async (file, options) => (await import('./commands/keys.ts')).importFrom(file, options))

const recovery = program.command('recovery').description('books that went back in time, and what was lost by it')

ofInstallation(recovery.command('list'))
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/recovery.ts')).list(id, options))

signed(recovery.command('release'))
  .description('propose to open what was closed, after looking at what is lost: all of it, or one')
  .argument(...institutionArgument)
  .option('--account <number>', 'this account alone')
  .option('--voucher <number>', 'this voucher alone')
  .action(async (id, options) => (await import('./commands/recovery.ts')).release(id, options))

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
    const commands = await import('./commands/settle.ts')
    if (options.now !== undefined) await commands.now(options.now, options)
    else if (options.dryRun !== undefined) await commands.dryRun(options.dryRun, options)
    else settle.help()
  })

ofInstallation(settle.command('list'))
  .description('the latest day-end files, and how far each is')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/settle.ts')).list(id, options))

ofInstallation(settle.command('show'))
  .description('one date: totals, breaks by kind, the bank’s statement')
  .argument(...institutionArgument)
  .argument('<date>', 'such as 2026-11-26')
  .addOption(
    new Option('--format <format>', 'for people, spreadsheets or programs')
      .choices(['text', 'csv', 'json'])
      .default('text'),
  )
  .action(async (id, date, options) => (await import('./commands/settle.ts')).show(id, date, options))

ofInstallation(settle.command('banks'))
  .description('a bank’s net statements, positions and settlements with each other bank')
  .argument('<bank>')
  .addOption(new Option('--format <format>', 'for people or programs').choices(['text', 'json']).default('text'))
  .action(async (id, options) => (await import('./commands/settle-banks.ts')).banks(id, options))

proposing(settle.command('take-held'))
  .description(
    'propose to go on from the files that a bank holds, after books went back: what cannot be done again is a loss',
  )
  .argument(...institutionArgument)
  .argument('<bank>')
  .option('--payee <id>', 'of a host, which of its payees')
  .action(async (id, bank, options) => (await import('./commands/settle.ts')).takeHeld(id, bank, options))

proposing(settle.command('pay'))
  .description('propose that what is owed to another bank was paid')
  .argument('<bank>')
  .argument('<other>')
  .argument('<amount>', 'what `settle banks` says is to be paid')
  .action(async (id, other, amount, options) =>
    (await import('./commands/settle-banks.ts')).pay(id, other, amount, options),
  )

proposing(settle.command('confirm'))
  .description('propose that what another bank has paid was seen')
  .argument('<bank>')
  .argument('<other>')
  .argument('<settlement>', 'its id, as `settle banks` shows it')
  .action(async (id, other, settlement, options) =>
    (await import('./commands/settle-banks.ts')).confirm(id, other, settlement, options),
  )

ofInstallation(program.command('transfers'))
  .description('what has left accounts for other banks and is not answered yet')
  .argument('<bank>')
  .action(async (id, options) => (await import('./commands/transfers.ts')).pending(id, options))

signed(program.command('give-up'))
  .description('propose that a transfer goes back to its sender, as the other bank is dead')
  .argument('<bank>')
  .argument('<transfer>', 'its id, as `transfers` shows it')
  .requiredOption('--why <text>', 'how people know that the other bank is dead')
  .action(async (id, transfer, options) => (await import('./commands/transfers.ts')).giveUp(id, transfer, options))

const suspense = program.command('suspense').description('money of which only people can find out whose it is')

ofInstallation(suspense.command('list'))
  .description('what waits: given back for closed accounts, or credited by another bank for us unasked')
  .argument('<bank>')
  .action(async (id, options) => (await import('./commands/suspense.ts')).list(id, options))

signed(suspense.command('clear'))
  .description('propose to move one of them to where it belongs')
  .argument('<bank>')
  .argument('<item>', 'as `suspense list` shows it, in quotation marks')
  .option('--account <number>', 'to this account; what is owed to another bank is taken from it')
  .option('--cash', 'paid over the counter')
  .option('--loss', 'what is owed to another bank, at our loss')
  .requiredOption('--why <text>', 'how people know where it belongs')
  .action(async (id, item, options) => (await import('./commands/suspense.ts')).clear(id, item, options))

proposing(program.command('leave'))
  .description(
    'propose that a bank leaves a payee: unsold records become unsellable, and the payee withdraws them for ever',
  )
  .argument('<bank>')
  .argument('<payee>')
  .action(async (id, payee, options) => (await import('./commands/customers.ts')).leave(id, payee, options))

proposing(program.command('pay-out'))
  .description('propose to pay what was cleared for a payee to its own account at this bank')
  .argument('<bank>')
  .argument('<payee>')
  .argument('<account>')
  .argument('<amount>', 'such as 120.50')
  .action(async (id, payee, account, amount, options) =>
    (await import('./commands/customers.ts')).payOut(id, payee, account, amount, options),
  )

signed(recovery.command('book'))
  .description('propose to give what was lost back to an account, a voucher or a payee, at our loss')
  .argument(...institutionArgument)
  .argument('<amount>', 'such as 250 or 12.50')
  .option('--account <number>', "a customer's")
  .option('--voucher <number>')
  .option('--payee <id>', 'owed for a sale that is lost')
  .option('--take', 'take it instead: it was spent in what is lost')
  .requiredOption('--why <text>', 'what people found')
  .action(async (id, amount, options) => (await import('./commands/recovery.ts')).book(id, amount, options))

const alarms = program.command('alarms').description('what must never happen with a counterparty, and did')

ofInstallation(alarms.command('list'))
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/peers.ts')).alarms(id, options))

signed(alarms.command('acknowledge'))
  .description('sign that you have looked into alarms; one person is enough')
  .argument(...institutionArgument)
  .argument('<number...>', 'as the list says them', wholeNumbers)
  .action(async (id, numbers, options) => (await import('./commands/peers.ts')).acknowledge(id, numbers, options))

const merchantKeys = program.command('merchant-keys').description("keys of shops' programs at a payee's API")

ofInstallation(merchantKeys.command('list'))
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/merchant-keys.ts')).list(id, options))

signed(merchantKeys.command('add'))
  .description('make a key, which is shown once')
  .argument(...institutionArgument)
  .argument('<name>', 'of the shop or its program, as payers see it')
  .option('--webhook <address>', 'where its shop is told of payments')
  .option('--json', 'exactly one JSON object on standard output')
  .action(async (id, name, options) => (await import('./commands/merchant-keys.ts')).add(id, name, options))

signed(merchantKeys.command('revoke'))
  .description('let nobody use a key any more')
  .argument(...institutionArgument)
  .argument('<key>', 'its id, as the list says it')
  .action(async (id, key, options) => (await import('./commands/merchant-keys.ts')).revoke(id, key, options))

const customers = program.command('customers').description("a bank's counter")

named(ofInstallation(customers.command('open')))
  .description('open an account, with a PIN that is drawn and told once')
  .argument(...institutionArgument)
  .option('--business', 'of a business: other banks are told its whole name')
  .action(async (id, options) => (await import('./commands/customers.ts')).open(id, options))

ofInstallation(customers.command('show'))
  .argument(...institutionArgument)
  .argument('<account>')
  .action(async (id, account, options) => (await import('./commands/customers.ts')).show(id, account, options))

proposing(customers.command('payin'))
  .description('propose that cash is paid in')
  .argument(...institutionArgument)
  .argument('<account>')
  .argument('<amount>', 'such as 250 or 12.50')
  .action(async (id, account, amount, options) =>
    (await import('./commands/customers.ts')).payIn(id, account, amount, options),
  )

proposing(customers.command('unblock'))
  .description('propose that an account which wrong PINs closed is opened')
  .argument(...institutionArgument)
  .argument('<account>')
  .action(async (id, account, options) => (await import('./commands/customers.ts')).unblock(id, account, options))

proposing(customers.command('lift-block'))
  .description('propose that what its holder blocked is opened again, after an identity card was shown')
  .argument(...institutionArgument)
  .argument('<account>')
  .addArgument(new Argument('<what>').choices(['account', 'telephone']))
  .action(async (id, account, what, options) =>
    (await import('./commands/customers.ts')).liftBlock(id, account, what, options),
  )

proposing(customers.command('clear-voucher'))
  .description('propose that a voucher may be unlocked again, after its buyer has shown an identity card')
  .argument(...institutionArgument)
  .argument('<voucher>', 'its number')
  .action(async (id, voucher, options) => (await import('./commands/customers.ts')).clearVoucher(id, voucher, options))

proposing(customers.command('close'))
  .description('propose that an account is closed: what is on it is paid out in cash, its vouchers live on')
  .argument(...institutionArgument)
  .argument('<account>')
  .action(async (id, account, options) => (await import('./commands/customers.ts')).close(id, account, options))

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
    (await import('./commands/customers.ts')).limit(id, account, perItem, perDay, options),
  )

proposing(customers.command('reset-pin'))
  .description('propose a new PIN, which is drawn and told to whoever approves')
  .argument(...institutionArgument)
  .argument('<account>')
  .action(async (id, account, options) => (await import('./commands/customers.ts')).resetPin(id, account, options))

const payments = program.command('payments').description("a payee's till")

ofInstallation(payments.command('list'))
  .description('the latest payments, with what was given back of each')
  .argument(...institutionArgument)
  .option('--limit <number>', 'how many', wholeNumber, 20n)
  .action(async (id, options) => (await import('./commands/payments.ts')).list(id, options))

ofInstallation(payments.command('reverse'))
  .description('give a payment of today back to its voucher, whole or in part')
  .argument(...institutionArgument)
  .argument('<reference>', 'the six digits that the payer was told')
  .argument('[amount]', 'such as 250 or 12.50; without it all of the payment')
  .requiredOption('--clerk <name>', 'who gives it back')
  .requiredOption('--reason <text>', 'why')
  .option('--intent <id>', 'of an earlier try that got no answer')
  .action(async (id, reference, amount, options) =>
    (await import('./commands/payments.ts')).reverse(id, reference, amount, options),
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
    (await import('./commands/payments.ts')).refund(id, payment, amount, options),
  )

ofInstallation(payments.command('refunds'))
  .description('refunds, each with how it stands: waiting, sent, paid, or refused by the bank')
  .argument(...institutionArgument)
  .option('--limit <number>', 'how many', wholeNumber, 20n)
  .action(async (id, options) => (await import('./commands/payments.ts')).refunds(id, options))

ofInstallation(program.command('stock'))
  .description('have a bank order every voucher that is short; it does so each night by itself')
  .argument(...institutionArgument)
  .action(async (id, options) => (await import('./commands/customers.ts')).order(id, options))

program
  .command('institution', { hidden: true })
  .description('serve one institution in this process; `start` runs one for each')
  .argument('<id>')
  .action(async id => (await import('./commands/institution.ts')).institution(id))

await program.parseAsync().catch(sayPlainly)

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('It is no port number.')
}

function wholeNumber(text: string): bigint {
  if (/^\d{1,15}$/.test(text)) return BigInt(text)
  throw new InvalidArgumentError('It is no whole number.')
}

/** Of an argument that comes more than once. */
function wholeNumbers(text: string, before: readonly bigint[] = []): readonly bigint[] {
  return [...before, wholeNumber(text)]
}

function minorAmounts(text: string): number[] {
  return text.split(',').map(each => {
    const minor = Number(each)
    if (Number.isSafeInteger(minor) && minor > 0) return minor
    throw new InvalidArgumentError('They are no amounts in minor units, such as 2000,5000.')
  })
}
