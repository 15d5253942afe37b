#!/usr/bin/env node
/**
 * `tonebank`: the one command behind all npm scripts. This is the only floor that knows everybody; what one may type is
 * said in `usage/`, and each sub-command is a file in `commands/`, loaded only when it is called.
 */
import { Command } from 'commander'
import { endUnwritten, sayPlainly } from './plain-errors.ts'
import { addCluster } from './usage/cluster.ts'
import { addCounter } from './usage/counter.ts'
import { addCounterparties } from './usage/counterparties.ts'
import { addInstallation } from './usage/installation.ts'
import { addMoney } from './usage/money.ts'
import { addPeople } from './usage/people.ts'
import { addTools } from './usage/tools.ts'

const program = new Command('tonebank')
  .description('A telephone payment network: phone the bank, hear a voucher, phone a merchant and pay with it.')
  .showHelpAfterError()
  // `settle` has options of its own, and commands under it that have the same.
  .enablePositionalOptions()

const groups = {
  'An installation:': addInstallation,
  'Institutions and people:': addPeople,
  'Counterparties, keys and lost books:': addCounterparties,
  'The counter and the till:': addCounter,
  'The end of the day:': addMoney,
  'A cluster for kept books:': addCluster,
  'Tools:': addTools,
}
for (const [heading, add] of Object.entries(groups)) {
  program.commandsGroup(heading)
  add(program)
}

for (const stream of [process.stdout, process.stderr]) stream.on('error', endUnwritten)
await program.parseAsync().catch(sayPlainly)
