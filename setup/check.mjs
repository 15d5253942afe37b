#!/usr/bin/env node
/**
 * `npm run check`: types, lint, floors, dead code and the unit tests that a change which is not committed yet can reach, all at once, so that
 * both cores have work from the first second to the last; `npm run check -- all` runs every unit test. What each wrote is printed when it
 * ends; one that failed makes all of it fail.
 */
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { say } from './progress.mjs'
import { run } from './run.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** The longest first. */
const parts = ['unit', 'types', 'floors', 'dead-code', 'style']

/** Which unit tests, as vitest is told. */
const reached = process.argv[2] === 'all' ? [] : ['--changed', '--passWithNoTests']

const startedAtMs = Date.now()
const failed = await runAll(parts)
say(failed.length === 0 ? `All right, in ${elapsed()}.` : `Failed: ${failed.join(', ')}, in ${elapsed()}.`)
process.exitCode = failed.length === 0 ? 0 : 1

/**
 * @param {readonly string[]} names
 * @returns {Promise<string[]>} those that failed
 */
async function runAll(names) {
  const waiting = [...names]
  /** @type {string[]} */
  const failed = []
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const { code, stdout, stderr } = await run(
        npm,
        ['run', '--silent', name, '--', ...(name === 'unit' ? reached : [])],
        {
          cwd: root,
        },
      )
      say(`── ${name}: ${code === 0 ? 'right' : 'FAILED'}, ${elapsed()}`)
      if (code === 0) continue
      process.stderr.write(stdout + stderr)
      failed.push(name)
    }
  }
  // The unit tests use every core; one more part beside them fills the gaps.
  await Promise.all(Array.from({ length: Math.max(2, cpus().length) }, worker))
  return failed
}

function elapsed() {
  return `${((Date.now() - startedAtMs) / 1000).toFixed(0)} s`
}
