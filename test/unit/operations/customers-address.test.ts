/** `tonebank customers address`: where a customer is written to is proposed by one person, approved by another, and shown masked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { newBank } from '../../../bin/commands/new.ts'
import { addCounter } from '../../../bin/usage/counter.ts'
import { addPeople } from '../../../bin/usage/people.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'tonebank-address-'))
const config = join(folder, 'tonebank.yaml')
let account = ''
beforeAll(async () => {
  for (const person of ['ann', 'ben'])
    writeFileSync(join(folder, person), `a passphrase of ${person}\n`, { mode: 0o600 })
  await said(() =>
    newBank('sea', {
      ...{ data: folder, config, nameEn: 'Sea', nameZh: '海', rings: '9101' },
      ...{ first: 'Ann Lee', firstPassphrase: join(folder, 'ann') },
      ...{ second: 'Ben Ode', secondPassphrase: join(folder, 'ben') },
    }),
  )
  writesToCustomers(true)
  const opened = await tonebank('customers', 'open', 'sea', '--name-en', 'Mary Sun', '--name-zh', '孙玛丽')
  account = /^account (\d+)$/m.exec(opened)?.[1] ?? ''
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a command writes. */
async function said(run: () => Promise<unknown>): Promise<string> {
  let text = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(chunk => {
    text += String(chunk)
    return true
  })
  try {
    await run()
  } finally {
    write.mockRestore()
  }
  return text
}

function tonebank(...words: string[]): Promise<string> {
  const program = new Command()
  addCounter(program)
  addPeople(program)
  return said(() => program.parseAsync([...words, '--data', folder, '--config', config], { from: 'user' }))
}

const ann = ['--as', 'Ann Lee', '--passphrase-file', join(folder, 'ann')]
const ben = ['--as', 'Ben Ode', '--passphrase-file', join(folder, 'ben')]

async function decided(...words: string[]): Promise<void> {
  const proposed = await tonebank('customers', 'address', 'sea', account, ...words, ...ann)
  expect(proposed).toContain('Ann Lee proposes: set-address at sea. Somebody else approves it:')
  const digest = /tonebank approve sea (\S+)/.exec(proposed)?.[1] ?? ''
  await expect(tonebank('approve', 'sea', digest, ...ann)).rejects.toThrow('it takes two people')
  await tonebank('approve', 'sea', digest, ...ben)
}

const shown = () => tonebank('customers', 'show', 'sea', account)

/** In the installation's file. */
function writesToCustomers(isSo: boolean): void {
  const text = readFileSync(config, 'utf8').replace(/\n {4}confirmations:.*/, '')
  const line =
    '\n    confirmations: { from: confirmations@sea.example, telephone: "9101", smtp: { host: localhost, tls: none } }'
  writeFileSync(config, isSo ? text.replace(/\n {4}id: sea/, `$&${line}`) : text)
}

it('is decided on by two people, then shown masked, and removed by two people', async () => {
  expect(await shown()).not.toContain('is written to')
  await decided('mary@example.org')
  expect(await shown()).toContain('is written to at m•••@example.org\n')
  await decided('sun@example.net')
  expect(await shown()).toContain('is written to at s•••@example.net\n')
  await decided('--none')
  expect(await shown()).not.toContain('is written to')
})

it.each([
  ['neither an address nor --none', [], 'say either an address or --none'],
  ['both', ['mary@example.org', '--none'], 'say either an address or --none'],
  ['what is no address', ['mary@sea'], 'mary@sea is no address of mail that is taken here'],
  ['nothing that changes', ['--none'], 'it is not proposed, as it could not be done'],
])('%s is refused in a sentence', async (_, words, sentence) => {
  await expect(tonebank('customers', 'address', 'sea', account, ...words, ...ann)).rejects.toThrow(sentence)
})

it('of an account that there is not, or at a bank that writes to nobody, is refused', async () => {
  await expect(tonebank('customers', 'address', 'sea', '123', 'mary@example.org', ...ann)).rejects.toThrow(
    '123 is no account number',
  )
  writesToCustomers(false)
  await expect(tonebank('customers', 'address', 'sea', account, 'mary@example.org', ...ann)).rejects.toThrow(
    'it is not proposed, as it could not be done',
  )
})
