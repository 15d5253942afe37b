/** Gives the terminal to a program of ours, and passes on what ends it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * @param {string} root
 * @param {string} command of `tonebank`
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status
 */
export function handOver(root, command, args) {
  return attend(root, ['bin/tonebank.mjs', command, ...args])
}

/**
 * @param {string} root
 * @param {string} script in TypeScript, below the root
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status
 */
export function runScript(root, script, args) {
  return attend(root, ['--import', 'tsx', script, ...args])
}

/**
 * @param {string} root
 * @param {readonly string[]} argv of Node; its program below the root
 * @returns {Promise<number>}
 */
function attend(root, argv) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit' })
    // Ctrl-C reaches the child from the terminal too. We only must not die before it has stopped everything; a signal
    // sent to us alone, by a supervisor, is passed on.
    process.on('SIGINT', () => {})
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}
