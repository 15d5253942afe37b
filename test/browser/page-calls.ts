/// <reference lib="dom" />
/**
 * Calls from the page to start with: keys by its keyboard, along the log of the institution that answers. What is listened to are the
 * A-law bytes that arrived under DTLS-SRTP, taken behind the decryption by the browser's own encoded streams.
 */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { aLaw } from '../../src/g711.ts'
import { digitsHeard } from '../calls/harness/listening.ts'
import type { Network } from '../calls/harness/network.ts'

/** Runs in the page before its own scripts: keeps what each call receives. */
function keepWhatIsHeard(): void {
  const heard: number[][] = []
  const frames: Record<number, number[]>[] = []
  const connections: RTCPeerConnection[] = []
  Object.assign(window, { heard, frames, connections })
  // A call has one way past its sound, which the card phone would take.
  Reflect.deleteProperty(window, 'RTCRtpScriptTransform')
  class Listening extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(Object.assign(configuration ?? {}, { encodedInsertableStreams: true }))
      const bytes: number[] = []
      const byTimestamp: Record<number, number[]> = {}
      heard.push(bytes)
      frames.push(byTimestamp)
      connections.push(this)
      this.addEventListener('track', ({ receiver }) => {
        const { readable, writable } = (
          receiver as RTCRtpReceiver & { createEncodedStreams(): TransformStream<RTCEncodedAudioFrame> }
        ).createEncodedStreams()
        const tap = new TransformStream<RTCEncodedAudioFrame, RTCEncodedAudioFrame>({
          transform: (frame, out) => {
            const codes = [...new Uint8Array(frame.data)]
            bytes.push(...codes)
            byTimestamp[frame.timestamp] = codes
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

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  { isListening } = { isListening: true },
): Promise<Page> {
  const page = await (await browser.newContext({ locale: 'en-GB', ...options })).newPage()
  if (isListening) await page.addInitScript(keepWhatIsHeard)
  await page.goto(url)
  return page
}

/** A call from the page by its keyboard alone, along the log of the institution that answers. */
export async function call(network: Network, page: Page, number: string, institution: string) {
  const log = network.log(institution)
  log.skip()
  await page.locator('[data-part=number]').fill(number)
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
export async function rowsHeard(page: Page): Promise<string[]> {
  const bytes: number[] = await page.evaluate(`Array.from(heard.at(-1))`)
  const samples = Int16Array.from(aLaw.decode(Uint8Array.from(bytes)), sample => Math.round(sample * 32_767))
  return digitsHeard(samples, 'en').flatMap(({ digits }) => (digits.length > 4 ? [digits] : []))
}

export const packets = (page: Page, type: 'inbound-rtp' | 'outbound-rtp'): Promise<number> =>
  page.evaluate(`connections.at(-1).getStats().then(stats => [...stats.values()]
    .filter(({ type }) => type === '${type}')
    .reduce((sum, each) => sum + (each.packetsReceived ?? each.packetsSent), 0))`)

/** Of the way that the latest call's packets take: the handshake's state, and what encrypts them. */
export const encryption = (page: Page): Promise<[string, string]> =>
  page.evaluate(`connections.at(-1).getStats().then(stats => [...stats.values()]
    .filter(({ type }) => type === 'transport')
    .map(({ dtlsState, srtpCipher }) => [dtlsState, srtpCipher])[0])`)

/** What the latest call received, by its packets' timestamps. */
export const framesHeard = async (page: Page): Promise<ReadonlyMap<number, Uint8Array>> => {
  const frames: Record<string, number[]> = await page.evaluate('frames.at(-1)')
  return new Map(Object.entries(frames).map(([timestamp, codes]) => [Number(timestamp), Uint8Array.from(codes)]))
}
