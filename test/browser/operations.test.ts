/// <reference lib="dom" />
/**
 * The operators' page in headless Chromium: in both languages, in light and dark, on a narrow screen, without scripts, and renewed by
 * itself. axe-core finds nothing serious, and it is pictured in docs/pages/operations.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { yuan } from '../../src/money.ts'
import { SwitchMetrics } from '../../src/operations/switch-metrics.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import type { Institution, Shown } from '../../src/web/operations/shown.ts'
import type { OpenServer } from '../../src/web/server.ts'
import { openOperations } from '../../src/web/web.ts'
import { institutionId } from '../support/ids.ts'
import { expectNothingSerious, expectNothingSideways, expectPictures, type Look, lookAt } from './looks.ts'
import { openChromium } from './web.ts'

const at = 1_795_312_800_000
const bank: Shown = {
  standing: { state: 'serving' },
  calls: [
    { line: 'bank', step: 'buy.confirm', callMs: 64_000, stepMs: 3_000, lossPercent: 0, jitterMs: 1.4 },
    { line: 'bank', step: 'sign-in.pin', callMs: 21_000, stepMs: 9_000, lossPercent: 0.8, jitterMs: 12 },
  ],
  givenUp: [
    { line: 'bank', step: 'sign-in.account', count: 7 },
    { line: 'bank', step: 'buy.amount', count: 2 },
  ],
  stock: [
    { payee: 'lantern', amount: yuan(20n), count: 18, isLow: false },
    { payee: 'lantern', amount: yuan(50n), count: 3, isLow: true },
  ],
  isWritable: true,
  uneven: [],
  audit: { at, findings: 0 },
  dayEnds: [{ peer: 'lantern', date: '2026-11-21', state: 'result sent', breaks: 0 }],
  alarms: [
    { kind: 'day-end-late', peer: institutionId('talent'), detail: 'nothing was settled of 2026-11-21', at },
    { kind: 'backup-stopped', peer: institutionId('harbour'), detail: 'it had reached record 1804', at },
  ],
}
const quiet: Shown = { ...bank, calls: [], givenUp: [], stock: [], alarms: [] }
const busy: readonly Institution[] = [
  { id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, shown: bank },
  {
    id: 'lantern',
    name: { en: 'Lantern Books', zh: '灯笼书店' },
    shown: { ...quiet, standing: { state: 'draining' } },
  },
  { id: 'pine', name: { en: 'Pine Securities', zh: '青松证券' }, shown: undefined },
]

const metrics = new SwitchMetrics({ isAnswering: () => true, security: () => undefined })
const network = {
  offences: new Map([
    ['stranger', 214],
    ['no-tls', 9],
  ]),
  blocks: [{ address: '198.51.100.7', why: 'stranger', secondsLeft: 1_320 }],
}

let institutions = busy
let web: OpenServer
let browser: Browser

/** Where it was before, once it has been. */
let port = 0

async function open(): Promise<void> {
  web = await openOperations(port, {
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts'), timeZone: 'Asia/Shanghai' },
    troubled: error => process.stderr.write(`${String(error)}\n`),
    installed: { isAsteriskAnswering: () => true, metrics, standings: async () => [] },
    overview: async () => ({ isAsteriskAnswering: true, network, institutions }),
  })
  port = Number(new URL(web.url).port)
}

beforeAll(async () => {
  await open()
  browser = await openChromium()
})
beforeEach(() => {
  institutions = busy
})
afterAll(async () => {
  await browser?.close()
  await web?.close()
})

const look: Look = (options, see) => lookAt(browser, { url: web.url, shows: 'buy.confirm' }, options, see)

test.each(['en', 'zh'] as const)('in %s, by axe-core, in light and dark', language =>
  expectNothingSerious(look, language),
)

test('is renewed by itself, and says so when it is not any more', () =>
  look({ locale: 'en-GB' }, async page => {
    await page.getByText('This page is renewed by itself').waitFor()
    const heading = await page.getByRole('heading', { level: 1 }).elementHandle()
    institutions = [{ id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, shown: quiet }]
    await page.getByText('Everything is well').waitFor()
    await page.getByText('Nobody is on the line').waitFor()
    expect(await page.getByText('buy.confirm').count()).toBe(0)
    expect(await heading?.evaluate(element => element.isConnected), 'the page was not loaded again').toBe(true)
    await web.close()
    await page.getByText('The connection is lost').waitFor()
    await open()
    await page.getByText('This page is renewed by itself').waitFor()
  }))

test('says everything without scripts', () =>
  look({ locale: 'en-GB', javaScriptEnabled: false }, async page => {
    await page.getByText('tonebank backup --follow').waitFor()
    expect(await page.getByText('This page is renewed by itself').isVisible()).toBe(false)
  }))

test('a page has less than 100 KB', () =>
  look({ locale: 'en-GB' }, async page => {
    const bytes: number = await page.evaluate(`performance.getEntries()
      .reduce((sum, { encodedBodySize = 0 }) => sum + encodedBodySize, 0)`)
    console.log(`the page: ${bytes} bytes`)
    expect(bytes).toBeGreaterThan(5_000)
    expect(bytes).toBeLessThan(100_000)
  }))

test('on a screen of 320 px, and with text twice as large, nothing has to be pushed sideways', () =>
  look({ locale: 'en-GB', viewport: { width: 320, height: 600 } }, page => expectNothingSideways(page)))

test('is pictured in both languages on a desk and on a telephone (PICTURES=draw makes them anew)', () =>
  expectPictures(look, 'operations'))
