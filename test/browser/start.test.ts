/// <reference lib="dom" />
/**
 * The page that `npm start` prints, in headless Chromium: in both languages, in light and dark, on a narrow screen. axe-core finds
 * nothing serious, and it is pictured in docs/pages/start.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browserModule } from '../../setup/browser-module.mjs'
import { yuan } from '../../src/money.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { Secret } from '../../src/secret.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import type { OpenServer } from '../../src/web/server.ts'
import type { Overview } from '../../src/web/start/overview.ts'
import { openStartPage, startPlace } from '../../src/web/web.ts'
import { expectNothingSerious, expectNothingSideways, expectPictures, type Look, lookAt } from './looks.ts'
import { openChromium } from './web.ts'

/** The demonstration's, but for secrets, which are other ones each time. */
const overview: Overview = {
  demonstration: true,
  institutions: [
    {
      ...{ id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, kind: 'bank', rings: ['9001'] },
      url: 'http://harbour.localhost:8401',
    },
    {
      ...{ id: 'garden', name: { en: 'Garden Bank', zh: '花园银行' }, kind: 'bank', rings: ['9002'] },
      url: 'http://garden.localhost:8402',
    },
    {
      ...{ id: 'lantern', name: { en: 'Lantern Books', zh: '灯笼书店' }, kind: 'merchant', rings: ['8001'] },
      url: 'http://lantern.localhost:8400',
    },
    { id: 'talent', name: { en: 'Talent Hotline', zh: '人才热线' }, kind: 'merchant', rings: ['1680'] },
    { id: 'neighbours', name: { en: 'Neighbours', zh: '街坊' }, kind: 'host', rings: ['8888'] },
    { id: 'pine', name: { en: 'Pine Securities', zh: '青松证券' }, kind: 'securities', rings: ['7001'] },
  ],
  customers: [
    {
      ...{ bank: 'harbour', account: '621507100998', pin: new Secret('730184') },
      ...{ name: { en: 'Alice Lin', zh: '林爱丽' }, paidIn: yuan(5_000n) },
    },
    {
      ...{ bank: 'garden', account: '631604220186', pin: new Secret('518390') },
      ...{ name: { en: 'Bob Zhao', zh: '赵博' }, paidIn: yuan(2_000n) },
    },
  ],
  softphone: {
    host: '127.0.0.1',
    port: 5060,
    accounts: [{ user: 'phone1', password: new Secret('mQ4tX9vB2nLs') }],
  },
}

let web: OpenServer
let browser: Browser

beforeAll(async () => {
  web = await openStartPage(startPlace(0), () => overview, {
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts') },
    telephones: { lend: () => undefined },
    telephoneScripts: {
      'telephone.js': await browserModule(process.cwd(), 'src/web/telephone/main.ts'),
      'card-phone.js': Buffer.alloc(0),
      'frames-worker.js': Buffer.alloc(0),
    },
    card: {
      insert: () => Promise.reject(new Error('it is not put in')),
      directory: () => ({ message: Buffer.alloc(0), key: Buffer.alloc(0) }),
    },
    troubled: error => process.stderr.write(`${String(error)}\n`),
  })
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  await web?.close()
})

const look: Look = (options, see) => lookAt(browser, { url: web.url, shows: '9001' }, options, see)

test.each(['en', 'zh'] as const)('in %s, by axe-core, in light and dark', language =>
  expectNothingSerious(look, language),
)

test('a page has less than 100 KB beside its telephone, which says so when all lines are lent', () =>
  look({ locale: 'en-GB' }, async page => {
    const bytes: number = await page.evaluate(`performance.getEntries()
      .filter(({ name }) => !name.endsWith('telephone.js'))
      .reduce((sum, { encodedBodySize = 0 }) => sum + encodedBodySize, 0)`)
    console.log(`the page: ${bytes} bytes`)
    expect(bytes).toBeGreaterThan(5_000)
    expect(bytes).toBeLessThan(100_000)
    await page.getByRole('button', { name: /^Call 9 ?0 ?0 ?1/ }).click()
    await expect.poll(() => page.locator('[data-part=state]').textContent()).toContain('All telephones are in use')
  }))

test('on a screen of 320 px, and with text twice as large, nothing has to be pushed sideways', () =>
  look({ locale: 'en-GB', viewport: { width: 320, height: 600 } }, page => expectNothingSideways(page)))

test('is pictured in both languages on a desk and on a telephone (PICTURES=draw makes them anew)', () =>
  expectPictures(look, 'start'))
