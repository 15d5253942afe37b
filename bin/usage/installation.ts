/** What runs, keeps and proves an installation. */
import type { Command } from 'commander'
import { addCards } from './cards.ts'
import { ofInstallation, portNumber } from './shared.ts'

export function addInstallation(program: Command): void {
  ofInstallation(program.command('start'))
    .description(
      'run an installation: one Asterisk, every institution as its own process; without a file, the demonstration',
    )
    .option(
      '--lan',
      'let the network in: softphones over TLS with mandatory SRTP, browsers to the telephone over HTTPS',
    )
    .option('--port <number>', 'SIP port on loopback; without it 5060, or a free one', portNumber)
    .action(async options => (await import('../commands/start.ts')).start(options))

  ofInstallation(program.command('phone'))
    .description('call a line from this console, without Asterisk: prompts are typed, keys are typed')
    .argument('<number>', 'the line to call')
    .option('--aloud', 'speak the prompts through the loudspeaker (never a password)')
    .action(async (number, options) => (await import('../commands/phone.ts')).phone(number, options))

  addCards(program)

  ofInstallation(program.command('backup'))
    .description(
      'copy the books to a folder that lies elsewhere, keys left out; with --follow, everything new within seconds',
    )
    .argument('<folder>')
    .option('--follow', 'go on until stopped; the institution raises an alarm when this stays behind')
    .action(async (folder, options) => (await import('../commands/backup.ts')).backup(folder, options))

  ofInstallation(program.command('restore'))
    .description('make the books again from a backup, where there are none')
    .argument('<folder>')
    .action(async (folder, options) => (await import('../commands/restore.ts')).restore(folder, options))

  ofInstallation(program.command('status'))
    .description('say which institutions run, and as which processes')
    .option('--ready', 'end with status 1 unless each takes new calls')
    .action(async options => (await import('../commands/status.ts')).status(options))

  ofInstallation(program.command('trace'))
    .description(
      'say which call, page, command, night or letter made something, and what it led to, out of logs and books',
    )
    .argument('<id>', 'of a trace, a call or a request: 32 hexadecimal digits, as the log shows them')
    .action(async (id, options) => (await import('../commands/trace.ts')).trace(id, options))

  ofInstallation(program.command('audit'))
    .description("prove an institution's books from their raw rows, with code that shares nothing with the ledger")
    .argument('[institution...]', 'all of them when none is named')
    .option('--checkpoint <folder>', 'when all is right, write there how far it was proved, signed')
    .option(
      '--since <folder>',
      'go on from the checkpoint there: the rows of the journal since and the balances that follow, and no other table',
    )
    .action(async (institutions, options) => (await import('../commands/audit.ts')).audit(institutions, options))

  const heads = program
    .command('heads')
    .description('prove books whose owner is not trusted, by heads that others hold')

  ofInstallation(heads.command('export'))
    .description('write to a file, signed, every head of an institution that another one holds')
    .argument('<holder>')
    .argument('<of>')
    .argument('<file>')
    .action(async (holder, of, file, options) =>
      (await import('../commands/heads.ts')).exportHeld(holder, of, file, options),
    )

  ofInstallation(heads.command('verify'))
    .description("prove an institution's books against such a file")
    .argument('<file>')
    .argument('<institution>')
    .action(async (file, institution, options) =>
      (await import('../commands/heads.ts')).verifyHeld(file, institution, options),
    )

  const checkpoint = program.command('checkpoint').description('have others sign what books were at a moment')

  ofInstallation(checkpoint.command('sign'))
    .description(
      'read every row of a checkpoint again, and sign it as a counterparty or auditor; of the last one, or of --record',
    )
    .argument('<folder>', 'with checkpoints, or a copy of it')
    .argument('<signer>', 'an institution of this installation')
    .option('--record <number>', 'the record of the change log at which it was taken')
    .action(async (folder, signer, options) =>
      (await import('../commands/checkpoint.ts')).sign(folder, signer, options),
    )

  ofInstallation(checkpoint.command('verify'))
    .description("show who has signed an institution's checkpoints, and whether they hold what was signed")
    .argument('<institution>')
    .option('--from <folder>', 'take over signatures from a copy in which others have signed')
    .option('--card <files...>', 'cards of signers that are no counterparties')
    .action(async (institution, options) => (await import('../commands/checkpoint.ts')).verify(institution, options))

  ofInstallation(program.command('reload'))
    .description('have a running installation read its file again: what is new in it starts, what is gone stops')
    .action(async options => (await import('../commands/reload.ts')).reload(options))

  ofInstallation(program.command('drain'))
    .description('take no new calls, and end once those in progress have; SIGTERM does the same')
    .argument('[institution]')
    .option('--all', 'every institution, and then the whole installation')
    .option('--asterisk <name>', 'one of several Asterisk is given no new call, and stays')
    .option('--back', 'that one is given calls again')
    .action(async (institution, options) => (await import('../commands/drain.ts')).drain(institution, options))

  program
    .command('institution', { hidden: true })
    .description('serve one institution in this process; `start` runs one for each')
    .argument('<id>')
    .action(async id => (await import('../commands/institution.ts')).institution(id))
}
