/** Asterisk's log file stays small while Asterisk writes on. */
import { appendFileSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AsteriskLog } from '../../../src/switch/asterisk-log.ts'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-log-'))
  path = join(folder, 'asterisk.log')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what was written before is kept once, and what is written on is found', () => {
  const log = new AsteriskLog(path)
  const asterisk = openSync(path, 'a')
  writeSync(asterisk, `old\n${'x'.repeat(10_000_000)}\n`)
  log.markStart()
  log.keepSmall()
  writeSync(asterisk, '[1] ERROR[2] new\n')
  closeSync(asterisk)
  expect(readFileSync(path, 'utf8')).toBe('[1] ERROR[2] new\n')
  expect(readFileSync(`${path}.before`, 'utf8')).toMatch(/^old\n/)
  expect(log.errorsSinceStart()).toEqual(['[1] ERROR[2] new'])
})

test('a small one stays as it is', () => {
  const log = new AsteriskLog(path)
  appendFileSync(path, '[1] ERROR[2] before\n')
  log.markStart()
  appendFileSync(path, '[1] ERROR[2] since\n')
  log.keepSmall()
  expect(log.errorsSinceStart()).toEqual(['[1] ERROR[2] since'])
  expect(statSync(path).size).toBe(39)
})
