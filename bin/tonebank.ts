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
  .option('--since <folder>', 'prove only what was written since the checkpoint there; the nightly audit proves all')
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
  .addArgument(new Argument('<name>', 'what to measure').choices(['calls', 'ledger', 'audit', 'line', 'modem']))
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
