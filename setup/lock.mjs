/** One setup at a time in a checkout: a second one waits for the first, and then finds everything done. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Stop, say } from './progress.mjs'

/**
 * @template T
 * @param {string} root
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(root, work) {
  const path = join(root, '.cache/setup.lock')
  let told = false
  while (!tryTake(path)) {
    if (!told)
      say(`  Another setup is at work in this folder (process ${holderOf(path) || 'unknown'}); waiting for it.`)
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
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw cannotWrite(path, error)
    if (!holderIsGone(path)) return false
    // A setup that was killed left its lock. Of two that find it, `wx` lets one through.
    rmSync(path, { force: true })
    return tryTake(path)
  }
}

/**
 * @param {string} path
 * @param {unknown} error
 */
function cannotWrite(path, error) {
  return new Stop(`Setup cannot write in ${join(path, '..')} (${error instanceof Error ? error.message : error}).
Make this folder writable for you, or clone Tonebank into a folder of your own.`)
}

/** @param {string} path */
function holderIsGone(path) {
  // Empty for the instant between creation and writing: somebody is alive.
  const holder = holderOf(path)
  if (!holder) return false
  try {
    process.kill(holder, 0)
    return false
  } catch (error) {
    return codeOf(error) === 'ESRCH'
  }
}

/**
 * The process that holds the lock; 0 when it cannot be told.
 * @param {string} path
 */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8')) || 0
  } catch {
    return 0
  }
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
