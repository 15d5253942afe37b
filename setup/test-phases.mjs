/**
 * `npm test`: the phases one after another, as load beside a real call tears its audio; then one line with the sum.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { say } from './progress.mjs'

/** @typedef {{ passed: number, failed: string[], skipped: string[] }} Tally what failed and what was skipped, by name */

/** A phase without vitest counts as one test: it is right, or it is not. */
const checks = ['types', 'lint']

const projects = ['unit', 'simulation', 'calls', 'stories', 'browser']

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
    tallies.push(code === 0 ? { passed: 1, failed: [], skipped: [] } : { passed: 0, failed: [name], skipped: [] })
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
    return tally(project, JSON.parse(readFileSync(report, 'utf8')), code)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {{ name: string, status: string, assertionResults: { status: string, fullName: string }[] }[]} testResults
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
  const named = (/** @type {(status: string) => boolean} */ wanted) =>
    all.filter(({ status }) => wanted(status)).map(({ fullName }) => `${project}: ${fullName}`)
  const failed = named(status => status === 'failed')
  for (const { name, status, assertionResults } of report.testResults) {
    const blamed = assertionResults.some(result => result.status === 'failed')
    if (status === 'failed' && !blamed) failed.push(`${project}: ${name}`)
  }
  if (failed.length === 0 && code !== 0) failed.push(`${project}: ended with ${code}, though no test failed`)
  const skipped = named(status => !['passed', 'failed'].includes(status))
  return { passed: report.numPassedTests, failed, skipped }
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
