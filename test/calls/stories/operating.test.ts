/**
 * `docs/operating.md`, followed as it stands: every fenced block of it runs in one shell, in a folder of its own. What the
 * page says to leave running is left running, and is looked at from outside. Customers call meanwhile: one of the first bank
 * is paid by the host before there is a third bank, and a customer of that one pays her and a shop.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../harness/asterisk.ts'

interface Block {
  readonly text: string
  readonly staysRunning: boolean
}

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')
const blocks: readonly Block[] = [...page.matchAll(/^```sh( background)?\n(.*?)^```$/gms)].map(
  ([, background, text]) => ({
    text: text ?? '',
    staysRunning: background !== undefined,
  }),
)

let folder = ''
let printed = ''
let shell: ChildProcess | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-operating-'))
})
afterAll(() => {
  if (shell?.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGTERM')
  for (const each of ['', '-backup', '-keys', '-again']) rmSync(`${folder}${each}`, { recursive: true, force: true })
})

/** What customers do once the block has run that has these words: the shell waits for them. */
const visits: readonly (readonly [after: string, visit: () => Promise<void>])[] = [
  ['tonebank sells seaside kerb', becomePayee],
  ['tonebank customers open lagoon', payFromThirdBank],
]

/** One script: a block that stays running goes to the background, and the next waits until it is ready. */
function script(): string {
  const ready =
    'for i in $(seq 240); do grep -q "Ctrl-C stops" "$HERE/started" && break; sleep 0.5; done; cat "$HERE/started"'
  const parts = blocks.map(({ text, staysRunning }) => {
    if (staysRunning) return `{ ${text.trim()} > "$HERE/started" 2>&1; } &\nSTARTED=$!\n${ready}`
    const visit = visits.findIndex(([after]) => text.includes(after))
    if (visit < 0) return text
    return `${text}\ntouch "$HERE/reached-${visit}"; until [ -e "$HERE/gone-on-${visit}" ]; do sleep 0.2; done`
  })
  return ['set -eu', ...parts, 'echo "the page is at its end"', 'pkill -TERM -P $STARTED; wait $STARTED'].join('\n')
}

/** Each visit when the page has come to it. @throws what went wrong there, and the page then ends */
async function customersCall(hasEnded: () => boolean): Promise<void> {
  for (const [number, [, visit]] of visits.entries()) {
    while (!existsSync(join(folder, `reached-${number}`))) {
      if (hasEnded()) return
      await sleep(200)
    }
    await visit()
    writeFileSync(join(folder, `gone-on-${number}`), '')
  }
}

/** A call by typed keys, a line of them for each question. What the line said. */
function phone(number: string, keys: readonly string[]): Promise<string> {
  const config = join(folder, 'tonebank.yaml')
  const child = spawn(process.execPath, ['bin/tonebank.mjs', 'phone', number, '--config', config], { cwd: root })
  let screen = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (screen += text))
  child.stdin.end(keys.map(line => `${line}\n`).join(''))
  return new Promise(done => child.on('close', () => done(screen)))
}

/** Calls again until the line says it, as stock and introductions are on their way; the first group of what it says. */
async function phoneUntil(number: string, keys: readonly string[], said: RegExp): Promise<readonly string[]> {
  let screen = ''
  for (const until = Date.now() + 90_000; Date.now() < until; await sleep(1_000)) {
    screen = await phone(number, keys)
    const [, ...groups] = said.exec(screen) ?? []
    if (groups.length > 0) return groups.map(group => group.replaceAll(' ', ''))
  }
  throw new Error(`${number} did not say ${said}:\n${screen}`)
}

/** The file that `customers open` wrote. */
function signInOf(name: string): string {
  const told = readFileSync(join(folder, name), 'utf8')
  const of = (what: string) => new RegExp(`^${what} (\\d+)`, 'm').exec(told)?.[1]
  return `${of('account')}#${of('PIN')}`
}

let payee = ''

async function becomePayee(): Promise<void> {
  ;[payee = ''] = await phoneUntil('9101', ['1', signInOf('mary'), '7', '3', '1'], /choose you by the number (88\d+)\./)
}

/** One voucher of each, and both are paid with it in a call to them. */
async function payFromThirdBank(): Promise<void> {
  const said = /voucher number is: ([\d ]+)\.[\s\S]*password is: ([\d ]+)\./
  const buy = (number: string) => phoneUntil('9102', ['1', signInOf('jun'), '2', `${number}#`, '20#', '1', '1'], said)
  for (const { number, line, whom } of [
    { number: '8102', line: '8102', whom: [] },
    { number: payee, line: '8188', whom: [`${payee}#`] },
  ]) {
    const [voucher, password] = await buy(number)
    await phoneUntil(
      line,
      ['1', ...whom, '1', `${voucher}#`, `${password}#`, '1', '7*5#', '1'],
      /(You have paid 7\.50 yuan)/,
    )
  }
}

test('from nothing to two merchants, a host and another bank of one’s own, whose customer pays a shop and a private payee', async () => {
  expect(blocks.length).toBeGreaterThan(6)
  const child = spawn('bash', ['-c', script()], {
    cwd: root,
    env: { ...process.env, HERE: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  shell = child
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (printed += text))
  // What the page leaves running holds its streams, also where the page ended too soon.
  const ended = new Promise(resolve => child.on('exit', resolve))
  await customersCall(() => child.exitCode !== null)
  const status = await ended
  expect(printed).toContain('the page is at its end')
  expect(status, printed).toBe(0)
  expect(printed).toContain('Mary Sun 孙玛丽, 500.00 CNY')
  expect(printed).toMatch(/quill: a merchant, running as process \d+/)
  expect(printed).toContain('8101  Anchor Books 船锚书店')
  expect(printed).toMatch(/^6101\d{10}, account \d+, revoked, /m)
  expect(printed).toMatch(/^6101\d{10}, account \d+, active, .* instead of 6101\d{10}$/m)
  expect(printed).toMatch(/seaside\.directory: seaside and 0 payees, signed by the key\n[0-9a-f]{64}\n/)
  expect(printed).toContain('seaside: nothing is on its way to another bank')
  expect(printed).toContain('seaside: no alarm is open')
  for (const id of ['seaside', 'lagoon', 'anchor', 'quill', 'kerb']) {
    // Where they grew, and made again from the backup.
    expect(printed.split(`${id}: The books are right`)).toHaveLength(3)
    expect(printed).toMatch(new RegExp(`${id}: shipped up to record \\d+`))
    expect(printed).toMatch(new RegExp(`${id}: restored to record \\d+`))
  }
  expect(printed).toContain('seaside: its books never went back')
}, 600_000)
