/** Prompts, benchmarks, the terminal and the modem. */
import { Argument, type Command, Option } from 'commander'
import { ofInstallation, wholeNumber } from './shared.ts'
import { addTerminal } from './terminal.ts'

export function addTools(program: Command): void {
  ofInstallation(program.command('prompts'))
    .description('render every phrase to clips, and measure them')
    .option('--fresh', 'from nothing, not from what is cached')
    .action(async options => (await import('../commands/prompts.ts')).prompts(options))

  program
    .command('bench')
    .description('measure against what one would use instead, in the same run')
    .addArgument(
      new Argument('<name>', 'what to measure').choices([
        'calls',
        'frames',
        'load',
        'flood',
        'ledger',
        'takeover',
        'settle',
        'audit',
        'line',
        'ear',
        'modem',
        'capacity',
      ]),
    )
    .option('--quick', 'a short run')
    .option('--json', 'exactly one JSON object on standard output')
    .addOption(new Option('--resume', 'modem: go on with the last run, which was cut off').conflicts('quick'))
    .addOption(new Option('--engine <engine>', 'ledger: what keeps the books').choices(['sqlite', 'kept']))
    .option('--standby', 'ledger --engine kept: PostgreSQL waits for a standby, too')
    .option('--sales <count>', 'takeover: so many in the books', text => Number(wholeNumber(text)))
    .option('--followed', 'takeover: only a machine that has followed, with books that are made sooner')
    .option('--card', 'calls, ledger --engine kept --standby, takeover: keep the run for the capacity card')
    .action(async (name, options) => (await import('../commands/bench.ts')).bench(name, options))

  addTerminal(program)

  const modem = program.command('modem').description('try the modem: a message into a sound file, and out of one')
  const modemModes = ['v23', 'bell202', 'v21', 'v21-answer', 'dtmf']

  modem
    .command('send')
    .description('write a WAV file that carries a message')
    .argument('<file.wav>')
    .option('--message <text>', 'the message; standard input without it')
    .addOption(new Option('--mode <mode>', 'how').choices(modemModes).default('v23'))
    .option('--plain', 'plain HDLC, which other modems read, instead of a coded frame', false)
    .action(async (file, options) => (await import('../commands/modem.ts')).send(file, options))

  modem
    .command('receive')
    .description('print the messages in a WAV file (8 kHz, one channel), and how well they were heard')
    .argument('<file.wav>')
    .addOption(new Option('--mode <mode>', 'listen in this mode only').choices(modemModes))
    .option('--plot <file.svg>', 'draw what was received')
    .action(async (file, options) => (await import('../commands/modem.ts')).receive(file, options))
}
