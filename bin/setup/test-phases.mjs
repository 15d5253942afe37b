/**
 * `npm test`: the phases one after another, as load beside a real call tears its audio; then one line with the sum.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { say } from './progress.mjs'

/** @typedef {{ passed: number, failed: number, skipped: string[] }} Tally */

/** A phase without vitest counts as one test: it is right, or it is not. */
const checks = ['types', 'lint']

const projects = ['unit', 'simulation', 'calls', 'browser']

/**
 * @param {string} root
 * @param {readonly string[]} args names of phases to run instead of all
 * @returns {Promise<number>} 0 when all passed
 */
export async function runTestPhases(root, args) {
  const wanted = (/** @type {string} */ name) => args.length === 0 || args.includes(name)
  /** @type {Tally[]} */
  const tallies = []
  for (const name of checks.filter(wanted)) {
    say(`\n── ${name}`)
    const code = await inherit(root, npm, ['run', '--silent', name])
    tallies.push({ passed: Number(code === 0), failed: Number(code !== 0), skipped: [] })
  }
  for (const project of projects.filter(wanted)) {
    say(`\n── ${project}`)
    tallies.push(await runProject(root, project))
  }
  return conclude(tallies)
}

/**
 * @param {string} root
 * @param {string} project
 * @returns {Promise<Tally>}
 */
async function runProject(root, project) {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-test-'))
  const report = join(folder, 'report.json')
  try {
    const code = await inherit(root, process.execPath, [
      ...['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--passWithNoTests'],
      ...['--reporter', 'default', '--reporter', 'json', '--outputFile.json', report],
    ])
    return tally(JSON.parse(readFileSync(report, 'utf8')), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numFailedTestSuites
 * @property {{ assertionResults: { status: string, fullName: string }[] }[]} testResults
 */

/**
 * Vitest's own counts. A run that failed without a failed test (a file that does not load, an unhandled rejection)
 * counts as one failure, so that it cannot pass for green.
 * @param {VitestReport} report
 * @param {number} code vitest's exit status
 * @returns {Tally}
 */
export function tally(report, code) {
  const all = report.testResults.flatMap(file => file.assertionResults)
  const skipped = all.filter(({ status }) => !['passed', 'failed'].includes(status)).map(({ fullName }) => fullName)
  const failed = report.numFailedTests === 0 && code !== 0 ? 1 : report.numFailedTests
  return { passed: report.numPassedTests, failed, skipped }
}

/** @param {Tally[]} tallies */
function conclude(tallies) {
  const passed = tallies.reduce((sum, each) => sum + each.passed, 0)
  const skipped = tallies.flatMap(each => each.skipped)
  let failed = tallies.reduce((sum, each) => sum + each.failed, 0)
  for (const name of skipped) say(`skipped: ${name}`)
  // On a build server a skipped test is one that nobody will ever run.
  if (process.env['CI'] === 'true') failed += skipped.length
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`)
  return failed === 0 ? 0 : 1
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/**
 * @param {string} root
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function inherit(root, command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
    child.on('error', reject)
    child.on('exit', code => resolve(code ?? 1))
  })
}
