/// <reference lib="dom" />
/**
 * Somebody of a payee in its office in headless Chromium, with a passkey on a virtual authenticator. In both languages; axe-core finds nothing serious;
 * every page is pictured in docs/pages/office.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { signAboutTo, signMine } from '../../src/keys/person-passkeys.ts'
import { now } from '../../src/runtime.ts'
import { payAtLantern } from '../support/at-office.ts'
import { type Look, testEveryPage } from './every-page.ts'
import { openChromium, type ShownCounter, showOffice, withPasskeys } from './web.ts'

let shown: ShownCounter
let browser: Browser
let told = 0

beforeAll(async () => {
  shown = await showOffice()
  await payAtLantern(shown.world, 'a book', 12n)
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  await shown?.close()
})

const texts = {
  en: {
    code: 'Code, twelve digits',
    goOn: 'Continue',
    make: 'Set up the passkey now',
    why: 'Why',
    back: 'It is on the voucher now',
    signIn: 'Sign in with your passkey',
  },
  zh: {
    code: '代码，十二位数字',
    goOn: '继续',
    make: '现在设置通行密钥',
    why: '理由',
    back: '已退回付款券。',
    signIn: '用通行密钥登录',
  },
} as const

interface Reader extends BrowserContextOptions {
  readonly language: 'en' | 'zh'
}

/** `look` is called on every page of the story, by its name. */
async function tell({ language, ...options }: Reader, look: Look): Promise<void> {
  const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN', ...options })
  const said = texts[language]
  try {
    const page = await comeIn(await context.newPage(), language, look)
    await look(page, 'desk')
    await giveOneBack(page, said, look)
    for (const room of ['payments', 'settlement', 'shops']) {
      await page.locator(`.rooms a[href="/${room}"]`).click()
      await page.waitForURL(`**/${room}`)
      await look(page, room)
    }
  } finally {
    await context.close()
  }
}

/** Of a payment that stands on the desk the moment it is made. */
async function giveOneBack(page: Page, said: (typeof texts)['en' | 'zh'], look: Look): Promise<void> {
  const { world } = shown
  const reference = await payAtLantern(world, `live ${told++}`, 1n)
  await page.getByText(reference).waitFor({ timeout: 5_000 })
  await page.locator('#latest a').first().click()
  await page.waitForURL('**/payment?*')
  await page.getByLabel(said.why, { exact: true }).fill('damaged')
  await look(page, 'payment')
  await page.getByRole('button', { name: said.goOn }).click()
  await page.waitForURL('**/give-back?*')
  await look(page, 'give-back')
  await page.locator('form[data-passkey] button').click()
  await page.getByText(said.back).waitFor()
  await look(page, 'given-back')
}

/** With a passkey that is set up now, as command and browser do it together. */
async function comeIn(page: Page, language: 'en' | 'zh', look: Look): Promise<Page> {
  const said = texts[language]
  const { lantern, runtime, shopStaff } = shown.world
  const [{ peoplePasskeys }, signer] = [lantern, shopStaff.maker]
  await withPasskeys(page)
  const [at, person, { institution }] = [now({ runtime }), signer.keyId, lantern.card]
  const begun = await peoplePasskeys.begin({ person, at, signature: signAboutTo(signer, institution, at) })
  if (begun.outcome !== 'begun') throw new Error(begun.outcome)
  await page.goto(`${begun.url}/enrol`)
  await page.getByLabel(said.code).fill(begun.code.reveal())
  await page.getByRole('button', { name: said.goOn }).click()
  await page.getByRole('button', { name: said.make }).click()
  await page.waitForURL('**/enrol/made')
  const made = await begun.made
  if (made === 'over') throw new Error(made)
  const word = { person, at, signature: signMine(signer, institution, made, at) }
  expect(await peoplePasskeys.vouch(begun.code, word)).toEqual({ outcome: 'enrolled' })
  await page.goto(begun.url)
  await look(page, 'sign-in')
  await page.getByRole('button', { name: said.signIn }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/desk')
  return page
}

describe.each(['en', 'zh'] as const)('somebody of a payee, in %s', language => {
  testEveryPage((options, look) => tell({ language, ...options }, look), `docs/pages/office`, language, 'desk')
})
