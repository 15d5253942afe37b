/**
 * What somebody at the keyboard can get wrong, or the machine refuse: each is one sentence that says what to do, without
 * a stack. And asking for help never installs anything.
 */
import { type SpawnOptions, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(args: readonly string[], options: SpawnOptions = {}, program = process.execPath): Promise<Ran> {
  return new Promise((done, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    const written = { stdout: '', stderr: '' }
    child.stdout?.on('data', text => (written.stdout += text))
    child.stderr?.on('data', text => (written.stderr += text))
    child.on('error', reject)
    child.on('close', code => done({ code, ...written }))
  })
}

const tonebank = (args: readonly string[], options?: SpawnOptions) => run(['bin/tonebank.mjs', ...args], options)

const shell = (command: string) => run(['-o', 'pipefail', '-c', `node bin/tonebank.mjs ${command}`], {}, 'bash')

const folder = mkdtempSync(join(tmpdir(), 'tonebank-operator-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)

beforeAll(() => {
  chmodSync(folder, 0o755)
  writeFileSync(at('a-file'), '')
  writeFileSync(at('passphrase'), 'nobody guesses this\n')
  mkdirSync(at('somebody-elses'))
  writeFileSync(at('somebody-elses/thesis.odt'), '')
  mkdirSync(at('empty'))
  mkdirSync(at('neighbour'))
  writeFileSync(at('neighbour/tonebank.yaml'), 'theirs: true\n')
  writeFileSync(at('broken.yaml'), 'institutions:\n  - kind: [bank\n')
  writeFileSync(at('wrong.yaml'), 'demonstration: perhaps\n')
  mkdirSync(at('damaged'))
  writeFileSync(at('damaged/owner.lock'), 'this is no database, and has not been one for a long time'.repeat(20))
})

/** One paragraph that says what to do, and nothing that only a programmer reads. */
function expectSentence({ code, stderr }: Ran, words: string): void {
  expect(stderr).toContain(words)
  expect(stderr).not.toMatch(/^\s+at |node:internal|Error:/m)
  expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(3)
  expect(code).toBe(1)
}

describe('one sentence, and no stack', () => {
  it.each<[name: string, args: readonly string[], words: string]>([
    ['a folder without a name', ['start', '--data', ''], '--data needs the name of a folder'],
    ['a file without a name', ['phone', '9001', '--config', ''], '--config needs the name of a file'],
    ['a folder in /proc', ['start', '--data', '/proc/tonebank'], 'choose another folder with --data'],
    ['a folder that is a file', ['start', '--data', at('a-file')], 'choose another folder with --data'],
    ['a folder with other things in it', ['start', '--data', at('somebody-elses')], 'such as thesis.odt'],
    ['the same for the console', ['phone', '9001', '--data', at('somebody-elses')], 'such as thesis.odt'],
    ['a lock file that is no database', ['start', '--data', at('damaged')], 'it is no database'],
    ['no installation yet', ['status', '--data', at('empty')], '`npm start` makes the demonstration'],
    ['no card yet', ['card', '--data', at('empty')], 'npm start makes the demonstration'],
    ['a configuration that is no YAML', ['status', '--config', at('broken.yaml')], 'broken.yaml:'],
    ['a configuration with a wrong field', ['status', '--config', at('wrong.yaml')], 'wrong.yaml:1: demonstration'],
    ['a configuration that is a folder', ['status', '--config', at('empty')], 'it is a folder and no file'],
    ['a sound file that is not there', ['modem', 'receive', at('nothing.wav')], 'it is not there; check the name'],
  ])('%s', async (_name, args, words) => expectSentence(await tonebank(args), words))

  it('an institution that is not made by halves: who errs begins anew', async () => {
    const data = at('of-my-own')
    const make = (...people: readonly string[]) =>
      tonebank([
        'new',
        'bank',
        'sea',
        '--name-en',
        'Sea',
        '--name-zh',
        '海',
        '--rings',
        '9101',
        '--data',
        data,
        ...people,
      ])
    const two = (first: string, second: string, passphrase: string) =>
      make(
        '--first',
        first,
        '--first-passphrase',
        at('passphrase'),
        '--second',
        second,
        '--second-passphrase',
        passphrase,
      )
    expectSentence(await two('Ann Lee', 'ann lee', at('passphrase')), 'Ann Lee and ann lee are not two people')
    expectSentence(await two('Ann Lee', 'Ben Ode', at('nothing')), 'it is not there; check the name')
    expectSentence(await two('Ann Lee', 'Ben Ode', at('a-file')), 'a passphrase has at least 8 characters')
    expect(existsSync(data)).toBe(false)
    expect((await two('Ann Lee', 'Ben Ode', at('passphrase'))).code).toBe(0)

    const signed = ['--as', 'Ann Lee', '--passphrase-file', at('passphrase'), '--data', data]
    for (const [args, words] of [
      [['people', 'list', 'moon', '--data', data], 'no institution moon; there are sea'],
      [['customers', 'show', 'sea', '123', '--data', data], '123 is no account number'],
      [['customers', 'payin', 'sea', '62', '5', ...signed], '62 is no account number'],
      [['alarms', 'acknowledge', 'sea', '1', ...signed], '`tonebank alarms list sea`'],
      [
        ['people', 'add', 'sea', 'Ann Lee', '--role', 'teller', '--new-passphrase-file', at('passphrase'), ...signed],
        'choose another name',
      ],
      [['peers', 'pin', 'sea', at('nothing'), '--fingerprint', '0', ...signed], 'it is not there; check the name'],
      [['peers', 'pin', 'sea', at('passphrase'), '--fingerprint', '0', ...signed], '`tonebank peers card` makes one'],
      [['approve', 'sea', '00', ...signed], '`tonebank decisions sea` lists what does'],
      [['heads', 'export', 'sea', 'moon', at('x'), '--data', data], '`tonebank peers list sea`'],
      [['heads', 'verify', at('passphrase'), 'sea', '--data', data], '`tonebank heads export` writes such a file'],
      [['sells', 'sea', 'sea', '--data', data], 'sea is a bank, and issues no vouchers'],
      [['phone', '9999', '--data', data], 'nobody has the number 9999; there are 9101'],
      [['backup', '/proc/backup', '--data', data], 'check the name'],
      [['backup', data, '--data', data], 'belongs to the installation itself'],
      [['backup', at('neighbour'), '--data', data], 'another installation’s, or its backup'],
      [['audit', '--checkpoint', '/proc/checkpoint', '--data', data], 'check the name'],
      [['restore', at('empty'), '--data', data], 'is no backup'],
    ] as const)
      expectSentence(await tonebank(args), words)
    expect(readFileSync(at('neighbour/tonebank.yaml'), 'utf8')).toBe('theirs: true\n')
    // Whoever reads has had enough; there is nowhere to write.
    expect(await shell(`people list sea --data ${data} | true`)).toMatchObject({ code: 0, stderr: '' })
    expectSentence(await shell(`people list sea --data ${data} > /dev/full`), 'could not be written (ENOSPC)')
  }, 240_000)

  it('a number that is none, as the other options of a command', async () => {
    const ran = await tonebank(['alarms', 'acknowledge', 'sea', 'x', '--as', 'Ann', '--data', at('empty')])
    expect(ran.code).toBe(1)
    expect(ran.stderr).toContain('It is no whole number.')
    expect(ran.stderr).not.toMatch(/^\s+at |node:internal|^\s+\^/m)
  })

  it('a folder that this user may not write', async () => {
    mkdirSync(at('locked'))
    chmodSync(at('locked'), 0o555)
    expectSentence(
      await tonebank(['start', '--data', at('locked/data')], nobody()),
      'choose another folder with --data',
    )
  })
})

describe('setup', () => {
  /** As a fresh clone is: without packages, and without a cache. */
  function clone(name: string): string {
    const root = at(name)
    mkdirSync(root)
    cpSync('setup', join(root, 'setup'), { recursive: true })
    for (const file of ['package.json', 'package-lock.json']) cpSync(file, join(root, file))
    cpSync('asterisk-conf', join(root, 'asterisk-conf'), { recursive: true })
    return root
  }

  it.each([['start'], ['phone'], ['test'], ['bench'], ['prepare'], ['uninstall-system'], ['']])(
    '%s --help answers in a fresh clone, and leaves it as it is',
    async command => {
      const root = clone(`help-${command}`)
      const ran = await run(['setup/main.mjs', ...(command ? [command] : []), '--help'], { cwd: root })
      expect(ran).toMatchObject({ code: 0, stderr: '' })
      expect(ran.stdout).toMatch(/npm|setup/)
      expect(existsSync(join(root, '.cache'))).toBe(false)
      expect(existsSync(join(root, 'node_modules'))).toBe(false)
    },
  )

  it.each([['start'], ['phone'], ['bench']])('%s --help names the options that there are', async command => {
    const optionsIn = ({ stdout }: Ran) =>
      [...new Set(stdout.match(/--[a-z]+/g))].filter(each => each !== '--help').sort()
    const promised = await run(['setup/main.mjs', command, '--help'])
    expect(optionsIn(promised)).toEqual(optionsIn(await tonebank([command, '--help'])))
  })

  it('says that it cannot write here, and not that another is at work', async () => {
    const root = clone('read-only')
    chmodSync(root, 0o555)
    const ran = await run([join(root, 'setup/main.mjs'), 'phone', '9001'], { cwd: '/', ...nobody() })
    chmodSync(root, 0o755)
    expectSentence(ran, `Setup cannot write in ${join(root, '.cache')}`)
    expect(ran.stderr).not.toContain('at work')
  })

  it('explains a compiled package that this Node cannot load, and that cannot be built again', async () => {
    const root = clone('not-compiled')
    mkdirSync(join(root, 'node_modules/better-sqlite3'), { recursive: true })
    cpSync('node_modules/.package-lock.json', join(root, 'node_modules/.package-lock.json'))
    writeFileSync(join(root, 'node_modules/better-sqlite3/index.js'), "throw new Error('another NODE_MODULE_VERSION')")
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(root, 'bin/npm'), '#!/bin/sh\necho "$@" >> asked\necho "gyp ERR! no C++ compiler" >&2\nexit 1\n')
    chmodSync(join(root, 'bin/npm'), 0o755)
    const env = { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` }
    const ran = await run([join(root, 'setup/main.mjs'), 'phone', '9001'], { cwd: root, env })
    expect(readFileSync(join(root, 'asked'), 'utf8')).toMatch(/^rebuild better-sqlite3/m)
    expect(ran.stderr).toContain(`better-sqlite3 cannot be loaded by Node ${process.versions.node}`)
    expect(ran.stderr).toContain('gyp ERR! no C++ compiler')
    expect(ran.stderr).toContain('apt-get install g++ make python3')
    expect(ran.stderr).not.toMatch(/^\s+at /m)
    expect(ran.code).toBe(1)
  })

  it('says whom it waits for', async () => {
    const root = clone('taken')
    mkdirSync(join(root, '.cache'))
    writeFileSync(join(root, '.cache/setup.lock'), String(process.pid))
    const waiting = spawn(process.execPath, [join(root, 'setup/main.mjs'), 'phone'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said = await new Promise<string>(done => waiting.stderr.once('data', text => done(String(text))))
    waiting.kill()
    expect(said).toContain(`Another setup is at work in this folder (process ${process.pid})`)
  })
})

/** A user who may write nothing of ours. Root may write everywhere: then the child is somebody else. */
function nobody(): SpawnOptions {
  if (process.getuid?.() !== 0) return {}
  const temp = at('tmp-of-nobody')
  mkdirSync(temp, { recursive: true })
  chownSync(temp, 65_534, 65_534)
  return { uid: 65_534, gid: 65_534, env: { ...process.env, TMPDIR: resolve(temp), HOME: resolve(temp) } }
}
