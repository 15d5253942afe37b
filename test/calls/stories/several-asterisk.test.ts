/**
 * An installation with two Asterisk behind Kamailio, as its file says, and real money: calls of both are taken up when the bank's process
 * is killed, an Asterisk that is killed in the middle of a purchase takes nothing with it but its call, and one is drained by command.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoText } from '../../../demo/institutions.ts'
import { balancesOf } from '../../support/balances.ts'
import { consoleCommand } from '../harness/asterisk-console.ts'
import type { Caller } from '../harness/caller.ts'
import { callInEnglish, orderVoucher, signIn, signInAgain, takenUp } from '../harness/conversations.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Customer, type Network, startNetwork } from '../harness/network.ts'
import { kill } from '../harness/processes.ts'
import { until } from '../harness/until.ts'

const face = 50_00n

let network: Network
let buyer: Customer
let neighbour: Customer
let opening: bigint

beforeAll(async () => {
  network = await startNetwork([], {}, async folder => {
    await institutionsMade(folder)
    writeFileSync(join(folder, 'tonebank.yaml'), demoText.replace('asterisk:\n', 'asterisk:\n  count: 2\n'))
  })
  ;[buyer, neighbour] = network.customers as [Customer, Customer]
  opening = await float()
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

const float = async () => (await balancesOf(network.dataFolder)).get('harbour float:lantern') ?? 0n

/** Channels of the first Asterisk. */
const atFirst = async () => Number.parseInt(await consoleCommand(network, 'core show channels count'), 10)

/** Of the phones of this machine, with a call at the first and one at the other. */
let caller: Caller
let other: Caller

test('the bank’s process is killed with a call at each: the next takes both up', async () => {
  caller = await callInEnglish(network, 'phone1', '9001', 'harbour')
  other = await callInEnglish(network, 'phone2', '9001', 'harbour')
  expect(await atFirst()).toBe(1)
  await Promise.all([signIn(caller, buyer), signIn(other, neighbour)])
  await Promise.all([caller, other].map(each => each.answer('bank.menu', '')))
  kill(network, 'harbour')
  expect(await Promise.all([takenUp(caller), takenUp(other)])).toEqual(['sign-in.account', 'sign-in.account'])
})

test('an Asterisk is killed in the middle of a purchase: the other’s call goes on, and redialling lands there', async () => {
  await Promise.all([signInAgain(caller, buyer), signInAgain(other, neighbour)])
  await orderVoucher(caller)
  await caller.log.next({ call: caller.id, event: 'intent', name: 'sale' })
  const victim = await placeOf('phone1')
  kill(network, victim)
  // Its telephone hears the end.
  await caller.phone.untilEnded(10_000)
  await caller.log.next({ call: caller.id, event: 'ended', how: 'caller-left' })
  await caller.quit()

  const again = await callInEnglish(network, 'phone1', '9001', 'harbour')
  await signIn(again, buyer)
  // What was asked for is done or not, and never in doubt.
  const isSold = (await float()) - opening === face
  if (isSold) await again.hears('buy.pending-first')
  else await again.answer('bank.menu', '')
  await again.hangUp()
  await again.quit()

  await other.answer('bank.menu', '1')
  await other.hears('balance.told')
  await other.hangUp()
  await other.quit()
  await expect.poll(network.printed, { timeout: 30_000 }).toMatch(/Asterisk \d is back/)
})

/** Which Asterisk has the call of an account. */
async function placeOf(account: string): Promise<string> {
  const channels = await consoleCommand(network, 'core show channels concise')
  return channels.includes(`PJSIP/${account}-`) ? 'asterisk' : 'asterisk-2'
}

test('one is drained by command, and says so; the other takes all calls', async () => {
  await until(
    'the bank is with both',
    async () => !/without Asterisk/.test((await network.command('status')).text),
    20_000,
  )
  expect(await network.command('drain', '--asterisk', '3')).toEqual({
    status: 1,
    text: 'Asterisk 3: there is none of this name\n',
  })
  expect(await network.command('drain', '--asterisk', '1')).toEqual({
    status: 0,
    text: 'Asterisk 1: the last call has ended\n',
  })
  expect((await network.command('drain', '--asterisk', '2')).text).toMatch(/no other takes new calls/)
  for (const user of ['phone1', 'phone2']) {
    const phone = await callInEnglish(network, user, '9001', 'harbour')
    expect(await atFirst()).toBe(0)
    await phone.hangUp()
    await phone.quit()
  }
  const operations = network.printed().match(/Operators look at (\S+)\.\n/)?.[1] ?? ''
  expect(await (await fetch(`${operations}/metrics`)).text()).toMatch(/tonebank_asterisk_drained\{asterisk="1"\} 1/)
  expect((await network.command('drain', '--asterisk', '1', '--back')).text).toBe('Asterisk 1: is given calls again\n')
})

test('nothing is lost: the books are right', async () => {
  expect([0n, face]).toContain((await float()) - opening)
  expect(await network.audit()).toMatchObject({ status: 0 })
})
