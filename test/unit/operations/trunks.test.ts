/** Trunks as the switch gets them: with the files that the installation's file names, and a key of their own at each start. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { trunkLinesOf, trunksOf } from '../../../bin/trunks.ts'
import { demoText } from '../../../demo/institutions.ts'
import { withPayee } from '../../../src/operations/installation/edit.ts'
import { parseInstallation } from '../../../src/operations/installation/file.ts'
import { systemRuntime } from '../../../src/runtime.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-trunks-'))
afterAll(() => rmSync(folder, { recursive: true }))

const trunk = `
  trunks:
    - name: carrier
      provider: { host: sip.provider.example, transport: tls, ca: ca.pem }
      listen: { host: 192.0.2.1 }
      register: { user: "4711", passwordFile: password }
      numbers: { "+862161234567": "9001" }
      attested: true
`

test('files are read from the folder of the file, and the dialplan gets two names of each number', () => {
  writeFileSync(join(folder, 'ca.pem'), 'a certificate')
  writeFileSync(join(folder, 'password'), 'a secret\n')
  const place = '  networkPhones: [lan1, lan2]'
  const installation = parseInstallation(join(folder, 'tonebank.yaml'), demoText.replace(place, `${place}${trunk}`))
  const [carrier, another] = [trunksOf(installation, systemRuntime)[0], trunksOf(installation, systemRuntime)[0]]
  expect(carrier?.provider).toEqual({
    host: 'sip.provider.example',
    port: 5_061,
    transport: 'tls',
    authority: 'a certificate',
  })
  expect(carrier?.register?.account.password.reveal()).toBe('a secret')
  expect(carrier?.key).toMatch(/^[0-9a-f]{32}$/)
  expect(carrier?.key).not.toBe(another?.key)
  if (!carrier) throw new Error('no trunk')
  const common = { trunk: 'carrier', rings: '9001', mostCalls: 10 }
  expect(trunkLinesOf([carrier])).toEqual([
    { ...common, extension: `${carrier.key}y+862161234567`, isAttested: true },
    { ...common, extension: `${carrier.key}n+862161234567`, isAttested: false },
  ])
})

test('a number without quotation marks stays as somebody wrote it when the file is added to', () => {
  const [file, place] = [join(folder, 'numbers.yaml'), '  networkPhones: [lan1, lan2]']
  writeFileSync(join(folder, 'ca.pem'), 'a certificate')
  writeFileSync(join(folder, 'password'), 'a secret\n')
  writeFileSync(file, demoText.replace(place, `${place}${trunk.replace('"+862161234567"', '+004930123')}`))
  const payee = { id: 'quill', number: '7', name: { en: 'Quill', zh: '羽' }, denominations: [1000] }
  const { asterisk, text } = withPayee(file, 'garden', payee)
  expect(asterisk.trunks[0]?.numbers).toEqual({ '+004930123': '9001' })
  expect(text).toContain('{ "+004930123": "9001" }')
})
