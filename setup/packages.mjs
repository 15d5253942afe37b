/** Reads asterisk-conf/packages.list and modules.list, the two lists that setup shares with the Dockerfile. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {'asterisk' | 'speech' | 'render' | 'build' | 'test' | 'bench' | 'reader' | 'balancer' | 'image' | 'image-build' | 'containers'} Purpose */
/** @typedef {{ purpose: Purpose, name: string, program: string | undefined, why: string }} Package */

/** @type {ReadonlySet<string>} */
const purposes = new Set([
  ...[
    'asterisk',
    'speech',
    'render',
    'build',
    'test',
    'bench',
    'reader',
    'balancer',
    'image',
    'image-build',
    'containers',
  ],
])

/**
 * @param {string} text the contents of packages.list
 * @returns {Package[]}
 */
export function parsePackages(text) {
  return meaningfulLines(text).map(line => {
    const [, purpose, name, program, why] = line.match(/^(\S+)\s+(\S+)\s+(\S+)\s+(\S.*)$/) ?? []
    if (!purpose || !name || !program || !why) throw new Error(`packages.list: this line lacks a column: ${line}`)
    if (!isPurpose(purpose)) throw new Error(`packages.list: ${purpose} is no purpose`)
    return { purpose, name, program: program === '-' ? undefined : program, why }
  })
}

/**
 * @param {string} text the contents of modules.list
 * @returns {string[]} module names without `.so`, in load order
 */
export function parseModules(text) {
  return meaningfulLines(text)
}

/** @param {string} root */
export function readPackages(root) {
  return parsePackages(readFileSync(join(root, 'asterisk-conf/packages.list'), 'utf8'))
}

/** @param {string} root */
export function readModules(root) {
  return parseModules(readFileSync(join(root, 'asterisk-conf/modules.list'), 'utf8'))
}

/** @param {string} text */
function meaningfulLines(text) {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

/**
 * @param {string} word
 * @returns {word is Purpose}
 */
function isPurpose(word) {
  return purposes.has(word)
}
