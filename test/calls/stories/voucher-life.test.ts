/**
 * The whole life of a voucher in real calls, as its holder hears it: money comes from another bank, the voucher is bought,
 * paid with in two parts, its password forgotten, the backup password asked from the bank, the password heard at the payee,
 * changed, forgotten and heard anew, locked by three wrong tries, unlocked, ended; and after the day end the bank tells that
 * what was left came back. Every digit that is keyed was heard in a recording, or chosen; the books are opened last.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { balancesOf } from '../../support/balances.ts'
import { root } from '../harness/asterisk.ts'
import { type Caller, call } from '../harness/caller.ts'
import { digitsHeard } from '../harness/listening.ts'
import { type Customer, type Network, startNetwork } from '../harness/network.ts'

const chosen = '7301846259'
const wrong = '90531847'

let network: Network
let holder: Customer
let friend: Customer
let before: ReadonlyMap<string, bigint>
/** As they were heard. */
let number = ''
let password = ''
let backup = ''

beforeAll(async () => {
  network = await startNetwork([], {}, dataFolder => writeInstallation(dataFolder, '23:00'))
  holder = customer('Tom Baker')
  friend = customer('Alice Chen')
  before = await balancesOf(network.dataFolder)
})
afterAll(async () => {
  await network?.stop()
  network?.remove()
})

test('it is bought at the bank, while a friend sends money from another', async () => {
  await Promise.all([friendSends(), buys()])
})

test('it is paid with in two parts', async () => {
  const shop = await opened(password)
  for (const amount of ['12*50', '20']) {
    await shop.answer('voucher.menu', '1')
    await shop.answer('pay.amount', `${amount}#`)
    await shop.answer('pay.confirm', '1')
    await shop.hears('pay.done')
  }
  await shop.answer('voucher.menu', '')
  await rowsHeard(shop, [6, 6])
})

test('its password is forgotten: the bank tells the backup password to the account that bought it', async () => {
  const bank = await signedIn()
  await bank.answer('bank.menu', '5')
  await bank.answer('vouchers.last', '2')
  await bank.answer('backup.written', '1')
  await bank.answer('vouchers.last', '')
  const [listed = '', told = ''] = await rowsHeard(bank, [16, 12])
  expect(listed).toBe(number)
  backup = told
})

test('for it, the payee tells the password', async () => {
  expect(await forgotten()).toBe(password)
})

test('another password is chosen, forgotten, and heard', async () => {
  const shop = await opened(password)
  await shop.answer('voucher.menu', '4')
  await shop.answer('password.new', `${chosen}#`)
  await shop.answer('password.repeat', `${chosen}#`)
  await shop.hears('password.changed')
  await shop.answer('voucher.menu', '')
  await shop.hangUp()
  await shop.quit()
  expect(await forgotten()).toBe(chosen)
})

test('three wrong passwords lock it, and the backup password unlocks it', async () => {
  const stranger = await onLine(`1${number}#`)
  for (let tries = 0; tries < 3; tries++) await stranger.answer('voucher.ask-password', `${wrong}#`)
  await stranger.hears('goodbye.mistakes')
  await stranger.quit()

  const shop = await onLine(`1${number}#`)
  // Right, and refused: it is asked again.
  await shop.answer('voucher.ask-password', `${chosen}#`)
  await shop.answer('voucher.ask-password', '#')
  await shop.answer('merchant.menu', '3')
  await shop.answer('unlock.ask-number', `${number}#`)
  await shop.answer('unlock.ask-backup', backup)
  await shop.hears('unlock.done')
  await shop.answer('merchant.menu', '')
  await shop.hangUp()
  await shop.quit()
})

test('it is ended, and opens no more', async () => {
  const shop = await opened(chosen)
  await shop.answer('voucher.menu', '6')
  await shop.answer('end.confirm', '1')
  await shop.hears('end.done')
  await shop.answer('merchant.menu', '1')
  await shop.answer('voucher.ask-number', `${number}#`)
  await shop.answer('voucher.ask-password', `${chosen}#`)
  await shop.hears('voucher.terminated')
  await shop.answer('merchant.menu', '')
  await rowsHeard(shop, [6])
})

test('after the day end the bank tells that what was left is on the account again', async () => {
  await endTheDay()
  const bank = await signedIn()
  await bank.hears('returned.remainder')
  await bank.answer('bank.menu', '')
  await bank.hangUp()
  await bank.quit()
})

test('only now are the books opened', async () => {
  const after = await balancesOf(network.dataFolder)
  const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
  expect(change(`harbour deposit:${friend.account}`)).toBe(-40_00n)
  expect(change(`garden deposit:${holder.account}`)).toBe(40_00n - 32_50n)
  expect(change(`lantern voucher-liability:${number}`)).toBe(0n)
  expect(change('lantern returning:garden')).toBe(0n)
  expect(await network.audit()).toMatchObject({ status: 0 })
})

/** An hour of the morning wherever this runs, so that a day can end while it does. */
const morning = (() => {
  const offset = ((8 - new Date().getUTCHours() + 36) % 24) - 12
  return { timeZone: `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`, offset }
})()

/** The demonstration's, in that zone, and with another end of its business days. */
async function writeInstallation(dataFolder: string, cutOff: string): Promise<void> {
  const demonstration = readFileSync(join(root, 'demo/tonebank.yaml'), 'utf8')
  const fields = `    timeZone: ${morning.timeZone}\n    cutOff: "${cutOff}"\n`
  writeFileSync(
    join(dataFolder, 'tonebank.yaml'),
    demonstration.replace(/^ {2}- kind: .*\n/gm, line => line + fields),
  )
}

/** The business day ends with the minute that began last; whoever operates the network clears it now. */
async function endTheDay(): Promise<void> {
  const local = new Date(Date.now() + morning.offset * 3_600_000)
  await writeInstallation(network.dataFolder, local.toISOString().slice(11, 16))
  await operate('reload')
  for (const each of ['lantern', 'garden']) await operate('settle', '--now', each)
}

async function operate(...command: string[]): Promise<void> {
  const { status, text } = await network.command(...command)
  expect(status, text).toBe(0)
}

function customer(name: string): Customer {
  const found = network.customers.find(each => each.name.en === name)
  if (found === undefined) throw new Error(`${name} has no account`)
  return found
}

async function friendSends(): Promise<void> {
  const bank = await call(network, 'phone2', '9001', 'harbour')
  await bank.answer('language.choose', '1')
  await bank.answer('sign-in.account', `${friend.account}#`)
  await bank.answer('sign-in.pin', friend.pin)
  await bank.answer('bank.menu', '3')
  await bank.answer('transfer.account', `${holder.account}#`)
  await bank.answer('transfer.amount', '40#')
  await bank.answer('transfer.confirm', '1')
  await bank.hears('transfer.done')
  await bank.answer('bank.menu', '')
  await bank.hangUp()
  await bank.quit()
}

async function buys(): Promise<void> {
  const bank = await signedIn()
  await bank.answer('bank.menu', '2')
  await bank.answer('buy.payee', '8001#')
  await bank.answer('buy.amount', '50#')
  await bank.answer('buy.confirm', '1')
  await bank.answer('voucher.written', '1')
  await bank.answer('bank.menu', '')
  ;[number = '', password = ''] = await rowsHeard(bank, [16, 8])
}

/** Who phones often keys ahead what the line is going to ask. */
async function signedIn(): Promise<Caller> {
  const bank = await call(network, 'phone1', '9002', 'garden')
  await bank.keyAhead(`1${holder.account}#${holder.pin}`)
  return bank
}

async function onLine(keys: string): Promise<Caller> {
  const shop = await call(network, 'phone1', '8001', 'lantern')
  await shop.keyAhead(`1${keys}`)
  return shop
}

const opened = (proof: string) => onLine(`1${number}#${proof}#`)

/** The password that the payee tells for the backup password. */
async function forgotten(): Promise<string> {
  const shop = await onLine(`2${number}#${backup}`)
  await shop.answer('forgot.written', '1')
  await shop.hears('forgot.done')
  await shop.answer('merchant.menu', '')
  const [told = ''] = await rowsHeard(shop)
  return told
}

/** Hangs up, and gives the rows of digits that were spoken; the words of an amount are not among them. */
async function rowsHeard(caller: Caller, lengths?: readonly number[]): Promise<string[]> {
  await caller.hangUp()
  const { heard } = await caller.quit()
  const rows = digitsHeard(heard[0] ?? new Int16Array(), 'en').filter(({ digits }) => digits.length > 4)
  if (lengths) expect(rows.map(({ digits }) => digits.length)).toEqual(lengths)
  return rows.map(({ digits }) => digits)
}
