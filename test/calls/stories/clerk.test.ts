/**
 * The demonstration gets a clerk: a caller signs in, asks for one, is identified apart from them, and goes on in the menu. Later nobody is
 * there, and the caller is called back by people.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { call } from '../harness/caller.ts'
import { type ClerkPhone, registerClerk } from '../harness/clerk-phone.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { digitsHeard } from '../harness/listening.ts'
import { type Network, startNetwork } from '../harness/network.ts'
import { until } from '../harness/until.ts'

let network: Network
let clerk: ClerkPhone

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
  const file = join(network.dataFolder, 'tonebank.yaml')
  const text = readFileSync(file, 'utf8')
  const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(day => `${day}: ["00:00-24:00"]`).join(', ')
  const care = `\n    care: { hours: { ${days} }, clerks: [phone2] }`
  writeFileSync(
    file,
    text.replace(/id: harbour\n/, found => `${found.trimEnd()}${care}\n`),
  )
  expect(await network.command('reload')).toMatchObject({ status: 0 })
  clerk = await registerClerk({ server: network.server, account: network.phoneAccount('phone2'), answersAfterMs: 500 })
})
afterAll(async () => {
  clerk?.close()
  await network?.stop()
  network?.remove()
})

test('a caller is identified before a clerk, and later asks to be called back', async () => {
  const customer = network.customers.find(({ bank }) => bank === 'harbour')
  if (customer === undefined) throw new Error('the demonstration has no customer of the bank')
  const { account, pin } = customer
  const caller = await call(network, 'phone1', '9001', 'harbour')
  await caller.answer('language.choose', '1')
  await caller.answer('sign-in.account', `${account}#`)
  await caller.answer('sign-in.pin', pin)
  await caller.answer('bank.menu', '0')
  await caller.answer('bank.menu', '0')

  const talk = await clerk.nextCall()
  await caller.hears('care.connected')
  const sleep = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
  await sleep(9_000)
  await talk.press('1')
  await caller.answer('care.account', `${account}#`)
  await caller.answer('care.pin', pin)
  await caller.hears('care.identified')
  // The clerk is told the name and the whole number.
  await sleep(20_000)
  const heard = digitsHeard(talk.heard(), 'en').map(({ digits }) => digits)
  expect(heard.join('')).toContain(account)
  expect(talk.received.filter(({ payloadType }) => payloadType === 101)).toEqual([])
  await talk.hangUp()

  await caller.hears('care.over')
  await clerk.unregister()
  await caller.answer('bank.menu', '0')
  await caller.answer('bank.menu', '0')
  await caller.hears('care.nobody')
  await caller.answer('care.number', '5557301#')
  await caller.hears('care.call-back.noted')
  await caller.hangUp()
  await caller.quit()
  await until('a call-back is listed', async () => {
    const { status, text } = await network.command('callbacks', 'list', 'harbour')
    return status === 0 && /^1 .* 5557301 {2}English\n$/.test(text)
  })
  expect(await network.audit()).toMatchObject({ status: 0 })
  // What was keyed stands in no log.
  const log = readFileSync(join(network.dataFolder, 'institutions/harbour/log.ndjson'), 'utf8')
  for (const secret of [account, pin, '5557301']) expect(log).not.toContain(secret)
})
