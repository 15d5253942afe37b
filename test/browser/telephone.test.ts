/// <reference lib="dom" />
/**
 * The telephone of the page to start with, in headless Chromium as it comes: no flag of it makes a microphone or lets a page use one.
 * From the page somebody phones the bank, buys a voucher, and pays at the payee with what was heard.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Network, startNetwork } from '../calls/harness/network.ts'
import { balancesOf } from '../support/balances.ts'
import { call, encryption, openPage, packets, rowsHeard } from './page-calls.ts'
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

test('by keyboard alone a visitor buys at 9001, and pays at 8001 with what was heard', async () => {
  const [buyer] = network.customers
  const before = await balancesOf(network.dataFolder)
  const page = await openPage(browser, url)
  const status = page.locator('[data-part=state]')

  const lineGiven = page.waitForResponse(response => response.url().endsWith('/telephone/line'))
  const bank = await call(network, page, '9001', 'harbour')
  await bank.answer('language.choose', '1')
  await expect.poll(() => status.textContent()).toBe('In a call')
  await bank.answer('sign-in.account', `${buyer?.account}#`)
  await bank.answer('sign-in.pin', `${buyer?.pin}`)
  await bank.answer('bank.menu', '2')
  await bank.answer('buy.payee', '8001#50#')
  await bank.answer('buy.confirm', '1')
  await bank.answer('voucher.written', '1')
  await bank.hears('voucher.confirmed')
  const captions = await page.getByRole('log').textContent()
  expect(captions).toContain('You are buying a voucher worth 50 yuan')
  expect(captions).toContain('•••')
  const [sent, received] = [await packets(page, 'outbound-rtp'), await packets(page, 'inbound-rtp')]
  console.log(`packets: ${sent} sent, ${received} received`)
  expect(sent).toBeGreaterThan(500)
  expect(received).toBeGreaterThan(500)
  expect(await seriousFindings(page)).toEqual([])
  const rows = await rowsHeard(page)
  expect(rows.map(({ length }) => length)).toEqual([16, 8])
  expect(captions?.replace(/\D/g, '')).not.toContain(rows[1])
  // Another session of the same browser guesses a token, or has found the page's own: that was good once.
  const { captions: token } = await (await lineGiven).json()
  expect(token).toMatch(/^[0-9a-f]{32}$/)
  const stranger = await openPage(browser, url)
  for (const brought of ['0'.repeat(32), token]) {
    const asked = await stranger.evaluate(`fetch('/telephone/captions', { method: 'POST',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: '${brought}' }) })
      .then(async response => [response.status, (await response.text()).includes('voucher')])`)
    expect(asked).toEqual([404, false])
  }
  expect(await stranger.locator('[data-part=captions]').textContent()).toBe('')
  await stranger.context().close()
  // Past what the line said, which can be scrolled.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await expect(
    page.getByRole('button', { name: 'Hang up' }).evaluate(each => each === document.activeElement),
  ).resolves.toBe(true)
  await page.keyboard.press('Enter')
  await bank.ended()
  await expect.poll(() => status.textContent()).toBe('The call has ended')

  // A browser that plays nothing without being asked: the page notices, and asks.
  await page.evaluate(`{
    const { play } = HTMLMediaElement.prototype
    let refusals = 1
    HTMLMediaElement.prototype.play = function () {
      return refusals-- > 0 ? Promise.reject(new DOMException('', 'NotAllowedError')) : play.call(this)
    }
  }`)
  const shop = await call(network, page, '8001', 'lantern')
  await shop.answer('language.choose', '1')
  const sound = page.getByRole('button', { name: 'Turn the sound on' })
  await sound.click()
  await expect.poll(() => sound.isVisible()).toBe(false)
  expect(await encryption(page)).toEqual(['connected', expect.stringContaining('AES')])
  // There is no microphone here, and nobody is asked for one before it is wanted.
  await page.getByRole('button', { name: 'Use my microphone' }).click()
  await expect.poll(() => status.textContent()).toContain('There is no microphone')
  await shop.answer('merchant.menu', '1')
  await shop.answer('voucher.ask-number', `${rows[0]}#`)
  await shop.answer('voucher.ask-password', `${rows[1]}#`)
  await shop.answer('voucher.menu', '1')
  await shop.answer('pay.amount', '32*50#')
  await shop.answer('pay.confirm', '1')
  await shop.hears('pay.done')
  // A page that is closed hangs up.
  await page.context().close()
  await shop.ended()

  const after = await balancesOf(network.dataFolder)
  const change = (account: string) => (after.get(account) ?? 0n) - (before.get(account) ?? 0n)
  expect(change(`harbour deposit:${buyer?.account}`)).toBe(-50_00n)
  expect(change('lantern revenue:harbour')).toBe(32_50n)
}, 240_000)
