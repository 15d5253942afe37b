/** Keys as phones send them (RFC 4733), through a real Asterisk: every payload type, short and long presses, lost ends. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemRuntime } from '../../src/runtime.ts'
import { startAsterisk, type TestAsterisk } from './harness/asterisk.ts'
import { callByRtp, type RtpPhone, type RtpPhoneOptions } from './harness/rtp-phone.ts'
import { tonesIn, writeToneClip } from './harness/tone.ts'

let asterisk: TestAsterisk
let client: { stop(): void }
const keyed: { digit: string; durationMs: number }[] = []

beforeAll(async () => {
  asterisk = await startAsterisk()
  writeToneClip(join(asterisk.soundsFolder, 'en/apology.alaw'), 400, 1)
  writeToneClip(join(asterisk.soundsFolder, 'zh/apology.alaw'), 700, 1)
  const { url, user, password } = asterisk.switch.ariFor('harbour')
  const ari = await createRequire(import.meta.url)('ari-client').connect(url, user, password.reveal())
  ari.on('StasisStart', (_: unknown, channel: { answer(): Promise<void> }) => void channel.answer())
  ari.on('ChannelDtmfReceived', ({ digit, duration_ms: durationMs }: { digit: string; duration_ms: number }) =>
    keyed.push({ digit, durationMs }),
  )
  ari.start('harbour')
  await new Promise(resolve => ari.once('WebSocketConnected', resolve))
  client = ari
})

afterAll(async () => {
  client.stop()
  await asterisk.stop()
})

async function inCall(
  options: Partial<RtpPhoneOptions>,
  work: (phone: RtpPhone) => Promise<void>,
): Promise<typeof keyed> {
  keyed.length = 0
  const { sip } = asterisk.switch
  const phone = await callByRtp({ server: sip, account: asterisk.account('desk1'), number: '9001', ...options })
  await systemRuntime.sleep(200)
  await work(phone)
  await systemRuntime.sleep(300)
  await phone.hangUp()
  return [...keyed]
}

test.each([96, 101, 127])('keys arrive whatever payload type the phone chose: %i', async telephoneEvent => {
  const digits = '19*#0'
  const heard = await inCall({ telephoneEvent }, async phone => {
    for (const digit of digits) {
      await phone.press(digit)
      await systemRuntime.sleep(60)
    }
  })
  expect(heard.map(({ digit }) => digit).join('')).toBe(digits)
})

test('a press of 40 ms is one key of about 40 ms, one of 2 s is one key of about 2 s', async () => {
  const heard = await inCall({ telephoneEvent: 101 }, async phone => {
    await phone.press('1', { durationMs: 40 })
    await systemRuntime.sleep(200)
    await phone.press('2', { durationMs: 2_000 })
  })
  expect(heard.map(({ digit }) => digit)).toEqual(['1', '2'])
  expect(heard[0]?.durationMs).toBeLessThan(80)
  expect(heard[1]?.durationMs).toBeGreaterThan(1_900)
  expect(heard[1]?.durationMs).toBeLessThan(2_100)
})

test('the same key twice is two keys; lost end packets neither lose nor double one', async () => {
  const heard = await inCall({ telephoneEvent: 101 }, async phone => {
    for (const endPackets of [3, 1, 0, 3] as const) {
      await phone.press('7', { endPackets })
      await systemRuntime.sleep(400)
    }
  })
  expect(heard.map(({ digit }) => digit)).toEqual(['7', '7', '7', '7'])
})

test('a phone that suppresses silence keeps its call and its keys', async () => {
  const heard = await inCall({ telephoneEvent: 101, suppressSilence: true }, async phone => {
    await systemRuntime.sleep(1_500)
    await phone.press('4')
  })
  expect(heard.map(({ digit }) => digit)).toEqual(['4'])
})

test('a phone without telephone-event is taken all the same, and hears us', async () => {
  const { sip } = asterisk.switch
  const phone = await callByRtp({ server: sip, account: asterisk.account('desk2'), number: '8001' })
  await phone.ended
  phone.close()
  expect(tonesIn(phone.heard(), [400, 700])).toEqual([400, 700])
})
