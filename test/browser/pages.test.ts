/// <reference lib="dom" />
/**
 * A payer's story in headless Chromium: in both languages, with scripts and without, by keyboard alone, on a narrow screen,
 * in the dark. axe-core finds nothing serious on any page, and every page is pictured in docs/pages.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { Agent, get, type RequestOptions } from 'node:http'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signOrder } from '../../src/merchant/till/orders.ts'
import { yuan } from '../../src/money.ts'
import { addKey } from '../support/api-client.ts'
import { institutionId, intentId } from '../support/ids.ts'
import { expectNothingSideways } from './looks.ts'
import { desktop, openChromium, phone, type Shown, seriousFindings, showPages, writePicture } from './web.ts'

let shown: Shown
let browser: Browser
let shop: Awaited<ReturnType<typeof addKey>>

beforeAll(async () => {
  shown = await showPages()
  browser = await openChromium()
  shop = await addKey(shown.world, { name: 'Corner shop' })
})
afterAll(async () => {
  await browser?.close()
  await shown?.close()
})

interface Reader extends BrowserContextOptions {
  readonly language: 'en' | 'zh'
}

/** `look` is called on every page of the story, by its name. */
async function tell(reader: Reader, look: (page: Page, name: string) => Promise<void> = async () => {}): Promise<void> {
  const { language, ...options } = reader
  const said = texts[language]
  const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN', ...options })
  try {
    const page = await context.newPage()
    const { number, password, backup } = await buy()
    await page.goto(shown.web.url)
    await look(page, 'open')
    await page.getByLabel(said.number).fill(number)
    await page.getByLabel(said.password, { exact: true }).fill(password === '73916405' ? '73916406' : '73916405')
    await page.getByRole('button', { name: said.open }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByLabel(said.password, { exact: true }).inputValue()).toBe('')
    await look(page, 'open-refused')
    await page.getByLabel(said.password, { exact: true }).fill(password)
    await page.getByRole('button', { name: said.open }).click()
    await page.getByText('¥20.00').waitFor()
    await look(page, 'voucher')
    await page.getByRole('link', { name: said.pay }).click()
    await page.getByLabel(said.amount).fill('12.5')
    await look(page, 'pay')
    await page.getByRole('button', { name: said.goOn }).click()
    await look(page, 'confirm')
    await page.getByRole('button', { name: said.confirm }).click()
    await page.getByRole('heading', { name: said.paid }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/paid')
    await look(page, 'paid')
    const paid = page.url()
    await page.goBack()
    expect(page.url(), 'the way back from a payment').toBe(paid)
    await page.getByRole('link', { name: said.back }).click()
    await page.getByText('¥7.50').waitFor()
    await look(page, 'voucher-used')
    await page.getByRole('link', { name: said.change }).click()
    await page.getByLabel(said.next).fill('82640517')
    await page.getByLabel(said.again).fill('82640517')
    await look(page, 'password')
    await page.getByRole('button', { name: said.change }).click()
    await page.getByRole('status').waitFor()
    await page.getByRole('button', { name: said.leave }).click()
    await page.getByRole('link', { name: said.forgot }).click()
    await page.getByLabel(said.number).fill(number)
    await page.getByLabel(said.backup).fill(backup)
    await look(page, 'forgot')
    await page.getByRole('button', { name: said.showIt }).click()
    await page.getByText('8264 0517').waitFor()
    await look(page, 'forgot-told')
    await page.getByRole('link', { name: said.written }).click()
    for (let tries = 0; tries < 3; tries++) {
      await page.getByLabel(said.number).fill(number)
      await page.getByLabel(said.password, { exact: true }).fill('73916405')
      await page.getByRole('button', { name: said.open }).click()
      await page.getByRole('alert').waitFor()
    }
    await page.getByRole('link', { name: said.unlock }).click()
    await page.getByLabel(said.number).fill(number)
    await page.getByLabel(said.backup).fill(backup)
    await look(page, 'unlock')
    await page.getByRole('button', { name: said.unlockIt, exact: true }).click()
    await page.getByRole('status').waitFor()
    await look(page, 'unlocked')
    await page.goto(`${shown.web.url}${order(language)}`)
    await page.getByLabel(said.number).fill(number)
    await page.getByLabel(said.password, { exact: true }).fill('82640517')
    await page.getByRole('button', { name: said.open }).click()
    await page.getByText('A-1').waitFor()
    await look(page, 'order')
    await page.getByRole('button', { name: said.payOrder }).click()
    await page.getByRole('link', { name: said.toShop, exact: true }).waitFor()
    await look(page, 'order-paid')
    await page.goto(`${shown.web.url}/voucher`)
    await page.getByRole('link', { name: said.end }).click()
    await page.getByText('¥4.25').first().waitFor()
    await look(page, 'end')
    await page.getByRole('button', { name: said.endIt }).click()
    await page.getByRole('heading', { name: said.ended }).waitFor()
    await look(page, 'ended')
    // Whoever looks at it again has to open it, and cannot.
    await page.goto(`${shown.web.url}/voucher`)
    await page.getByLabel(said.number).waitFor()
  } finally {
    await context.close()
  }
}

const texts = {
  en: {
    number: 'Voucher number',
    password: 'Password',
    open: 'Open the voucher',
    pay: 'Pay with it',
    amount: 'How much do you want to pay?',
    goOn: 'Continue',
    confirm: 'Pay ¥12.50 to Lantern Books',
    paid: 'Paid',
    back: 'Back to your voucher',
    change: 'Change the password',
    next: 'New password',
    again: 'The same once more',
    leave: 'Close this voucher',
    forgot: 'Forgot the password?',
    backup: 'Backup password',
    showIt: 'Show me the password',
    written: 'I have written it down',
    unlock: 'Unlock a voucher',
    unlockIt: 'Unlock it',
    payOrder: 'Pay ¥3.25 to Lantern Books',
    toShop: 'Back to the shop',
    end: 'End this voucher',
    endIt: 'End the voucher',
    ended: 'The voucher is ended',
  },
  zh: {
    number: '付款券号码',
    password: '密码',
    open: '打开付款券',
    pay: '用它付款',
    amount: '您要付多少钱？',
    goOn: '继续',
    confirm: '付款¥12.50给灯笼书店',
    paid: '已付款',
    back: '返回付款券',
    change: '修改密码',
    next: '新密码',
    again: '再输入一次',
    leave: '收起这张付款券',
    forgot: '忘记密码？',
    backup: '备用密码',
    showIt: '显示密码',
    written: '我已记下',
    unlock: '解锁付款券',
    unlockIt: '解锁',
    payOrder: '付款¥3.25给灯笼书店',
    toShop: '返回商店',
    end: '终止这张付款券',
    endIt: '终止付款券',
    ended: '付款券已经终止',
  },
} as const

/** The address of a new order of ¥3.25. */
function order(language: string): string {
  const signed = {
    ...{ key: shop.key.id, order: `A-1${bought}`, minor: '325', currency: 'CNY' },
    ...{ returnTo: 'https://shop.example/', expires: '1800000000' },
  }
  const signature = signOrder(shop.signing, signed)
  return `/order?${new URLSearchParams({ ...signed, signature, lang: language })}`
}

let bought = 0

/** A voucher of ¥20.00. The stock is filled up whenever it runs low. */
async function buy(): Promise<{ number: string; password: string; backup: string }> {
  const { bank, harbour, lantern, customers } = shown.world
  bought++
  const sale = await bank.sellVoucher({
    intent: intentId(`story ${bought}`),
    buyer: customers.ada.account,
    payee: institutionId('lantern'),
    amount: yuan(20n),
    channel: 'telephone',
  })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await harbour.teller.replenish()
  await harbour.mail.idle()
  await lantern.ordersFilled()
  await lantern.mail.idle()
  const { id, number, password } = sale.voucher
  const told = await bank.backupPassword({ buyer: customers.ada.account, voucher: id })
  if (told.outcome !== 'told') throw new Error(told.outcome)
  return { number, password: password.reveal(), backup: told.backup.reveal() }
}

describe('the payer’s story', () => {
  test.each(['en', 'zh'] as const)('in %s, without scripts', language => tell({ language, javaScriptEnabled: false }))

  test.each([
    ['en', 'light'],
    ['zh', 'dark'],
  ] as const)('in %s, by axe-core, in the %s', async (language, colorScheme) => {
    await tell({ language, colorScheme }, async page => {
      expect(await seriousFindings(page)).toEqual([])
    })
  })

  test('on a screen of 320 px, and with text twice as large, nothing has to be pushed sideways', async () => {
    await tell({ language: 'en', viewport: { width: 320, height: 600 } }, expectNothingSideways)
  })

  test('by keyboard alone', async () => {
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const { number, password } = await buy()
    /** Tabs on until what has the focus is called so. */
    const reach = async (name: string) => {
      for (let presses = 0; presses < 25; presses++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(() => {
          const at = document.activeElement
          const label = at instanceof HTMLInputElement ? at.labels?.[0]?.textContent : at?.textContent
          return label?.trim()
        })
        if (focused === name) return
      }
      throw new Error(`the Tab key never reaches “${name}”`)
    }
    await page.goto(shown.web.url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id), 'the first Tab skips to the content').toBe('main')
    await reach('Voucher number')
    await page.keyboard.type(number)
    expect(await page.getByLabel('Voucher number').inputValue()).toMatch(/^\d{4} \d{4} \d{4} \d{4}$/)
    await page.keyboard.press('Enter')
    await page.getByRole('alert').waitFor()
    expect(await page.evaluate(() => document.activeElement?.className), 'the summary takes the focus').toBe('summary')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/voucher')
    await reach('Pay with it')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/pay')
    await reach('How much do you want to pay?')
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/pay/confirm?*')
    await reach('Pay ¥5.00 to Lantern Books')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/paid?*')
    await context.close()
  })

  test('a double click pays once', async () => {
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const { number, password } = await buy()
    await page.goto(shown.web.url)
    await page.getByLabel('Voucher number').fill(number)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Open the voucher' }).click()
    await page.goto(`${shown.web.url}/pay`)
    await page.getByLabel('How much').fill('5')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Pay ¥5.00' }).dblclick()
    await page.waitForURL('**/paid?*')
    await page.goto(`${shown.web.url}/voucher`)
    await page.getByText('¥15.00').waitFor()
    expect(await page.locator('.payments li').count()).toBe(1)
    await context.close()
  })
})

describe('the pictures in docs/pages', () => {
  const folder = 'docs/pages'
  const isDrawing = process.env['PICTURES'] === 'draw'

  test('show every page in both languages on a desk and on a telephone (PICTURES=draw makes them anew)', async () => {
    const readers = (['en', 'zh'] as const).flatMap(language => [
      { language, screen: 'phone', size: phone },
      { language, screen: 'desktop', size: desktop },
    ])
    const fileOf = (name: string, { language, screen }: (typeof readers)[number]) =>
      `${folder}/${name}.${language}.${screen}.png`
    mkdirSync(folder, { recursive: true })
    for (const reader of isDrawing ? readers : []) {
      await tell({ language: reader.language, ...reader.size }, async (page, name) => {
        await page.evaluate(() => document.fonts.ready)
        writePicture(fileOf(name, reader), await page.screenshot())
      })
    }
    await tell({ language: 'en' }, async (_, name) => {
      for (const file of readers.map(reader => fileOf(name, reader))) expect(existsSync(file), file).toBe(true)
    })
    const pictures = readdirSync(folder).filter(file => file.endsWith('.png'))
    const bytes = pictures.reduce((sum, file) => sum + statSync(`${folder}/${file}`).size, 0)
    expect(bytes).toBeLessThan(3_000_000)
  }, 400_000)
})

describe('how long a page takes', () => {
  test('half of them less than 20 ms, over loopback', async () => {
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const { number, password } = await buy()
    await page.goto(shown.web.url)
    await page.getByLabel('Voucher number').fill(number)
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Open the voucher' }).click()
    await page.waitForURL('**/voucher')
    const cookies = await context.cookies()
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const { port } = new URL(shown.web.url)
    const tookMs: number[] = []
    for (let i = 0; i < 200; i++) {
      const startedMs = performance.now()
      expect(await statusOf({ port, path: '/voucher', headers: { cookie, host: 'lantern.localhost' } })).toBe(200)
      tookMs.push(performance.now() - startedMs)
    }
    tookMs.sort((a, b) => a - b)
    expect(tookMs[100]).toBeLessThan(20)
    await context.close()
  })
})

const agent = new Agent({ keepAlive: true })

/** Of an answer that was read to its end. */
function statusOf(options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ ...options, host: '127.0.0.1', agent }, answer => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode))
    }).once('error', reject)
  })
}
