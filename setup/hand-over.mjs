/** Gives the terminal to a program of ours in TypeScript, and passes on what ends it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'

/**
 * @param {string} root
 * @param {string} command of `tonebank`
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status
 */
export function handOver(root, command, args) {
  return runScript(root, 'bin/tonebank.ts', [command, ...args])
}

/**
 * @param {string} root
 * @param {string} script path below the root
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit status
 */
export function runScript(root, script, args) {
  return new Promise((resolve, reject) => {
    const argv = ['--import', 'tsx', join(root, script), ...args]
    const child = spawn(process.execPath, argv, { cwd: root, stdio: 'inherit' })
    // Ctrl-C reaches the child from the terminal too. We only must not die before it has stopped everything; a signal
    // sent to us alone, by a supervisor, is passed on.
    process.on('SIGINT', () => {})
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}
