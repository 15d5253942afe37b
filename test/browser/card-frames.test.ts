/// <reference lib="dom" />
/**
 * Frames of a card between headless Chromium and an institution, each way in calls through a real Asterisk, by the page's own
 * telephone and the encoded transform behind it. Five each way by day, a hundred by night (`NIGHT=1`): at most two of them are lost.
 */
import { isDeepStrictEqual } from 'node:util'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { browserModule } from '../../setup/browser-module.mjs'
import type { Frame } from '../../src/modem/coded/frame.ts'
import type { FrameReception } from '../../src/phone/call.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { loadCatalogue } from '../../src/speech/speech.ts'
import { type OpenServer, openStartPage, startPlace } from '../../src/web/web.ts'
import { FrameStage, frameOf } from '../calls/phone/frame-stage.ts'
import { dialplan } from '../calls/terminal/terminal-stage.ts'
import { openChromium } from './web.ts'

const isNight = process.env['NIGHT'] === '1'
const framesEachWay = isNight ? 100 : 5
const framesPerCall = 10
/** A card's answer, and what a bank asks and says. */
const upOf = (index: number) => frameOf(index, 150)
const downOf = (index: number) => frameOf(100 + index, 60)

let stage: FrameStage
let web: OpenServer
let browser: Browser
let script: string

beforeAll(async () => {
  stage = await FrameStage.open({}, { dialplan, browsers: 1 })
  await stage.connect()
  const { browsers } = stage.asterisk.switch
  const scripts = ['telephone.js', 'card-phone.js'].map(name => [name, Buffer.alloc(0)])
  const worker = await browserModule(process.cwd(), 'src/web/telephone/frames-worker.ts')
  web = await openStartPage(startPlace(0), () => ({ demonstration: true, institutions: [], customers: [] }), {
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts') },
    telephones: {
      lend: address => {
        const loan = browsers?.lend(address)
        return loan && { ...loan, connect: (page, peer, ours) => loan.connect(page, peer, ours, () => {}) }
      },
    },
    telephoneScripts: { ...Object.fromEntries(scripts), 'frames-worker.js': worker },
    troubled: error => process.stderr.write(`${String(error)}\n`),
  })
  const bundle = await build({
    stdin: {
      contents: `
        export { Sound } from './src/web/telephone/sound.ts'
        export { Telephone } from './src/web/telephone/telephone.ts'
        export { EncodedLine } from './src/web/telephone/encoded-line.ts'
        export { frameBits } from './src/modem/coded/frame.ts'
        export { LINE_MODES } from './src/modem/line/modes.ts'
        export { modulate } from './src/modem/line/modulator.ts'
        export { Receiver } from './src/modem/receiver.ts'`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    ...{ bundle: true, platform: 'browser', format: 'iife', globalName: 'page', write: false },
    define: { global: 'globalThis' },
  })
  script = bundle.outputFiles[0]?.text ?? ''
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  await web?.close()
  await stage?.close()
})

/** The page's own telephone, with a receiver of frames behind it. */
async function dial(): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true })
  const shown = await context.newPage()
  await shown.goto(web.url)
  await shown.addScriptTag({ content: script })
  await shown.evaluate(`(async () => {
    const worker = document.querySelector('script[data-frames-worker]').dataset.framesWorker
    window.frames = []
    const stands = new Promise(resolve => {
      window.telephone = new page.Telephone(new page.Sound(), worker, {
        became: state => state === 'talking' && resolve(), said: () => {}, soundBlocked: () => {},
      })
    })
    await telephone.dial('9001')
    await stands
    const { frames: sound, dtmf } = telephone.call
    window.line = new page.EncodedLine(sound, dtmf, () => telephone.hangUp())
    const receiver = new page.Receiver(page.LINE_MODES.v23)
    line.listen({
      onDigit: () => {},
      onSound: (samples, gap) => {
        for (const event of receiver.push(samples, gap)) if (event.kind === 'frame') window.frames.push(event.frame)
      },
    })
  })()`)
  return shown
}

const plain = ({ payload, ...frame }: Frame) => ({ ...frame, payload: [...payload] })

/** Sends it, and resolves with what was heard in answer within 6 s. */
const say = (shown: Page, frame: Frame): Promise<ReturnType<typeof plain>[]> =>
  shown.evaluate(`(async () => {
    window.frames.length = 0
    const { payload, ...frame } = ${JSON.stringify(plain(frame))}
    const bits = page.frameBits({ ...frame, payload: Uint8Array.from(payload) }, page.LINE_MODES.v23)
    await line.send(page.modulate(bits, page.LINE_MODES.v23))
    for (let waited = 0; waited < 6000 && window.frames.length === 0; waited += 50)
      await new Promise(resolve => setTimeout(resolve, 50))
    return window.frames.map(({ payload, ...frame }) => ({ ...frame, payload: Array.from(payload) }))
  })()`)

test(`${framesEachWay} frames each way`, { timeout: 60_000 + framesEachWay * 20_000 }, async () => {
  const [up, down] = [new Set<number>(), new Set<number>()]
  for (let first = 0; first < framesEachWay; first += framesPerCall) {
    let isOver = false
    let sent = first
    stage.script = async call => {
      while (!isOver) {
        const received: FrameReception = await call.receiveFrame({ withinMs: 8_000 })
        if (received.outcome === 'frame' && isDeepStrictEqual(received.frame, upOf(sent))) up.add(sent)
        if (received.outcome !== 'nothing') await call.sendFrame(downOf(sent))
      }
    }
    const shown = await dial()
    for (; sent < Math.min(first + framesPerCall, framesEachWay); sent++) {
      await stage.untilLinked()
      await systemRuntime.sleep(300)
      const heard = await say(shown, upOf(sent))
      if (heard.some(frame => isDeepStrictEqual(frame, plain(downOf(sent))))) down.add(sent)
    }
    isOver = true
    await shown.context().close()
    await stage.clear()
  }
  console.log(
    `of ${framesEachWay} frames each way ${framesEachWay - up.size} were lost up, ${framesEachWay - down.size} down`,
  )
  expect(framesEachWay - up.size).toBeLessThanOrEqual(isNight ? 2 : 0)
  expect(framesEachWay - down.size).toBeLessThanOrEqual(isNight ? 2 : 0)
})
