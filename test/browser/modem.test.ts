/** The modem's own modules, unchanged, in headless Chromium: they modulate and demodulate there, and make the same samples as here. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { frameBits } from '../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../src/modem/line/modes.ts'
import { modulate } from '../../src/modem/line/modulator.ts'
import { Receiver } from '../../src/modem/receiver.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))
const profile = mkdtempSync(join(tmpdir(), 'tonebank-browser-'))
const payload = Array.from({ length: 100 }, (_, i) => (i * 37) & 255)
let context: BrowserContext
let page: Page

beforeAll(async () => {
  expect(executablePath, 'Chromium is not installed (apt-get install chromium)').toBeDefined()
  const bundle = await build({
    stdin: {
      contents: `
        export { frameBits } from './src/modem/coded/frame.ts'
        export { LINE_MODES } from './src/modem/line/modes.ts'
        export { modulate } from './src/modem/line/modulator.ts'
        export { Receiver } from './src/modem/receiver.ts'
        export { digitSamples } from './src/modem/dtmf/tones.ts'
        export { DigitDetector } from './src/modem/dtmf/detector.ts'
        export { DigitFrameReader, digitFrame } from './src/modem/dtmf/frame.ts'`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'modem',
    write: false,
  })
  context = await chromium.launchPersistentContext(profile, {
    executablePath: executablePath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  page = await context.newPage()
  await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' })
})

afterAll(async () => {
  await context?.close()
  rmSync(profile, { recursive: true, force: true })
})

test('a coded frame goes there and back in the browser, in every mode', async () => {
  const received = await page.evaluate(`(() => Object.values(modem.LINE_MODES).map(mode => {
    const payload = Uint8Array.from(${JSON.stringify(payload)})
    const samples = modem.modulate(modem.frameBits({ type: 3, sequence: 9, keyId: 200, payload }, mode), mode)
    const receiver = new modem.Receiver(mode)
    const event = [...receiver.push(samples), ...receiver.finish()].find(event => event.kind === 'frame')
    return event && { ...event.frame, payload: Array.from(event.frame.payload) }
  }))()`)
  expect(received).toEqual(Object.keys(LINE_MODES).map(() => ({ type: 3, sequence: 9, keyId: 200, payload })))
})

test('what the browser sends, Node receives', async () => {
  const samples = (await page.evaluate(`Array.from(modem.modulate(
    modem.frameBits({ type: 1, sequence: 2, keyId: 3, payload: Uint8Array.from(${JSON.stringify(payload)}) }, modem.LINE_MODES.v23), modem.LINE_MODES.v23))`)) as number[]
  const frame = { type: 1, sequence: 2, keyId: 3, payload: Uint8Array.from(payload) }
  const here = modulate(frameBits(frame, LINE_MODES.v23), LINE_MODES.v23)
  expect(samples.length).toBe(here.length)
  expect(Math.max(...samples.map((sample, n) => Math.abs(sample - (here[n] ?? 0))))).toBeLessThan(1e-6)
  const receiver = new Receiver(LINE_MODES.v23)
  const events = [...receiver.push(Float32Array.from(samples)), ...receiver.finish()]
  expect(events.filter(event => event.kind === 'frame')).toMatchObject([{ frame }])
})

test('a frame of digits goes there and back in the browser', async () => {
  const received = await page.evaluate(`(() => {
    const detector = new modem.DigitDetector()
    const reader = new modem.DigitFrameReader()
    const samples = modem.digitSamples(modem.digitFrame(Uint8Array.from(${JSON.stringify(payload.slice(0, 20))})))
    return [...detector.push(samples), ...detector.finish()]
      .map(event => reader.push(event.digit, event.from / 8))
      .filter(result => result.outcome === 'frame')
      .map(result => Array.from(result.payload))
  })()`)
  expect(received).toEqual([payload.slice(0, 20)])
})
