/** What an installation's file says of mail to customers, and that its password is its owner's alone. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseInstallation } from '../../../../src/operations/installation/file.ts'
import { mailServerOf } from '../../../../src/operations/mail-server.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-mail-'))
  writeFileSync(join(folder, 'secret'), 'of this test\n', { mode: 0o600 })
})
afterEach(() => rmSync(folder, { recursive: true }))

const bank = (smtp: string, from = 'confirmations@harbour.example') => `institutions:
  - kind: bank
    id: harbour
    name: { en: Harbour Bank, zh: 海港银行 }
    payees: []
    confirmations:
      from: ${from}
      telephone: "9001"
      smtp: ${smtp}
`
const read = (smtp: string, from?: string) => parseInstallation(join(folder, 'tonebank.yaml'), bank(smtp, from))

test('a server and its account are read, with the password from its file; without a port it is the usual one', () => {
  const { institutions } = read('{ host: mail.example, user: harbour, passwordFile: secret }')
  const [entry] = institutions
  if (entry === undefined) throw new Error('there is no bank')
  const server = mailServerOf(entry, folder)
  expect(server).toMatchObject({ host: 'mail.example', port: 587, tls: 'starttls', account: { user: 'harbour' } })
  expect(server?.account?.password.reveal()).toBe('of this test')
  chmodSync(join(folder, 'secret'), 0o640)
  expect(() => mailServerOf(entry, folder)).toThrow('others may read')
})

test.each([
  ['{ host: mail.example, tls: none }', undefined, /confirmations.smtp.tls: off this machine it needs TLS/],
  ['{ host: mail.example, user: harbour }', undefined, /a user has a password/],
  ['{ host: mail.example, user: u, passwordFile: gone }', undefined, /passwordFile: there is no file gone/],
  ['{ host: mail.example, ca: gone.pem }', undefined, /there is no file gone.pem/],
  ['{ host: mail.example, password: secret }', undefined, /password/],
  ['{ host: mail.example }', 'Harbour <a@harbour.example>', /from: an address of mail/],
])('%s from %s is refused with its line', (smtp, from, complaint) => {
  expect(() => read(smtp, from)).toThrow(complaint)
})

test('on this machine it may go without TLS', () => {
  expect(() => read('{ host: 127.0.0.1, port: 25, tls: none }')).not.toThrow()
})
