/**
 * SIGKILL under real calls: three times to the bank, once to the merchant, once to Asterisk itself. The caller's call is
 * taken up again (or, with Asterisk, ended), what became of the open request is told first, nothing that was
 * acknowledged is lost or done twice, and the other institution's call never notices.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { balancesOf } from '../../support/balances.ts'
import { consoleCommand } from '../harness/asterisk-console.ts'
import type { Caller } from '../harness/caller.ts'
import {
  callInEnglish,
  openVoucher,
  orderVoucher,
  signIn,
  signInAgain,
  takenUp,
  type WrittenDown,
  writeDown,
} from '../harness/conversations.ts'
import { institutionsMade } from '../harness/institutions-made.ts'
import { type Customer, type Network, startNetwork } from '../harness/network.ts'
import { kill } from '../harness/processes.ts'

const face = 50_00n
const paid = 12_50n

let network: Network
let buyer: Customer
let neighbour: Customer
let opening: ReadonlyMap<string, bigint>
/** As it was heard. */
let voucher: WrittenDown

beforeAll(async () => {
  network = await startNetwork([], {}, institutionsMade)
  ;[buyer, neighbour] = network.customers as [Customer, Customer]
  opening = await balancesOf(network.dataFolder)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

test('the bank dies at the menu, after a confirmation and in the middle of a password', async () => {
  const shopper = await callInEnglish(network, 'phone2', '8001', 'lantern')
  const bystander = keepBusy(shopper, async () => {
    await shopper.answer('merchant.menu', '1')
    await shopper.answer('voucher.ask-number', '')
    // So soon after a key that was an answer, a hash would be taken for a part of it.
    await sleep(3_500)
    await shopper.phone.press('#')
  })
  const caller = await callInEnglish(network, 'phone1', '9001', 'harbour')

  await signIn(caller, buyer)
  await caller.answer('bank.menu', '')
  await sleep(800)
  kill(network, 'harbour')
  expect(await takenUp(caller)).toBe('sign-in.account')
  expect(await sold(buyer)).toBe(0)

  await signInAgain(caller, buyer)
  await orderVoucher(caller)
  await caller.log.next({ call: caller.id, event: 'intent', name: 'sale' })
  kill(network, 'harbour')
  const told = await takenUp(caller)
  expect(told).toBe((await sold(buyer)) === 1 ? 'resumed.sold' : 'resumed.not-done')

  await signInAgain(caller, buyer)
  if (told === 'resumed.not-done') await orderVoucher(caller)
  await caller.hears('voucher.password')
  await sleep(2_000)
  kill(network, 'harbour')
  expect(await takenUp(caller)).toBe('resumed.sold')

  await signInAgain(caller, buyer)
  await caller.hears('buy.pending-first')
  voucher = await writeDown(caller, '1')
  await caller.hears('voucher.confirmed')
  await caller.answer('bank.menu', '')
  await caller.hangUp()
  await caller.quit()
  expect(await sold(buyer)).toBe(1)
  await bystander.leaves()
})

test('the merchant dies after a confirmation, and Asterisk under both institutions', async () => {
  const caller = await callInEnglish(network, 'phone1', '8001', 'lantern')
  const other = await callInEnglish(network, 'phone2', '9001', 'harbour')
  await caller.answer('merchant.menu', '1')
  await Promise.all([openVoucher(caller, voucher), signIn(other, neighbour)])
  const bystander = keepBusy(other, async () => {
    await other.answer('bank.menu', '1')
    await sleep(1_000)
  })

  await orderPayment(caller)
  await caller.log.next({ call: caller.id, event: 'intent', name: 'payment' })
  kill(network, 'lantern')
  const told = await takenUp(caller)
  expect(told).toBe((await revenue()) === paid ? 'resumed.paid' : 'resumed.not-done')

  await caller.phone.press('1')
  await openVoucher(caller, voucher)
  if (told === 'resumed.not-done') {
    await orderPayment(caller)
    await caller.hears('pay.done')
  }
  await caller.answer('voucher.menu', '')
  expect(await revenue()).toBe(paid)

  await bystander.stops()
  await orderVoucher(other)
  await other.log.next({ call: other.id, event: 'intent', name: 'sale' })
  const afterwards = network.log('harbour')
  afterwards.skip()
  kill(network, 'asterisk')
  for (const each of [caller, other]) {
    await each.log.next({ call: each.id, event: 'ended', how: 'caller-left' })
    await each.quit()
  }
  await afterwards.next({ notice: 'connected' })
  await expect.poll(network.printed, { timeout: 60_000 }).toContain('Asterisk is back')
})

test('what was sold while Asterisk died is offered first in the next call', async () => {
  const isSold = (await sold(neighbour)) === 1
  const caller = await callInEnglish(network, 'phone2', '9001', 'harbour')
  await signIn(caller, neighbour)
  if (isSold) await caller.hears('buy.pending-first')
  else await caller.answer('bank.menu', '')
  await caller.hangUp()
  await caller.quit()
})

test('nothing is left behind: no channel, no posting too many or too few', async () => {
  const vouchers = BigInt((await sold(buyer)) + (await sold(neighbour)))
  expect(await changeOf('harbour float:lantern')).toBe(vouchers * face)
  expect(await revenue()).toBe(paid)
  expect(await consoleCommand(network, 'core show channels count')).toMatch(/^0 active channels/)
  expect(await network.audit()).toMatchObject({ status: 0 })
})

async function orderPayment(shop: Caller): Promise<void> {
  await shop.answer('voucher.menu', '1')
  await shop.answer('pay.amount', '12*50#')
  await shop.answer('pay.confirm', '1')
}

/** A call that goes on all the while in another process, turn after turn. */
function keepBusy({ id, log, phone }: Caller, turn: () => Promise<void>) {
  let isStopping = false
  const busy = (async () => {
    while (!isStopping) await turn()
  })()
  busy.catch(() => {})
  const stops = async () => {
    isStopping = true
    await busy
    const lives = log.lines.filter(({ call, event }) => call === id && event === 'answered-call')
    expect(lives, 'the call in the other institution').toHaveLength(1)
  }
  return {
    stops,
    leaves: async () => {
      await stops()
      await phone.hangUp()
      await phone.quit()
    },
  }
}

async function changeOf(account: string): Promise<bigint> {
  return ((await balancesOf(network.dataFolder)).get(account) ?? 0n) - (opening.get(account) ?? 0n)
}

/** How many vouchers this customer has paid for. */
async function sold({ account }: Customer): Promise<number> {
  const spent = -(await changeOf(`harbour deposit:${account}`))
  expect(spent % face).toBe(0n)
  return Number(spent / face)
}

const revenue = () => changeOf('lantern revenue:harbour')
