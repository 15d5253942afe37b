/** One setup at a time in a checkout: a second one waits for the first, and then finds everything done. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './progress.mjs'

/**
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(root, work) {
  const path = join(root, '.cache/setup.lock')
  mkdirSync(join(root, '.cache'), { recursive: true })
  let told = false
  while (!tryTake(path)) {
    if (!told) say('  Another setup is at work in this folder; waiting for it.')
    told = true
    await sleep(200)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

/** @param {string} path */
function tryTake(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!holderIsGone(path)) return false
    // A setup that was killed left its lock. Of two that find it, `wx` lets one through.
    rmSync(path, { force: true })
    return tryTake(path)
  }
}

/** @param {string} path */
function holderIsGone(path) {
  try {
    const holder = Number(readFileSync(path, 'utf8'))
    // Empty for the instant between creation and writing: somebody is alive.
    if (!holder) return false
    process.kill(holder, 0)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH'
  }
}
