/**
 * `.cache/tools.json`: how to start each outside program here, whether it lies in a bundle of ours or on PATH. Setup
 * writes it; the switch and the prompt builder read it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Stop } from './progress.mjs'
import { onPath } from './run.mjs'

/**
 * Start it as `spawn(command, [...args, ...yours], { env: { ...process.env, ...env } })`; `path` is one executable file
 * that does the same, for libraries that want a single path.
 * @typedef {object} Tool
 * @property {string} command
 * @property {string[]} args
 * @property {Record<string, string>} env
 * @property {string} path
 */

/**
 * @typedef {object} Tools
 * @property {Tool} asterisk
 * @property {Tool} openssl
 * @property {Tool} espeak-ng
 * @property {Tool} flite
 * @property {Tool} ffmpeg
 * @property {string} asteriskModules folder of Asterisk's loadable modules
 * @property {string} asteriskShare folder that holds Asterisk's `documentation`, `rest-api` and `sounds`
 */

/** @param {string} root */
const toolsPath = root => join(root, '.cache/tools.json')

/**
 * @param {string} root the checkout
 * @returns {Tools}
 */
export function readTools(root) {
  const path = toolsPath(root)
  const wayOut = 'run `npm start` once, which fetches the tools and writes it'
  if (!existsSync(path)) throw new Stop(`${path} is missing: ${wayOut}`)
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new Stop(`${path} cannot be read: delete it, then ${wayOut}`)
  }
}

/**
 * @param {string} root
 * @param {Tools} tools
 */
export function writeTools(root, tools) {
  const path = toolsPath(root)
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(tools, null, 2)}\n`)
  renameSync(`${path}.${process.pid}`, path)
}

/**
 * A program on PATH as a tool.
 * @param {string} program
 * @returns {Tool | undefined}
 */
export function toolOnPath(program) {
  const path = onPath(program)
  return path ? { command: path, args: [], env: {}, path } : undefined
}
