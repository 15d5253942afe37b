/** A program is compiled once, again when one of its files changes, and run from its source where nothing can be written. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { compiledProgram, startable } from '../../../setup/programs.mjs'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tonebank-programs-'))
  write('package.json', '{ "type": "module", "devDependencies": {} }')
  write('package-lock.json', '{}')
  write('setup/programs.mjs', '')
  write('src/said.ts', "export const said: string = 'one'\n")
  write('bin/program.ts', "import { said } from '../src/said.ts'\nconsole.log(said, import.meta.url)\n")
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('it is compiled once, and again when one of its files has other contents', async () => {
  const first = await compiledProgram(root, 'bin/program.ts')
  expect(await compiledProgram(root, 'bin/program.ts')).toBe(first)
  const later = Date.now() / 1000 + 60
  utimesSync(join(root, 'src/said.ts'), later, later)
  expect(await compiledProgram(root, 'bin/program.ts')).toBe(first)

  write('src/said.ts', "export const said: string = 'two'\n")
  const second = await compiledProgram(root, 'bin/program.ts')
  expect(second).not.toBe(first)
  expect(saidBy(second)).toBe('two')
  expect(saidBy(first)).toBe('one')

  write('package-lock.json', '{ "packages": {} }')
  expect(await compiledProgram(root, 'bin/program.ts')).not.toBe(second)
})

test('a file that looks beside itself looks beside its source', async () => {
  const program = await compiledProgram(root, 'bin/program.ts')
  expect(outputOf(program)).toBe(`one ${pathToFileURL(join(root, 'bin/program.ts')).href}\n`)
})

test('two starts at once have one build between them, and leave nothing half made', async () => {
  const both = await Promise.all([compiledProgram(root, 'bin/program.ts'), compiledProgram(root, 'bin/program.ts')])
  expect(both[0]).toBe(both[1])
  expect(readdirSync(programs()).filter(name => name.startsWith('new-'))).toEqual([])
})

test('a build that nobody started for a week is removed by the next one that is made', async () => {
  const old = dirname(await compiledProgram(root, 'bin/program.ts'))
  const eightDaysAgo = Date.now() / 1000 - 8 * 24 * 3600
  utimesSync(old, eightDaysAgo, eightDaysAgo)
  write('src/said.ts', "export const said: string = 'two'\n")
  const made = await compiledProgram(root, 'bin/program.ts')
  expect(readdirSync(programs()).map(name => join(programs(), name))).not.toContain(old)
  expect(saidBy(made)).toBe('two')
})

test('where nothing can be written, the source is run', async () => {
  // A folder that a file stands in the way of: root may write anywhere else.
  write('.cache', 'no folder')
  symlinkSync(join(fileURLToPath(new URL('../../..', import.meta.url)), 'node_modules'), join(root, 'node_modules'))
  expect(await startable(root, 'bin/program.ts')).toBe(pathToFileURL(join(root, 'bin/program.ts')).href)
})

test('what cannot be compiled is said, not run', async () => {
  write('src/said.ts', 'export const said: = 1\n')
  await expect(startable(root, 'bin/program.ts')).rejects.toThrow('src/said.ts:1')
})

const programs = () => join(root, '.cache/programs')

const outputOf = (program: string) => execFileSync(process.execPath, [program], { encoding: 'utf8' })

const saidBy = (program: string) => outputOf(program).split(' ')[0]

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
