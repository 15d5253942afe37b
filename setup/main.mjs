#!/usr/bin/env node
/**
 * Makes a fresh clone runnable, then hands over: `node setup/main.mjs start` fetches what is missing and runs
 * `tonebank start`. Plain JavaScript without packages, because Node 20 cannot read TypeScript before packages exist.
 */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { handOver, runScript } from './hand-over.mjs'
import { helpAskedFor } from './help.mjs'
import { checkNode } from './node-version.mjs'
import { prepare } from './prepare.mjs'
import { Stop, say } from './progress.mjs'
import { sayHowToUninstall } from './system-packages.mjs'
import { runTestPhases } from './test-phases.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [command = 'start', ...args] = process.argv.slice(2)

try {
  checkNode(process.versions.node)
  process.exitCode = await main()
} catch (error) {
  const sentence = sayable(error)
  if (sentence === undefined) throw error
  say(`\n${sentence}`)
  process.exitCode = 1
}

async function main() {
  const help = helpAskedFor(process.argv.slice(2))
  if (help !== undefined) {
    process.stdout.write(`${help}\n`)
    return 0
  }
  switch (command) {
    case 'phone':
      await prepare(root, { npm: true })
      return handOver(root, command, args)
    case 'test':
      await prepare(root, { npm: true, asterisk: true, reader: true, system: ['test', 'reader', 'balancer'] })
      return runTestPhases(root, args)
    case 'bench':
      await prepare(root, { npm: true, asterisk: true, system: ['test', 'bench'] })
      return handOver(root, command, args)
    case 'test-containers':
      await prepare(root, { npm: true, asterisk: true, system: ['test', 'containers'] })
      return runScript(root, 'test/containers/run.ts', args)
    case 'prepare':
      // Everything that `start` needs, and no start: for images, and for a machine that is about to leave the network.
      // `--balancer`: and what an installation with several Asterisk needs.
      await prepare(root, { npm: true, asterisk: true, system: args.includes('--balancer') ? ['balancer'] : [] })
      return 0
    case 'uninstall-system':
      sayHowToUninstall(root)
      return 0
    default:
      await prepare(root, { npm: true, asterisk: true })
      return handOver(root, command, args)
  }
}

/**
 * What somebody can do something about: a `Stop`, or a file or folder that the system refuses us.
 * @param {unknown} error
 * @returns {string | undefined}
 */
function sayable(error) {
  if (error instanceof Stop) return error.message
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  return `Setup could not go on: ${error.message}. Please check that folder and the space on its disk, then start again.`
}
