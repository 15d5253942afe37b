/** A demonstration that an earlier release made is refused in one sentence that says what to do. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDemo, openDemo } from '../../../demo/demo.ts'
import { demoText } from '../../../demo/institutions.ts'
import { CannotDo } from '../../../src/operations/cannot-do.ts'
import { systemRuntime } from '../../../src/runtime.ts'

test('a demonstration of release 0.1.0 is left as it is', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tonebank-old-demo-'))
  const institutions = join(data, 'institutions')
  // As 0.1.0 left it: books and customers, and no people with keys.
  mkdirSync(join(institutions, 'harbour'), { recursive: true })
  writeFileSync(join(institutions, 'customers.json'), '{"customers":[]}')
  const refused = new CannotDo(
    `the demonstration in ${data} was made by release 0.1.0, which this one cannot run: move that folder away, or name another with --data, and a new one is made`,
  )
  await expect(openDemo(join(data, 'tonebank.yaml'), systemRuntime, () => {})).rejects.toEqual(refused)
  await expect(createDemo(institutions, systemRuntime)).rejects.toEqual(refused)
  expect(existsSync(join(data, 'tonebank.yaml'))).toBe(false)
  rmSync(data, { recursive: true })
})

test('one that was made before a bank joined runs on as its file says, and is told how to have both', async () => {
  const data = mkdtempSync(join(tmpdir(), 'tonebank-old-demo-'))
  const institutions = join(data, 'institutions')
  const account = { account: '620874193555', pin: '730184', name: { en: 'Ada', zh: '爱达' }, paidInMinor: '5' }
  mkdirSync(join(institutions, 'harbour', 'people'), { recursive: true })
  writeFileSync(join(institutions, 'customers.json'), JSON.stringify({ customers: [account] }))
  const text = demoText.replace(/ {6}- \{ id: garden,.*\n/, '').replace(/ {4}banks:\n {6}#.*\n/, '')
  const [before = '', after = ''] = text.split(/ {2}- kind: bank\n {4}id: garden[\s\S]*?(?= {2}- kind: merchant)/)
  writeFileSync(join(data, 'tonebank.yaml'), before + after)
  const said: string[] = []
  const customers = await openDemo(join(data, 'tonebank.yaml'), systemRuntime, line => said.push(line))
  expect(customers).toMatchObject([{ bank: 'harbour', account: account.account }])
  expect(said).toEqual([
    `this demonstration was made before garden joined it, and runs on as it is: move ${data} away, or name another folder with --data, for one with all`,
  ])
  rmSync(data, { recursive: true })
})
