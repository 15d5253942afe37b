/** Institutions of one's own, and the people who decide there. */
import { type Command, Option } from 'commander'
import {
  institutionArgument,
  minorAmounts,
  named,
  ofFirstTwo,
  ofInstallation,
  proposing,
  signed,
  wholeNumber,
} from './shared.ts'

export function addPeople(program: Command): void {
  const fresh = program
    .command('new')
    .description('add an institution of your own to a file, with folder, keys and two people')

  named(ofFirstTwo(fresh.command('bank')))
    .argument('<id>')
    .requiredOption('--rings <number>', 'the number that callers dial')
    .option('--account-prefix <digits>', 'what its account numbers begin with; without it the first free of 62, 63 …')
    .option('--cards <number>', 'have it issue cards, whose numbers begin with this: 0 to 9999', wholeNumber)
    .action(async (id, { accountPrefix, ...options }) =>
      (await import('../commands/new.ts')).newBank(id, { ...options, prefix: accountPrefix }),
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
    .action(async (id, options) => (await import('../commands/new.ts')).newMerchant(id, options))

  named(ofFirstTwo(fresh.command('host')))
    .argument('<id>')
    .requiredOption('--rings <number>', 'the number that callers dial')
    .requiredOption('--prefix <digits>', "what its payees' voucher numbers begin with, three to six digits")
    .option('--payee-prefix <digits>', 'what the numbers of its payees begin with, one or two digits', '88')
    .requiredOption(
      '--denominations <amounts>',
      'the amounts of their vouchers in minor units, such as 2000,5000',
      minorAmounts,
    )
    .action(async (id, options) => (await import('../commands/new.ts')).newHost(id, options))

  named(ofFirstTwo(fresh.command('securities')))
    .argument('<id>')
    .requiredOption('--rings <number>', 'the number that callers dial')
    .requiredOption('--bank <id>', 'the bank where the firm has its account')
    .requiredOption(
      '--list <file>',
      'what it lists, as the file has it under `securities`: docs/operating.md shows one',
    )
    .option('--number <number>', 'its number in terminals, 0 to 9999; without it the one that rings it', wholeNumber)
    .option('--capital <amount>', 'what of its own stands on its account; without it nothing')
    .action(async (id, options) => (await import('../commands/new.ts')).newSecurities(id, options))

  ofInstallation(program.command('sells'))
    .description("have a bank sell the vouchers of a merchant, or of a host's payees, of the same file")
    .argument('<bank>')
    .argument('<merchant|host>')
    .option('--number <number>', 'what callers key to reach it; without it the number that rings it')
    .action(async (bank, seller, options) => (await import('../commands/new.ts')).sells(bank, seller, options))

  ofInstallation(program.command('correspond'))
    .description('have money go between the accounts of two banks of the same file')
    .argument('<bank>')
    .argument('<other>')
    .option('--cap <amount>', 'the most that either may owe the other before they settle; without it 100000.00')
    .action(async (bank, other, options) => (await import('../commands/new.ts')).correspond(bank, other, options))

  const people = program.command('people').description('who decides at an institution')

  ofInstallation(people.command('list'))
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/people.ts')).list(id, options))

  ofFirstTwo(people.command('first'))
    .description('the first two people of an institution that has none, such as one of version 0.1.0')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/new.ts')).appoint(id, options, options))

  proposing(people.command('add'))
    .description('propose somebody, who makes a key of their own')
    .argument(...institutionArgument)
    .argument('<name>')
    .addOption(new Option('--role <role>', 'what they may decide').choices(['officer', 'teller']).default('teller'))
    .option('--new-passphrase-file <file>', 'a file with the passphrase of the new key; without it they type')
    .action(async (id, name, options) => (await import('../commands/people.ts')).add(id, name, options))

  proposing(people.command('revoke'))
    .description('propose that somebody decides no more')
    .argument(...institutionArgument)
    .argument('<name>')
    .action(async (id, name, options) => (await import('../commands/people.ts')).revoke(id, name, options))

  signed(people.command('passkey'))
    .description("set up a passkey, by which somebody signs on their bank's page for clerks")
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/person-passkeys.ts')).setUp(id, options))

  ofInstallation(people.command('passkeys'))
    .description('list the passkeys that sign')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/person-passkeys.ts')).list(id, options))

  signed(people.command('forget-passkey'))
    .description('have a passkey of your own sign no more, such as one that is lost')
    .argument(...institutionArgument)
    .argument('<passkey>', 'as the list says it')
    .action(async (id, passkey, options) =>
      (await import('../commands/person-passkeys.ts')).letGo(id, passkey, options),
    )

  const decisions = ofInstallation(program.command('decisions'))
    .enablePositionalOptions()
    .description('list what waits for a second person')
    .argument(...institutionArgument)
    .action(async (id, options) => (await import('../commands/people.ts')).decisions(id, options))

  signed(decisions.command('withdraw'))
    .description('take back what you proposed: nobody can approve it any more')
    .argument(...institutionArgument)
    .argument('<digest>')
    .action(async (id, digest, options) => (await import('../commands/people.ts')).withdraw(id, digest, options))

  signed(program.command('approve'))
    .description('approve, as a second person, what somebody proposed: it is done at once')
    .argument(...institutionArgument)
    .argument('<digest>')
    .action(async (id, digest, options) => (await import('../commands/people.ts')).approve(id, digest, options))
}
