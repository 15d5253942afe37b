/** `tonebank card`: what the last start printed, and under it the cards of a bank. */
import { type Command, Option } from 'commander'
import { institutionArgument, ofInstallation, portNumber, proposing } from './shared.ts'

export function addCards(program: Command): void {
  const card = ofInstallation(program.command('card'))
    .enablePositionalOptions()
    .description(
      'print the numbers to dial, the demonstration accounts and the SIP users again; below it, a bank’s cards',
    )
    .action(async options => (await import('../commands/card.ts')).card(options))

  issuing(card.command('issue'))
    .description('make a card for an account, in a reader or in a file, and propose to enrol its key')
    .argument(...institutionArgument)
    .argument('<account>')
    .action(async (id, account, options) => (await import('../commands/cards.ts')).issue(id, account, options))

  issuing(card.command('replace'))
    .description('make another card for the account of one, which is revoked when the new one is enrolled')
    .argument(...institutionArgument)
    .argument('<card>', 'the number of the old one')
    .action(async (id, old, options) => (await import('../commands/cards.ts')).replace(id, old, options))

  ofInstallation(card.command('list'))
    .description('the cards that a bank issued, and how each stands')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/cards.ts')).list(id, options))

  card
    .command('readers')
    .description('the card readers of this machine, and whether a card is in them')
    .action(async () => (await import('../commands/cards.ts')).readers())

  card
    .command('virtual')
    .description('put a card in software into the virtual reader of vsmartcard-vpcd, to try --reader without one')
    .argument('<file>', 'a new one is made where there is none')
    .option('--port <number>', 'where the reader listens', portNumber, 35_963)
    .action(async (file, options) => (await import('../commands/cards.ts')).virtual(file, options))

  const steps = {
    block: ['block-card', 'propose that a card pays no more until it is unblocked'],
    unblock: ['unblock-card', 'propose that a blocked card pays again, after its holder has shown an identity card'],
    revoke: ['revoke-card', 'propose that a card never pays again'],
  } as const
  for (const [name, [kind, what]] of Object.entries(steps))
    proposing(card.command(name))
      .description(what)
      .argument(...institutionArgument)
      .argument('<card>', 'its number')
      .action(async (id, number, options) => (await import('../commands/cards.ts')).decide(kind, id, number, options))

  ofInstallation(card.command('directory'))
    .description('write the directory that payment terminals carry, signed, and print the key that signed it')
    .argument(...institutionArgument)
    .requiredOption('--to <file>', 'where it is written')
    .action(async (id, options) => (await import('../commands/cards.ts')).directory(id, options))

  proposing(card.command('admit'))
    .description('propose that a payee or a securities firm collects by this bank’s cards')
    .argument(...institutionArgument)
    .argument('<receiver>', 'its id')
    .argument('<account>', 'where it collects')
    .argument(
      '<name>',
      'what an order calls it: of an account at this bank the customer’s names, English and then Mandarin',
    )
    .option('--at <bank>', 'the bank of the account, where it is another one')
    .action(async (id, receiver, account, name, options) =>
      (await import('../commands/cards.ts')).admit(id, { receiver, account, name }, options),
    )
  proposing(card.command('dismiss'))
    .description('propose that a receiver collects by this bank’s cards no more')
    .argument(...institutionArgument)
    .argument('<receiver>', 'its id')
    .action(async (id, receiver, options) => (await import('../commands/cards.ts')).dismiss(id, receiver, options))
}

function issuing(command: Command): Command {
  return proposing(command)
    .option(
      '--reader [name]',
      'into the new card in this reader, by a part of its name; in the only one without a name',
    )
    .option('--to <file>', 'where the card’s memory is kept; without it in the folder `cards` of the bank')
    .addOption(new Option('--algorithm <name>', 'of its key').choices(['Ed25519', 'P-256']).default('Ed25519'))
}
