/** Runs other programs: arguments as a list, never through a shell, and what they wrote kept for the error message. */
import { spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Stop } from './progress.mjs'

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] added to our own environment
 * @property {(line: string) => void} [onLine] sees each line of either stream as it comes
 */

/** @typedef {{ code: number, stdout: string, stderr: string }} Ran */

/**
 * Runs a program to its end. Only a program that cannot be started rejects.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ran>}
 */
export function run(command, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const written = { stdout: '', stderr: '' }
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      let rest = ''
      child[name].setEncoding('utf8').on('data', text => {
        written[name] += text
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        if (onLine) for (const line of lines) onLine(line)
      })
    }
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 1 : 0), ...written }))
  })
}

/**
 * As `run`, but a program that fails stops setup with the last lines it wrote.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ran>}
 */
export async function mustRun(command, args, options) {
  const ran = await run(command, args, options)
  if (ran.code === 0) return ran
  const last = `${ran.stdout}\n${ran.stderr}`.trim().split('\n').slice(-15).join('\n    ')
  throw new Stop(`${[command, ...args].join(' ')}\n  ended with ${ran.code}:\n    ${last}`)
}

/**
 * Where a program is on PATH, if it is.
 * @param {string} program
 * @returns {string | undefined}
 */
export function onPath(program) {
  // A plain `su` on Debian leaves /usr/sbin out of PATH, yet tcpdump and asterisk live there.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders
    .filter(folder => folder !== '')
    .map(folder => join(folder, program))
    .find(isProgram)
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
