/** `docs/developing.md`, followed as it stands in a copy of the checkout: its files are written, its changes made, its commands run, and the line that it adds is one. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { editOnce } from '../support/edit-once.ts'

const copy = mkdtempSync(join(tmpdir(), 'tonebank-developing-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const page = readFileSync('docs/developing.md', 'utf8')
const blocks = [...page.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, kind, file, text = '']) => ({
  kind,
  file,
  text,
}))

test('a line is added as the page says, and tells a caller their balance', () => {
  for (const part of [
    'bin',
    'demo',
    'dialplan',
    'ivr',
    'prompts',
    'setup',
    'src',
    'test',
    'bench',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ])
    cpSync(part, join(copy, part), { recursive: true })
  for (const shared of ['node_modules', '.cache']) symlinkSync(resolve(shared), join(copy, shared))

  const printed = blocks.map(({ kind, file, text }) => {
    switch (kind) {
      case 'ts':
        mkdirSync(dirname(join(copy, file ?? '')), { recursive: true })
        writeFileSync(join(copy, file ?? ''), text)
        return ''
      case 'diff':
        change(text)
        return ''
      case 'sh':
        return run('bash', ['-euc', text])
      default:
        throw new Error(`nothing is done with a block of ${kind}`)
    }
  })
  expect(printed.join('')).toMatch(/Tests.* 1 passed/)
  // What it calls thirty lines.
  const script = blocks.find(({ file }) => file === 'ivr/bank/balance-line.ts')
  expect(script?.text.split('\n').length).toBeLessThan(30)
  // The installation gives it a number, and whoever starts it finds the script.
  const asked = `
    import { haveScripts } from './src/operations/open-institution.ts'
    import { linesOf, readInstallation } from './src/operations/installation/file.ts'
    import { scripts } from './bin/scripts.ts'
    const installation = readInstallation('./demo/tonebank.yaml')
    haveScripts(installation, scripts)
    console.log(JSON.stringify(linesOf(installation).filter(({ number }) => number === '9003')))`
  writeFileSync(join(copy, 'asked.mts'), asked)
  const found = run(process.execPath, ['--import', 'tsx', 'asked.mts'])
  expect(JSON.parse(found)).toEqual([{ number: '9003', institution: 'harbour', line: 'balance' }])
})

function run(program: string, args: readonly string[]): string {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined }
  return execFileSync(program, args, { cwd: copy, env, encoding: 'utf8', timeout: 200_000 })
}

/** The lines that a hunk takes away stand in the file once, and those that it adds take their place. */
function change(diff: string): void {
  const [, file = ''] = /^\+\+\+ b\/(.+)$/m.exec(diff) ?? []
  for (const hunk of diff.split(/^@@\n/m).slice(1)) {
    const those = (sign: string) =>
      [...hunk.matchAll(new RegExp(`^\\${sign}(.*\\n)`, 'gm'))].map(([, line]) => line).join('')
    editOnce(join(copy, file), { name: 'a change of the page', find: those('-'), replace: those('+') })
  }
}
