/// <reference lib="dom" />
/**
 * Somebody of a payee in its office in headless Chromium, with a passkey on a virtual authenticator. In both languages; axe-core finds nothing serious;
 * every page is pictured in docs/pages/office.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Signer } from '../../src/keys/person-key.ts'
import { signAboutTo, signMine } from '../../src/keys/person-passkeys.ts'
import { now } from '../../src/runtime.ts'
import { payAtLantern } from '../support/at-office.ts'
import { type Look, testEveryPage } from './every-page.ts'
import { openChromium, type ShownOffice, showOffice, withPasskeys } from './web.ts'

let shown: ShownOffice
let browser: Browser
let told = 0

beforeAll(async () => {
  shown = await showOffice()
  await payAtLantern(shown.world, 'a book', 12n)
  await shown.night(false)
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  await shown?.close()
})

/** Of the latest file. */
const latestState = () =>
  shown.world.lantern.store.read(tx =>
    tx.one<{ state: string }>('SELECT state FROM day_end_file ORDER BY number DESC LIMIT 1'),
  )

const texts = {
  en: {
    code: 'Code, twelve digits',
    goOn: 'Continue',
    make: 'Set up the passkey now',
    why: 'Why',
    back: 'It is on the voucher now',
    name: 'Shop or program',
    made: 'The key is made',
    revoked: 'The key is revoked',
    approved: 'Approved and done',
    signIn: 'Sign in with your passkey',
  },
  zh: {
    code: '代码，十二位数字',
    goOn: '继续',
    make: '现在设置通行密钥',
    why: '理由',
    back: '已退回付款券。',
    name: '商店或程序',
    made: '密钥已生成',
    revoked: '密钥已注销',
    approved: '已批准并办理',
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
    const { maker, checker } = shown.world.shopStaff
    const page = await comeIn(await context.newPage(), maker, language, look)
    await look(page, 'desk')
    await giveOneBack(page, said, look)
    await makeAndRevoke(page, said, look)
    const url = await proposeResult(page, said, look)
    const others = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN', ...options })
    try {
      await approve(await comeIn(await others.newPage(), checker, language), url, said, look)
    } finally {
      await others.close()
    }
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

/** A key for a shop, by the keyboard alone. */
async function makeAndRevoke(page: Page, said: (typeof texts)['en' | 'zh'], look: Look): Promise<void> {
  await page.locator('.rooms a[href="/shops"]').click()
  await page.waitForURL('**/shops')
  await page.locator('.actions a[href="/shops/new"]').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/shops/new')
  await page.getByLabel(said.name, { exact: true }).focus()
  await page.keyboard.type(`Corner ${told}`)
  await page.keyboard.press('Tab')
  await page.keyboard.type('https://shop.example/hear')
  await page.keyboard.press('Tab')
  await page.keyboard.type('a new till')
  await look(page, 'new-key')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/shops/sign?*')
  await look(page, 'sign-key')
  await page.locator('form[data-passkey] button').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: said.made }).waitFor()
  expect(await page.locator('.told').first().textContent()).toMatch(/^tb_/)
  await look(page, 'key-made')
  await page.goto(`${new URL(page.url()).origin}/shops`)
  await page.locator('.payments a[href*="revoke-key"]').last().click()
  await page.waitForURL('**/shops/act?*')
  await page.getByLabel(said.why, { exact: true }).fill('stolen')
  await look(page, 'revoke-key')
  await page.getByRole('button', { name: said.goOn }).click()
  await page.waitForURL('**/shops/sign?*')
  await page.locator('form[data-passkey] button').click()
  await page.getByRole('heading', { name: said.revoked }).waitFor()
  await look(page, 'key-revoked')
}

/** @returns where the other officer finds it */
async function proposeResult(page: Page, said: (typeof texts)['en' | 'zh'], look: Look): Promise<string> {
  await shown.night(true)
  await page.locator('.rooms a[href="/settlement"]').click()
  await page.waitForURL('**/settlement')
  await page.locator('.payments a').first().click()
  await page.waitForURL('**/settlement/date?*')
  await look(page, 'settlement-date')
  await page.locator('a[href*="/decide?"]').click()
  await page.waitForURL('**/decide?*')
  await page.getByLabel(said.why, { exact: true }).fill('9:40, Li Na')
  await look(page, 'decide')
  await page.getByRole('button', { name: said.goOn }).click()
  await page.waitForURL('**/sign?*')
  await page.locator('form[data-passkey] button').click()
  await page.waitForURL('**/proposal?*')
  expect(await page.locator('form[data-passkey]').count(), 'the maker is not asked to approve').toBe(0)
  await look(page, 'proposed')
  return page.url()
}

async function approve(page: Page, url: string, said: (typeof texts)['en' | 'zh'], look: Look): Promise<void> {
  await page.goto(url)
  await look(page, 'approve')
  expect(await latestState()).toEqual({ state: 'result' })
  await page.locator('form[data-passkey] button').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: said.approved }).waitFor()
  await expect.poll(latestState).toEqual({ state: 'reconciled' })
  await look(page, 'approved')
}

/** With a passkey that is set up now, as command and browser do it together. */
async function comeIn(page: Page, signer: Signer, language: 'en' | 'zh', look: Look = async () => {}): Promise<Page> {
  const said = texts[language]
  const { lantern, runtime } = shown.world
  const { peoplePasskeys } = lantern
  await withPasskeys(page)
  const [at, person, { institution }] = [now({ runtime }), signer.keyId, lantern.card]
  const begun = await peoplePasskeys.begin({ person, at, signature: signAboutTo(signer, institution, at) })
  if (begun.outcome !== 'begun') throw new Error(begun.outcome)
  await page.goto(`${begun.url}/enrol`)
  await page.getByLabel(said.code).fill(begun.code.reveal())
  await page.getByRole('button', { name: said.goOn }).click()
  // Its module has to be there.
  await page.waitForURL('**/enrol/new')
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
