/**
 * What `npm start -- --help` and its like say. It stands here as plain text, so that a fresh clone answers at once: asking
 * what a command does must not install anything. A test compares it with the options that the commands really have.
 */

const where = `  --config <file>   the installation's file; its books, keys and ports lie beside it
  --data <folder>   a folder with a tonebank.yaml in it, which the first start makes (default: data)`

/** @type {ReadonlyMap<string, string>} */
const texts = new Map([
  [
    'start',
    `npm start -- [options]

Runs an installation: one Asterisk, every institution as its own process. Without a file of your own it is the
demonstration. The first start fetches what is missing.

${where}
  --lan             let the network in: softphones over TLS with mandatory SRTP, browsers to the telephone over HTTPS
  --port <number>   SIP port on loopback; without it 5060, or a free one`,
  ],
  [
    'phone',
    `npm run phone -- <number> [options]

Calls a line from this console, without Asterisk: prompts are typed, keys are typed. Try 9001.

${where}
  --aloud           speak the prompts through the loudspeaker (never a password)`,
  ],
  [
    'test',
    `npm test -- [phase ...]

Runs every test: types, lint, unit, simulation, calls, stories, browser. Named phases run alone. It installs what is missing, as
root or with the command that it prints.`,
  ],
  [
    'bench',
    `npm run bench -- <calls|frames|load|flood|ledger|takeover|settle|audit|line|ear|modem|capacity> [options]

Measures against what one would use instead, in the same run.

  --quick           a short run
  --json            exactly one JSON object on standard output
  --resume          modem: go on with the last run, which was cut off
  --engine kept     ledger: books whose log PostgreSQL keeps, beside SQLite alone
  --standby         ledger: a commit there waits for a standby, too
  --sales COUNT     takeover: so many in the books
  --followed        takeover: only a machine that has followed
  --card            calls, ledger, takeover: keep the run for the capacity card`,
  ],
  [
    'prepare',
    'node setup/main.mjs prepare\n\nFetches and installs everything that `npm start` needs, and starts nothing.',
  ],
  ['test-containers', 'npm run test:containers\n\nBuilds the image and tests it with a container engine.'],
  [
    'uninstall-system',
    'npm run uninstall-system\n\nSays which system packages setup has installed, and how to remove them.',
  ],
])

/**
 * The help that was asked for, if any was.
 * @param {readonly string[]} argv what follows `node setup/main.mjs`
 * @returns {string | undefined}
 */
export function helpAskedFor([command = 'start', ...args]) {
  const isGeneral = ['--help', '-h', 'help'].includes(command)
  if (!isGeneral && !args.some(arg => arg === '--help' || arg === '-h')) return undefined
  return (isGeneral ? undefined : texts.get(command)) ?? overview()
}

function overview() {
  return `Tonebank: a telephone payment network.

  npm start                      run the network; the first start fetches what is missing
  npm run phone -- 9001          call a line from this console, without Asterisk
  npm run tonebank -- --help     every other command, once the packages are installed
  npm test                       run every test
  npm run bench -- <name>        measure

Each of them explains itself: npm start -- --help`
}
