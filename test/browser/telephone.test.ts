/// <reference lib="dom" />
/**
 * The telephone of the page to start with, in headless Chromium as it comes: no flag of it makes a microphone or lets a page use one.
 * From the page somebody phones the bank, buys a voucher, and pays at the payee with what was heard. What is listened to are the
 * A-law bytes that arrived under DTLS-SRTP, taken behind the decryption by the browser's own encoded streams.
 */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aLaw } from '../../src/g711.ts'
import { digitsHeard } from '../calls/harness/listening.ts'
import { type Network, startNetwork } from '../calls/harness/network.ts'
import { balancesOf } from '../support/balances.ts'
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

/** Runs in the page before its own scripts: keeps what each call receives. */
function keepWhatIsHeard(): void {
  const heard: number[][] = []
  const connections: RTCPeerConnection[] = []
  Object.assign(window, { heard, connections })
  class Listening extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(Object.assign(configuration ?? {}, { encodedInsertableStreams: true }))
      const bytes: number[] = []
      heard.push(bytes)
      connections.push(this)
      this.addEventListener('track', ({ receiver }) => {
        const { readable, writable } = (
          receiver as RTCRtpReceiver & { createEncodedStreams(): TransformStream<{ data: ArrayBuffer }> }
        ).createEncodedStreams()
        const tap = new TransformStream<{ data: ArrayBuffer }, { data: ArrayBuffer }>({
          transform: (frame, out) => {
            bytes.push(...new Uint8Array(frame.data))
            out.enqueue(frame)
          },
        })
        void readable.pipeThrough(tap).pipeTo(writable)
      })
      const add = this.addTrack.bind(this)
      this.addTrack = (...args) => {
        const sender = add(...args) as RTCRtpSender & { createEncodedStreams(): TransformStream }
        const { readable, writable } = sender.createEncodedStreams()
        void readable.pipeTo(writable)
        return sender
      }
    }
  }
  window.RTCPeerConnection = Listening
}

async function open(options: Parameters<Browser['newContext']>[0] = { locale: 'en-GB' }): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  await page.addInitScript(keepWhatIsHeard)
  await page.goto(url)
  return page
}

/** A call from the page by its keyboard alone, along the log of the institution that answers. */
async function call(page: Page, number: string, institution: string) {
  const log = network.log(institution)
  log.skip()
  await page.getByLabel('Number to dial').fill(number)
  await page.keyboard.press('Enter')
  const { call: id } = await log.next({ event: 'answered-call' })
  const press = async (keys: string) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  return {
    answer: async (step: string, keys: string) => {
      await log.next({ call: id, event: 'asked', step })
      await page.waitForTimeout(650)
      await press(keys)
    },
    hears: (phrase: string) => log.next({ call: id, event: 'said', phrase }),
    ended: () => log.next({ call: id, event: 'ended' }),
  }
}

/** Rows of digits in what the page's latest call received. */
async function rowsHeard(page: Page): Promise<string[]> {
  const bytes: number[] = await page.evaluate(`Array.from(heard.at(-1))`)
  const samples = Int16Array.from(aLaw.decode(Uint8Array.from(bytes)), sample => Math.round(sample * 32_767))
  return digitsHeard(samples, 'en').flatMap(({ digits }) => (digits.length > 4 ? [digits] : []))
}

const packets = (page: Page, type: 'inbound-rtp' | 'outbound-rtp'): Promise<number> =>
  page.evaluate(`connections.at(-1).getStats().then(stats => [...stats.values()]
    .filter(({ type }) => type === '${type}')
    .reduce((sum, each) => sum + (each.packetsReceived ?? each.packetsSent), 0))`)

/** Of the way that the latest call's packets take: the handshake's state, and what encrypts them. */
const encryption = (page: Page): Promise<[string, string]> =>
  page.evaluate(`connections.at(-1).getStats().then(stats => [...stats.values()]
    .filter(({ type }) => type === 'transport')
    .map(({ dtlsState, srtpCipher }) => [dtlsState, srtpCipher])[0])`)

test('by keyboard alone a visitor buys at 9001, and pays at 8001 with what was heard', async () => {
  const [buyer] = network.customers
  const before = await balancesOf(network.dataFolder)
  const page = await open()
  const status = page.getByRole('status')

  const bank = await call(page, '9001', 'harbour')
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
  // Another session of the same browser knows no token, and guesses none.
  const stranger = await open()
  const asked = await stranger.evaluate(`fetch('/telephone/captions', { method: 'POST',
    headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: '${'0'.repeat(32)}' }) }).then(({ status }) => status)`)
  expect(asked).toBe(404)
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
  const shop = await call(page, '8001', 'lantern')
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
