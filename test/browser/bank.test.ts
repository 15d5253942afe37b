/// <reference lib="dom" />
/**
 * A customer's story at the bank's page in headless Chromium, whose virtual authenticator makes and uses a passkey: enrolled by a code
 * of the line, bought, written down, listed. In both languages; axe-core finds nothing serious; every page is pictured in
 * docs/pages/bank.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { yuan } from '../../src/money.ts'
import { institutionId, intentId } from '../support/ids.ts'
import {
  desktop,
  openChromium,
  phone,
  type ShownBank,
  seriousFindings,
  showBank,
  withPasskeys,
  writePicture,
} from './web.ts'

let shown: ShownBank
let browser: Browser

beforeAll(async () => {
  shown = await showBank()
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  await shown?.close()
})

interface Reader extends BrowserContextOptions {
  readonly language: 'en' | 'zh'
}

const texts = {
  en: {
    account: 'Account number',
    pin: 'PIN',
    signIn: 'Sign in',
    addPasskey: 'Set up a passkey',
    code: 'Code from our telephone line',
    device: 'What do you call this device?',
    goOn: 'Continue',
    make: 'Set up the passkey now',
    made: 'The passkey is set up.',
    back: 'Back to your account',
    buy: 'Buy a voucher',
    confirm: 'Buy for ¥20.00, payable to Lantern Books',
    written: 'I have written it down',
    known: 'The password is now known to you alone.',
    backup: 'Backup password',
    showBackup: 'Show me the backup password',
    toVouchers: 'Back to your vouchers',
    transfer: 'Send money',
    to: 'To which account?',
    amount: 'Amount',
    send: 'Send ¥12.50 to Bo Li',
    sent: 'You have sent ¥12.50 to Bo Li.',
    statement: 'Latest transactions',
    newPin: 'New PIN',
    bePaid: 'Be paid by others',
    letPay: 'Let others pay me',
    payeeNumber: 'Your number',
    paidNoMore: 'Be paid no more',
    letNobody: 'Let nobody pay me any more',
    lost: 'Something is lost',
    leave: 'Sign out',
  },
  zh: {
    account: '账号',
    pin: '密码',
    signIn: '登录',
    addPasskey: '设置通行密钥',
    code: '电话告诉您的代码',
    device: '这台设备叫什么？',
    goOn: '继续',
    make: '现在设置通行密钥',
    made: '通行密钥已经设置好。',
    back: '返回账户',
    buy: '购买付款券',
    confirm: '以¥20.00购买，付给灯笼书店',
    written: '我已记下',
    known: '谢谢。现在只有您知道这个密码。',
    backup: '备用密码',
    showBackup: '显示备用密码',
    toVouchers: '返回付款券列表',
    transfer: '转账',
    to: '转到哪个账户？',
    amount: '金额',
    send: '转¥12.50给李波',
    sent: '您已转¥12.50给李波。',
    statement: '近期交易',
    newPin: '修改密码',
    bePaid: '个人收款',
    letPay: '开通个人收款',
    payeeNumber: '您的收款号码',
    paidNoMore: '停止个人收款',
    letNobody: '停止个人收款',
    lost: '挂失',
    leave: '退出',
  },
} as const

/** `look` is called on every page of the story, by its name. */
async function tell(reader: Reader, look: (page: Page, name: string) => Promise<void> = async () => {}): Promise<void> {
  const { language, ...options } = reader
  const said = texts[language]
  const { bank, customers } = shown.world
  const { cai, bo } = customers
  await shown.stockUp()
  const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN', ...options })
  try {
    const page = await context.newPage()
    await withPasskeys(page)
    const click = (name: string, role: 'link' | 'button' = 'button') =>
      page.getByRole(role, { name, exact: true }).first().click()
    await page.goto(shown.url)
    await look(page, 'sign-in')
    await page.getByLabel(said.account).fill(cai.account)
    await page.getByLabel(said.pin, { exact: true }).fill(cai.pin === '730184' ? '730185' : '730184')
    await click(said.signIn)
    await page.getByRole('alert').waitFor()
    await look(page, 'sign-in-refused')
    await page.getByLabel(said.pin, { exact: true }).fill(cai.pin)
    await click(said.signIn)
    await page.waitForURL('**/account')
    await look(page, 'account-read-only')
    await click(said.addPasskey, 'link')
    const { code } = await bank.passkeyCode(cai.account)
    await page.getByLabel(said.code).fill(code.reveal())
    await page.getByLabel(said.device).fill(language === 'en' ? 'My telephone' : '我的手机')
    await look(page, 'passkey-code')
    await click(said.goOn)
    await page.waitForURL('**/passkeys/new')
    await look(page, 'passkey-new')
    await click(said.make)
    await page.getByRole('status').getByText(said.made).waitFor()
    await look(page, 'passkeys')
    await click(said.back, 'link')
    await page.waitForURL('**/account')
    await look(page, 'account')
    await click(said.buy, 'link')
    await page.getByLabel('¥20.00').check()
    await look(page, 'buy')
    await click(said.goOn)
    await page.waitForURL('**/confirm?*')
    await look(page, 'confirm')
    await click(said.confirm)
    await page.waitForURL('**/told?*')
    await look(page, 'told')
    const told = page.url()
    const [number, password] = await page.locator('.told').allTextContents()
    expect(await passwordOpens(number ?? '', password ?? '')).toBe(true)
    await page.goBack()
    expect(page.url(), 'the way back from a purchase').toBe(told)
    await click(said.written)
    await page.getByRole('status').getByText(said.known).waitFor()
    await look(page, 'vouchers')
    await page.getByRole('link', { name: said.backup }).first().click()
    await look(page, 'backup-confirm')
    await click(said.showBackup)
    await page.locator('.told').waitFor()
    await look(page, 'backup')
    await click(said.toVouchers, 'link')
    await click(said.back, 'link')
    await click(said.transfer, 'link')
    await page.getByLabel(said.to).fill(bo.account)
    await page.getByLabel(said.amount).fill('12.5')
    await look(page, 'transfer')
    await click(said.goOn)
    await page.waitForURL('**/confirm?*')
    await look(page, 'transfer-confirm')
    await click(said.send)
    await page.getByText(said.sent).waitFor()
    await look(page, 'transfer-done')
    await click(said.back, 'link')
    await click(said.statement, 'link')
    await page.waitForURL('**/statement')
    await look(page, 'statement')
    await click(said.back, 'link')
    await click(said.newPin, 'link')
    await page.waitForURL('**/pin')
    await look(page, 'pin')
    await click(said.back, 'link')
    await click(said.bePaid, 'link')
    await page.waitForURL('**/paid')
    await look(page, 'paid')
    await click(said.goOn)
    await page.waitForURL('**/confirm?*')
    await look(page, 'paid-confirm')
    await click(said.letPay)
    await page.getByText(said.payeeNumber).waitFor()
    await look(page, 'paid-number')
    await click(said.paidNoMore)
    await page.waitForURL('**/confirm?*')
    await look(page, 'paid-stop')
    await click(said.letNobody)
    await page.getByRole('button', { name: said.goOn }).waitFor()
    await click(said.back, 'link')
    await click(said.lost, 'link')
    await page.waitForURL('**/lost')
    await look(page, 'lost')
    await click(said.back, 'link')
    await click(said.leave)
    await page.waitForURL(`${shown.url}/`)
  } finally {
    await context.close()
    await shown.forget(cai.account)
  }
}

/** What the page shows is what the payee takes. */
async function passwordOpens(number: string, password: string): Promise<boolean> {
  const { merchant } = shown.world
  const { Secret } = await import('../../src/secret.ts')
  const { parseByPlan } = await import('../../src/voucher/voucher-number.ts')
  const read = parseByPlan(number.replace(/\D/g, ''), merchant.numbers)
  if (read === undefined) return false
  await shown.world.harbour.mail.idle()
  const secret = new Secret(password.replace(/\D/g, ''))
  const opened = await merchant.openVoucher({
    number: read,
    password: secret,
    origin: { channel: 'page', address: '::1' },
  })
  return opened.outcome === 'open'
}

describe('the customer’s story', () => {
  test.each([
    ['en', 'light'],
    ['zh', 'dark'],
  ] as const)('in %s, by axe-core, in the %s, and on a narrow screen', async (language, colorScheme) => {
    await tell({ language, colorScheme, viewport: { width: 320, height: 640 } }, async (page, name) => {
      expect(await seriousFindings(page)).toEqual([])
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect(width, name).toBeLessThanOrEqual(320)
    })
  })

  test('a passkey that is refused by its device changes nothing, and can be asked for again', async () => {
    const { bank, customers, harbour } = shown.world
    const { ada } = customers
    await shown.stockUp()
    const context = await browser.newContext({ locale: 'en-GB' })
    const page = await context.newPage()
    const device = await withPasskeys(page)
    await page.goto(shown.url)
    await page.getByLabel('Account number').fill(ada.account)
    await page.getByLabel('PIN', { exact: true }).fill(ada.pin)
    await page.getByRole('button', { name: 'Sign in' }).click()
    // What waits to be written down comes first, and wants a passkey.
    await page.getByText('You have not written down its number and its password yet.').waitFor()
    await page.getByRole('link', { name: 'Set up a passkey' }).click()
    const { code } = await bank.passkeyCode(ada.account)
    await page.getByLabel('Code from our telephone line').fill(code.reveal())
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Set up the passkey now' }).click()
    await page.getByText('The passkey is set up.').waitFor()
    await device.verifies(false)
    await page.goto(`${shown.url}/buy`)
    await page.getByLabel('¥20.00').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Buy for' }).click()
    await page.getByText('Your device did not sign.').waitFor()
    const before = await bank.balance(ada.account)
    await device.verifies(true)
    await page.getByRole('button', { name: 'Buy for' }).dblclick()
    await page.waitForURL('**/told?*')
    expect((await bank.balance(ada.account)).minor).toBe(before.minor - 2_000n)
    const [passkey] = await harbour.passkeys.list(ada.account)
    expect(passkey?.usedAt).toBeDefined()
    await context.close()
  })

  test('without scripts everything is there but what is signed, and that says so', async () => {
    const { cai } = shown.world.customers
    await shown.enrolSomething(cai.account)
    const context = await browser.newContext({ locale: 'en-GB', javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(shown.url)
    await page.getByLabel('Account number').fill(cai.account)
    await page.getByLabel('PIN', { exact: true }).fill(cai.pin)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.goto(`${shown.url}/buy`)
    await page.getByLabel('¥50.00').check()
    await page.getByRole('button', { name: 'Continue' }).click()
    const before = await shown.world.bank.balance(cai.account)
    await page.getByRole('button', { name: 'Buy for' }).click()
    await page.getByRole('alert').getByText('Your browser does not sign with passkeys here').waitFor()
    expect(await shown.world.bank.balance(cai.account)).toEqual(before)
    await context.close()
    await shown.forget(cai.account)
  })
})

describe('the pictures in docs/pages/bank', () => {
  const folder = 'docs/pages/bank'
  const isDrawing = process.env['PICTURES'] === 'draw'

  test('show every page in both languages on a desk and on a telephone (PICTURES=draw makes them anew)', async () => {
    mkdirSync(folder, { recursive: true })
    const readers = (['en', 'zh'] as const).flatMap(language => [
      { language, screen: 'phone', size: phone },
      { language, screen: 'desktop', size: desktop },
    ])
    // Which pages there are is the same in each of them.
    for (const { language, screen, size } of isDrawing ? readers : readers.slice(0, 1)) {
      await tell({ language, ...size }, async (page, name) => {
        if (isDrawing) writePicture(`${folder}/${name}.${language}.${screen}.png`, await page.screenshot())
        for (const { language, screen } of isDrawing ? [] : readers) {
          const file = `${folder}/${name}.${language}.${screen}.png`
          expect(existsSync(file), file).toBe(true)
        }
      })
    }
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(`${folder}/${file}`).size, 0)
    expect(bytes).toBeLessThan(4_000_000)
  }, 400_000)
})

/** Unused vouchers of the account would all come first at the next sign-in. */
test('a bought voucher that was never written down comes first', async () => {
  const { bank, customers } = shown.world
  const order = { buyer: customers.cai.account, payee: institutionId('lantern'), amount: yuan(20n) }
  const sale = await bank.sellVoucher({ ...order, intent: intentId('untold'), channel: 'telephone' })
  expect(sale.outcome).toBe('sold')
  const context = await browser.newContext({ locale: 'en-GB' })
  const page = await context.newPage()
  await page.goto(`${shown.url}/?next=/statement`)
  await page.getByLabel('Account number').fill(customers.cai.account)
  await page.getByLabel('PIN', { exact: true }).fill(customers.cai.pin)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/confirm?*')
  await context.close()
})
