/**
 * `docs/operating.md`, followed as it stands: every fenced block of it runs in one shell, in a folder of its own. What the
 * page says to leave running is left running, and is looked at from outside.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** One script: a block that stays running goes to the background, and the next waits until it is ready. */
function script(): string {
  const ready =
    'for i in $(seq 240); do grep -q "Ctrl-C stops" "$HERE/started" && break; sleep 0.5; done; cat "$HERE/started"'
  const parts = blocks.map(({ text, staysRunning }) =>
    staysRunning ? `{ ${text.trim()} > "$HERE/started" 2>&1; } &\nSTARTED=$!\n${ready}` : text,
  )
  return ['set -eu', ...parts, 'echo "the page is at its end"', 'pkill -TERM -P $STARTED; wait $STARTED'].join('\n')
}

test('from nothing to two merchants of one’s own', async () => {
  expect(blocks.length).toBeGreaterThan(6)
  const child = spawn('bash', ['-c', script()], {
    cwd: root,
    env: { ...process.env, HERE: folder },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  shell = child
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (printed += text))
  const status = await new Promise(resolve => child.on('close', resolve))
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
  for (const id of ['seaside', 'lagoon', 'anchor', 'quill']) {
    // Where they grew, and made again from the backup.
    expect(printed.split(`${id}: The books are right`)).toHaveLength(3)
    expect(printed).toMatch(new RegExp(`${id}: shipped up to record \\d+`))
    expect(printed).toMatch(new RegExp(`${id}: restored to record \\d+`))
  }
  expect(printed).toContain('seaside: its books never went back')
}, 600_000)
