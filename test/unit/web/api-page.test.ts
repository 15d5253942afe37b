/** docs/api.md: every command on it that asks a payee is run as it stands, and each code that there is has its line. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { problems } from '../../../src/web/api/problems.ts'
import { openPayeeWeb } from '../../../src/web/web.ts'
import { addKey } from '../../support/api-client.ts'
import { unhurried } from '../../support/paper-browser.ts'
import { openWorld } from '../../support/world.ts'

const page = readFileSync('docs/api.md', 'utf8')
const run = promisify(execFile)

test('the page’s commands do what it says, in its order', async () => {
  const runtime = { ...systemRuntime, wallNow: () => 1_795_312_800_000 + systemRuntime.monotonicMs() }
  const world = await openWorld({ runtime })
  const { presented } = await addKey(world)
  const web = await openPayeeWeb(unhurried, {
    ...world.lantern,
    runtime,
    catalogue: loadCatalogue('prompts'),
    formKey: await world.lantern.keyFor('forms'),
    troubled: error => {
      throw error
    },
  })
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)]
    .map(([, block = '']) => block)
    .filter(block => /curl/.test(block))
  const { number, password } = world.vouchers.confirmed
  const env = { PATH: process.env['PATH'], PAYEE: web.url, KEY: presented.reveal(), NUMBER: number, PASSWORD: password }
  const { stdout } = await run('bash', ['-euc', blocks.join('\necho\n')], { env, timeout: 15_000 })
  const answers = stdout
    .split(/(?<=\})\s*(?=\{)|\n/)
    .filter(Boolean)
    .map(text => JSON.parse(text))
  expect(blocks).toHaveLength(4)
  expect(answers).toMatchObject([
    { amount: 325, currency: 'CNY', order: 'A-17', remaining: 4_675 },
    { amount: 200, left: 300 },
    { state: 'open', amount: 500, captured: 200, order: 'A-18' },
    { amount: 50, currency: 'CNY', to: 'voucher' },
    {
      payments: [
        { amount: 200, order: 'A-18' },
        { amount: 325, order: 'A-17' },
      ],
    },
  ])
  expect(await world.audited()).toEqual([])
  await web.close()
  await world.close()
})

test('the page names every code, with its status', () => {
  const named = [...page.matchAll(/^\| `([a-z-]+)`\s+\| (\d{3})/gm)].map(([, code, status]) => [code, Number(status)])
  expect(named).toEqual(Object.entries(problems).map(([code, [status]]) => [code, status]))
})
