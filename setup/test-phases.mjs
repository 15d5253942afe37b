/**
 * `npm test`: the phases one after another, as load beside a real call tears its audio; then one line with the sum.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { say } from './progress.mjs'

/** @typedef {{ passed: number, failed: string[], skipped: string[] }} Tally what failed, by name and with the beginning of its reason, and what was skipped */

/** A phase without vitest counts as one test: it is right, or it is not. Both run at once, as each keeps one core busy. */
const checks = ['types', 'lint']

/** With the minutes after which a phase is ended, half as long again as it takes on two slow cores or more: what hangs is to fail by name. */
const projects = { unit: 20, simulation: 50, calls: 15, stories: 25, browser: 20 }

/**
 * @param {string} root
 * @param {readonly string[]} args names of phases to run instead of all
 * @returns {Promise<number>} 0 when all passed
 */
export async function runTestPhases(root, args) {
  const wanted = (/** @type {string} */ name) => args.length === 0 || args.includes(name)
  /** @type {Tally[]} */
  const tallies = []
  tallies.push(...(await Promise.all(checks.filter(wanted).map(name => runCheck(root, name)))))
  for (const [project, mostMinutes] of Object.entries(projects).filter(([name]) => wanted(name))) {
    say(`\n── ${project}`)
    tallies.push(await runProject(root, project, mostMinutes))
  }
  return conclude(tallies)
}

/**
 * @param {string} root
 * @param {string} name
 * @returns {Promise<Tally>}
 */
async function runCheck(root, name) {
  say(`\n── ${name}`)
  const code = await inherit(root, npm, ['run', '--silent', name])
  return code === 0 ? { passed: 1, failed: [], skipped: [] } : { passed: 0, failed: [name], skipped: [] }
}

/**
 * @param {string} root
 * @param {string} project
 * @param {number} mostMinutes
 * @returns {Promise<Tally>}
 */
async function runProject(root, project, mostMinutes) {
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-test-'))
  const report = join(folder, 'report.json')
  try {
    const args = [
      ...['node_modules/vitest/vitest.mjs', 'run', '--project', project, '--passWithNoTests'],
      ...['--reporter', 'default', '--reporter', './setup/under-way.mjs'],
      ...['--reporter', 'json', '--outputFile.json', report],
    ]
    const code = await inherit(root, process.execPath, args, mostMinutes)
    if (code === undefined) return tooLong(project, mostMinutes)
    return tally(project, JSON.parse(readFileSync(report, 'utf8')), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {{ name: string, status: string, message?: string, assertionResults: { status: string, fullName: string, failureMessages?: string[] }[] }[]} testResults
 */

/**
 * Vitest's own counts. A file that failed without a failed test (it does not load, its set-up throws) and a run that
 * failed without a failed file (an unhandled rejection) count as one failure each, so that they cannot pass for green.
 * @param {string} project
 * @param {VitestReport} report
 * @param {number} code vitest's exit status
 * @returns {Tally}
 */
export function tally(project, report, code) {
  const all = report.testResults.flatMap(file => file.assertionResults)
  const failed = all
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages = [] }) => `${project}: ${fullName}${reason(failureMessages[0])}`)
  for (const { name, status, message, assertionResults } of report.testResults) {
    const blamed = assertionResults.some(result => result.status === 'failed')
    if (status === 'failed' && !blamed) failed.push(`${project}: ${name}${reason(message)}`)
  }
  if (failed.length === 0 && code !== 0) failed.push(`${project}: ended with ${code}, though no test failed`)
  const skipped = all
    .filter(({ status }) => !['passed', 'failed'].includes(status))
    .map(({ fullName }) => `${project}: ${fullName}`)
  return { passed: report.numPassedTests, failed, skipped }
}

/** Of a failure's message and its way through the code. */
const mostReasonLines = 8

/**
 * The beginning of a message, for the end of the log: often that is all that is kept of a run.
 * @param {string} [message]
 */
function reason(message = '') {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !/^at .*(\/node_modules\/|<anonymous>|node:)/.test(line))
  return lines
    .slice(0, mostReasonLines)
    .map(line => `\n    ${line.slice(0, 200)}`)
    .join('')
}

/**
 * @param {string} project
 * @param {number} mostMinutes
 * @returns {Tally}
 */
function tooLong(project, mostMinutes) {
  const what = `${project}: ended after ${mostMinutes} minutes; the files that were under way are named above`
  return { passed: 0, failed: [what], skipped: [] }
}

/**
 * What went wrong is named here once more: its own message may be thousands of lines further up.
 * @param {Tally[]} tallies
 */
function conclude(tallies) {
  const passed = tallies.reduce((sum, each) => sum + each.passed, 0)
  const skipped = tallies.flatMap(each => each.skipped)
  const failed = tallies.flatMap(each => each.failed)
  for (const name of skipped) say(`skipped: ${name}`)
  for (const name of failed) say(`failed: ${name}`)
  // On a build server a skipped test is one that nobody will ever run.
  const failures = failed.length + (process.env['CI'] === 'true' ? skipped.length : 0)
  process.stdout.write(`\n${passed} passed, ${failures} failed\n`)
  return failures === 0 ? 0 : 1
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/**
 * In a process group of its own, so that all of it can be ended: a worker that spins hears nobody.
 * @param {string} root
 * @param {string} command
 * @param {readonly string[]} args
 * @param {number} [mostMinutes]
 * @returns {Promise<number | undefined>} its exit status; undefined when it had to be ended
 */
function inherit(root, command, args, mostMinutes = 10) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', detached: true })
    const end = (/** @type {NodeJS.Signals} */ signal) => {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    }
    let isTooLong = false
    const deadline = setTimeout(() => {
      isTooLong = true
      end('SIGKILL')
    }, mostMinutes * 60_000)
    // The terminal's interrupt reaches our own group alone.
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM'])
    for (const signal of signals) process.on(signal, end)
    child.on('error', reject)
    child.on('exit', code => {
      clearTimeout(deadline)
      for (const signal of signals) process.off(signal, end)
      resolve(isTooLong ? undefined : (code ?? 1))
    })
  })
}
