/** An institution's counterparties, its keys, and books that went back in time. */
import type { Command } from 'commander'
import { institutionArgument, ofInstallation, proposing, signed, wholeNumber, wholeNumbers } from './shared.ts'

export function addCounterparties(program: Command): void {
  const peers = program.command('peers').description('the counterparties of an institution')

  ofInstallation(peers.command('card'))
    .description('print the card that counterparties pin, and its fingerprint')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/peers.ts')).card(id, options))

  ofInstallation(peers.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/peers.ts')).list(id, options))

  proposing(peers.command('pin'))
    .description('propose to believe the letters of whoever holds the keys on a card')
    .argument(...institutionArgument)
    .argument('<card>', 'the file that the counterparty sent')
    .requiredOption('--fingerprint <digits>', 'as the counterparty told it by another way')
    .action(async (id, card, options) => (await import('../commands/peers.ts')).pin(id, card, options))

  proposing(peers.command('resume'))
    .description('propose to go on with a counterparty that was suspended')
    .argument(...institutionArgument)
    .argument('<peer>')
    .action(async (id, peer, options) => (await import('../commands/peers.ts')).resume(id, peer, options))

  signed(peers.command('allow-epoch'))
    .description('propose to believe a counterparty that left epochs out')
    .argument(...institutionArgument)
    .argument('<peer>')
    .argument('<epoch>', 'as the alarm says it', wholeNumber)
    .action(async (id, peer, epoch, options) =>
      (await import('../commands/peers.ts')).allowEpoch(id, peer, epoch, options),
    )

  const keys = program
    .command('keys')
    .description(
      "an institution's long-lived keys: their changes, and their way to another machine, as no backup holds them",
    )

  ofInstallation(keys.command('list'))
    .description('say which there are, since when, until when, and for whom older ones are kept')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/keys.ts')).list(id, options))

  proposing(keys.command('rotate'))
    .description('propose a new key in place of one; counterparties are told by letter, and nothing stops meanwhile')
    .argument(...institutionArgument)
    .requiredOption('--purpose <purpose>', 'receiving, signing, heads or tls')
    .action(async (id, options) => (await import('../commands/keys.ts')).rotate(id, options))

  proposing(keys.command('let-go'))
    .description(
      'propose to destroy an older receiving key, though a counterparty has not taken the new one: what it sealed to it is made anew',
    )
    .argument(...institutionArgument)
    .argument('<key>', 'as `keys list` shows it')
    .action(async (id, key, options) => (await import('../commands/keys.ts')).letGo(id, key, options))

  ofInstallation(keys.command('export'))
    .description('write them to a file that is sealed to two people')
    .argument(...institutionArgument)
    .argument('<file>')
    .requiredOption('--to <name...>', 'the two, who decide there')
    .action(async (id, file, options) => (await import('../commands/keys.ts')).exportTo(id, file, options))

  ofInstallation(keys.command('import'))
    .description('bring them back from such a file to where there are none; each of the two types a passphrase')
    .argument('<file>')
    .requiredOption('--people <folder>', "where the two people's own key files lie")
    .option(
      '--passphrase-file <file...>',
      'files with the two passphrases, in the order of --to; without them they type',
    )
    .action(async (file, options) => (await import('../commands/keys.ts')).importFrom(file, options))

  ofInstallation(keys.command('machine'))
    .description(
      'print this machine’s key of an institution, by which its other machine knows it; it is made where there is none',
    )
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/keys.ts')).machine(id, options))

  const recovery = program.command('recovery').description('books that went back in time, and what was lost by it')

  ofInstallation(recovery.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/recovery.ts')).list(id, options))

  signed(recovery.command('release'))
    .description('propose to open what was closed, after looking at what is lost: all of it, or one')
    .argument(...institutionArgument)
    .option('--account <number>', 'this account alone')
    .option('--voucher <number>', 'this voucher alone')
    .action(async (id, options) => (await import('../commands/recovery.ts')).release(id, options))

  signed(recovery.command('book'))
    .description('propose to give what was lost back to an account, a voucher or a payee, at our loss')
    .argument(...institutionArgument)
    .argument('<amount>', 'such as 250 or 12.50')
    .option('--account <number>', "a customer's")
    .option('--voucher <number>')
    .option('--payee <id>', 'owed for a sale that is lost')
    .option('--take', 'take it instead: it was spent in what is lost')
    .requiredOption('--why <text>', 'what people found')
    .action(async (id, amount, options) => (await import('../commands/recovery.ts')).book(id, amount, options))

  const alarms = program.command('alarms').description('what must never happen with a counterparty, and did')

  ofInstallation(alarms.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/peers.ts')).alarms(id, options))

  signed(alarms.command('acknowledge'))
    .description('sign that you have looked into alarms; one person is enough')
    .argument(...institutionArgument)
    .argument('<number...>', 'as the list says them', wholeNumbers)
    .action(async (id, numbers, options) => (await import('../commands/peers.ts')).acknowledge(id, numbers, options))
}
