/// <reference lib="dom" />
/**
 * Two clerks at a bank's counter in headless Chromium, each with a passkey of their own on a virtual authenticator: set up by the code of a command, signed in,
 * a deposit proposed by the one and approved by the other. In both languages; axe-core finds nothing serious; every page is pictured in docs/pages/counter.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { comparedDigits } from '../../src/institution/person-passkeys.ts'
import type { Signer } from '../../src/keys/person-key.ts'
import { signAboutTo, signMine } from '../../src/keys/person-passkeys.ts'
import { now } from '../../src/runtime.ts'
import { type Look, testEveryPage } from './every-page.ts'
import { openChromium, type ShownCounter, showCounter, withPasskeys } from './web.ts'

let shown: ShownCounter
let browser: Browser

beforeAll(async () => {
  shown = await showCounter()
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
    toSignIn: 'Sign in',
    signIn: 'Sign in with your passkey',
    account: 'Account number',
    find: 'Find',
    payIn: 'Pay in cash',
    amount: 'Amount',
    why: 'Why',
    sign: 'Sign and propose',
    notYours: 'You proposed it: somebody else has to approve it.',
    approve: 'Sign and approve',
    done: 'Approved and done',
  },
  zh: {
    code: '代码，十二位数字',
    goOn: '继续',
    make: '现在设置通行密钥',
    toSignIn: '登录',
    signIn: '用通行密钥登录',
    account: '账号',
    find: '查找',
    payIn: '存入现金',
    amount: '金额',
    why: '理由',
    sign: '签署并提出',
    notYours: '这是您提出的：要由另一个人批准。',
    approve: '签署并批准',
    done: '已批准并办理',
  },
} as const

interface Reader extends BrowserContextOptions {
  readonly language: 'en' | 'zh'
}

/** `look` is called on every page of the story, by its name. @returns what the customer has more, in minor units */
async function tell({ language, ...options }: Reader, look: Look = async () => {}): Promise<bigint> {
  const said = texts[language]
  const { bank, staff, customers } = shown.world
  const { account } = customers.bo
  const before = (await bank.balance(account)).minor
  const context = () => browser.newContext({ locale: language === 'en' ? 'en-GB' : 'zh-CN', ...options })
  const [makers, checkers] = [await context(), await context()]
  try {
    const mei = await comeIn(await makers.newPage(), staff.maker, said, look)
    await mei.getByLabel(said.account).fill(account)
    await mei.getByRole('button', { name: said.find, exact: true }).click()
    await mei.waitForURL('**/customer?*')
    await look(mei, 'customer')
    await mei.getByRole('link', { name: said.payIn, exact: true }).click()
    await mei.getByLabel(said.amount).fill('250')
    await mei.getByLabel(said.why, { exact: true }).fill('¥250 · ID 110101')
    await look(mei, 'propose')
    await mei.getByRole('button', { name: said.goOn }).click()
    await mei.waitForURL('**/sign?*')
    await look(mei, 'sign')
    await mei.getByRole('button', { name: said.sign }).click()
    await mei.waitForURL('**/proposal?*')
    await mei.getByText(said.notYours).waitFor()
    expect(await mei.getByRole('button', { name: said.approve }).count(), 'the maker is not asked to approve').toBe(0)
    await look(mei, 'proposed')
    expect((await bank.balance(account)).minor).toBe(before)
    const peter = await comeIn(await checkers.newPage(), staff.checker, said)
    await look(peter, 'desk')
    await peter.locator('.payments a').last().click()
    await peter.waitForURL('**/proposal?*')
    await look(peter, 'approve')
    // By the keyboard alone.
    await peter.getByRole('button', { name: said.approve }).focus()
    await peter.keyboard.press('Enter')
    await peter.getByRole('heading', { name: said.done }).waitFor()
    await look(peter, 'done')
    return (await bank.balance(account)).minor - before
  } finally {
    await makers.close()
    await checkers.close()
  }
}

/** With a passkey that is set up now, as command and browser do it together. */
async function comeIn(
  page: Page,
  signer: Signer,
  said: (typeof texts)['en' | 'zh'],
  look: Look = async () => {},
): Promise<Page> {
  const { harbour, runtime } = shown.world
  const { peoplePasskeys } = harbour
  await withPasskeys(page)
  const [at, person] = [now({ runtime }), signer.keyId]
  const { institution } = harbour.card
  const begun = await peoplePasskeys.begin({ person, at, signature: signAboutTo(signer, institution, at) })
  if (begun.outcome !== 'begun') throw new Error(begun.outcome)
  await page.goto(`${begun.url}/enrol`)
  await page.getByLabel(said.code).fill(begun.code.reveal())
  await look(page, 'enrol')
  await page.getByRole('button', { name: said.goOn }).click()
  await page.waitForURL('**/enrol/new')
  await look(page, 'enrol-new')
  await page.getByRole('button', { name: said.make }).click()
  await page.waitForURL('**/enrol/made')
  const made = await begun.made
  if (made === 'over') throw new Error(made)
  expect((await page.locator('.figure').textContent())?.replace(' ', '')).toBe(comparedDigits(made))
  await look(page, 'enrol-made')
  const word = { person, at, signature: signMine(signer, institution, made, at) }
  expect(await peoplePasskeys.vouch(begun.code, word)).toEqual({ outcome: 'enrolled' })
  await page.getByRole('link', { name: said.toSignIn, exact: true }).click()
  await look(page, 'sign-in')
  await page.getByRole('button', { name: said.signIn }).click()
  await page.waitForURL('**/desk')
  return page
}

describe.each(['en', 'zh'] as const)('two clerks, in %s', language => {
  test('one proposes and cannot approve, the other approves, and the customer has the money', async () => {
    expect(await tell({ language })).toBe(25_000n)
    expect(await shown.world.audited()).toEqual([])
  })

  testEveryPage((options, look) => tell({ language, ...options }, look), `docs/pages/counter`, language, 'done')
})
