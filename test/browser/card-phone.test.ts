/// <reference lib="dom" />
/**
 * The card phone of the page to start with, in headless Chromium as it comes: the demonstration's card pays a large amount in a call to
 * the bank's line, through the browser's own WebRTC, and refuses what its holder refuses.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Network, startNetwork } from '../calls/harness/network.ts'
import { balancesOf } from '../support/balances.ts'
import { call, openPage } from './page-calls.ts'
import { openChromium, seriousFindings } from './web.ts'

let network: Network
let browser: Browser
let url: string

beforeAll(async () => {
  network = await startNetwork()
  url = /Begin at (\S+?)\. /.exec(network.printed())?.[1] ?? ''
  browser = await openChromium()
}, 240_000)
afterAll(async () => {
  await browser?.close()
  await network?.stop()
  network?.remove()
})

/** Whoever of the demonstration has a card, and a business of the same bank, which a terminal's directory lists. */
function people() {
  const holder = network.customers.find(each => each.card !== undefined)
  const other = network.customers.find(({ bank, name }) => bank === holder?.bank && name.en === 'Lantern Books')
  if (holder?.card === undefined || other === undefined) throw new Error('nobody has a card')
  return { holder, held: holder.card, to: other.account }
}

/** Of a line of the log, in milliseconds. */
const timeOf = ({ time }: { readonly time?: unknown }) => new Date(`${time}`).getTime()

const state = (page: Page) => page.locator('[data-part=card-state]').textContent()

/** By its own scripts: what the tests of the telephone listen with stands in the way that the card phone takes. */
const open = (options = {}) => openPage(browser, url, options, { isListening: false })

async function callBank(page: Page, whole: string) {
  const { holder, to } = people()
  const bank = await call(network, page, '9001', 'harbour')
  await bank.answer('language.choose', '1')
  await bank.answer('sign-in.account', `${holder.account}#`)
  await bank.answer('sign-in.pin', holder.pin)
  await bank.answer('bank.menu', '6')
  await bank.answer('large.account', `${to}#`)
  await bank.answer('large.amount', `${whole}#`)
  return bank
}

test('pays a large amount by card from the page, in a call to the bank', async () => {
  const { holder, held, to } = people()
  const before = await balancesOf(network.dataFolder)
  const page = await open()
  await page.getByRole('button', { name: 'Put the demonstration card in' }).focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => state(page)).toMatch(/^The card is in: \d{14}$/)

  const bank = await callBank(page, '1200')
  const insertedMs = timeOf(await bank.hears('card.insert'))
  const pin = page.getByLabel('PIN of the card')
  await pin.waitFor({ timeout: 60_000 })
  await expect.poll(() => pin.evaluate(each => each === document.activeElement)).toBe(true)
  const asked = (await page.locator('[data-part=approve]').textContent()) ?? ''
  for (const shown of ['1200.00 CNY', 'LANTERN BOOKS', to, holder.account]) expect(asked.toUpperCase()).toContain(shown)
  expect(await seriousFindings(page)).toEqual([])
  // A wrong PIN is not the end.
  await page.keyboard.type(held.pin === '0000' ? '1111' : '0000'.padEnd(held.pin.length, '0'))
  await page.keyboard.press('Tab')
  await page.keyboard.type(held.password)
  await page.keyboard.press('Enter')
  await page.getByText('That was not the card’s PIN').waitFor()
  await page.keyboard.type(held.pin)
  await page.keyboard.press('Tab')
  await page.keyboard.type(held.password)
  await page.keyboard.press('Enter')
  await expect.poll(() => state(page), { timeout: 60_000 }).toMatch(/^Paid\. Reference \S+$/)
  const paidMs = timeOf(await bank.hears('transfer.done'))
  console.log(
    `from "insert your card" to "paid", with a wrong PIN first: ${((paidMs - insertedMs) / 1_000).toFixed(1)} s`,
  )
  // It has its result: there is nothing to ask for the next time.
  await expect.poll(() => page.evaluate('localStorage.length')).toBe(0)
  await page.context().close()
  await bank.ended()

  const after = await balancesOf(network.dataFolder)
  const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
  expect(change(`harbour deposit:${holder.account}`)).toBe(-1_200_00n)
  expect(change(`harbour deposit:${to}`)).toBe(1_200_00n)
}, 240_000)

test('in Chinese, on a narrow screen: whoever does not sign pays nothing, and another page waits for the card', async () => {
  const before = await balancesOf(network.dataFolder)
  const page = await open({ locale: 'zh-CN', viewport: { width: 320, height: 640 } })
  await page.getByRole('button', { name: '插入演示卡' }).click()
  await expect.poll(() => state(page)).toMatch(/^卡已插入： \d{14}$/)
  const bank = await callBank(page, '1300')
  await page.getByText('请您的卡签署以下内容').waitFor({ timeout: 60_000 })
  expect(await seriousFindings(page)).toEqual([])
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320)
  const other = await open()
  await other.getByRole('button', { name: 'Put the demonstration card in' }).click()
  await expect.poll(() => state(other)).toContain('Another page or program is using the card')
  await page.getByRole('button', { name: '不签署' }).click()
  await expect.poll(() => state(page), { timeout: 60_000 }).toContain('您没有签署')
  // The card is free again.
  await other.getByRole('button', { name: 'Put the demonstration card in' }).click()
  await expect.poll(() => state(other)).toMatch(/^The card is in: \d{14}$/)
  await page.getByRole('button', { name: '挂断' }).click()
  await bank.ended()
  await Promise.all([page.context().close(), other.context().close()])
  expect(await balancesOf(network.dataFolder)).toEqual(before)
}, 240_000)

test('pays a shop by card from the page, at its own line', async () => {
  const { holder, held } = people()
  const before = await balancesOf(network.dataFolder)
  const page = await open()
  const shop = await call(network, page, '8001', 'lantern')
  // Put in when the call is under way.
  await page.getByRole('button', { name: 'Put the demonstration card in' }).click()
  await expect.poll(() => state(page)).toMatch(/^The card is in: \d{14}$/)
  await shop.answer('language.choose', '1')
  await shop.answer('merchant.menu', '5')
  await shop.answer('card.amount', '120#')
  await page.getByLabel('PIN of the card').waitFor({ timeout: 60_000 })
  await expect(page.locator('[data-part=row-what] dd').textContent()).resolves.toBe('Pay')
  await page.getByLabel('PIN of the card').fill(held.pin)
  await page.getByLabel('Personal password of the card').fill(held.password)
  await page.getByRole('button', { name: 'Sign', exact: true }).click()
  await expect.poll(() => state(page), { timeout: 60_000 }).toMatch(/^Paid\. Reference \S+$/)
  await shop.hears('card.paid')
  await page.context().close()
  await shop.ended()
  const after = await balancesOf(network.dataFolder)
  const account = `harbour deposit:${holder.account}`
  expect((after.get(account) ?? 0n) - (before.get(account) ?? 0n)).toBe(-120_00n)
}, 240_000)
