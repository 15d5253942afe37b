/** One press is one key, whatever a phone makes of it: each phone here was met in the field, and is sent packet by packet. */
import { setPriority } from 'node:os'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { accepted, type Call } from '../../../src/phone/call.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { dtmfRelay, type Press, type RtpPhone } from '../harness/rtp-phone.ts'
import { FrameStage } from './frame-stage.ts'

let stage: FrameStage
let keyed: string[]

beforeAll(async () => {
  try {
    // Packets that are late by more than a hand's gap are no longer what the phone meant.
    setPriority(-15)
  } catch {
    // Only root may; the machine had better be quiet then.
  }
  stage = await FrameStage.open({
    'sign-in.account': { frequencyHz: 500, seconds: 1.5 },
    // Longer than a key is ever held here.
    'sign-in.pin': { frequencyHz: 700, seconds: 12 },
  })
  await stage.connect()
})

afterEach(() => stage.clear())
afterAll(() => stage?.close())

/** A call in which an entry is asked for: the prompt of 1.5 s plays until the first key. */
async function asked(): Promise<RtpPhone> {
  keyed = []
  stage.script = async call => void keyed.push(await entry(call))
  return stage.dial()
}

const entry = (call: Call) =>
  call.ask('account', { phrase: 'sign-in.account', digits: { min: 1, max: 30 }, accept: accepted })

type HowPressed = Press & { readonly gapMs?: number; readonly echoed?: readonly number[] }

async function press(phone: RtpPhone, keys: string, { gapMs = 60, echoed, ...how }: HowPressed): Promise<void> {
  for (const [index, key] of [...keys].entries()) {
    const step = !echoed || echoed.includes(index) ? (how.endTimestampStep ?? 0) : 0
    await phone.press(key, { ...how, endTimestampStep: step })
    await systemRuntime.sleep(gapMs)
  }
}

const plain: Press = { durationMs: 100 }

describe.each([
  { when: 'while the prompt plays', afterMs: 600 },
  { when: 'when it has ended', afterMs: 2_200 },
])('keyed $when', ({ afterMs }) => {
  it.each<{ phone: string; keys: string; how: HowPressed }>([
    { phone: 'repeats its end packets 160 samples later', keys: '1246', how: { endTimestampStep: 160 } },
    { phone: 'repeats its end packets one sample later', keys: '1246', how: { endTimestampStep: 1 } },
    { phone: 'does so for the third key only', keys: '246810', how: { endTimestampStep: 160, echoed: [2] } },
    { phone: 'does so with a key held 60 ms', keys: '1224', how: { durationMs: 60, endTimestampStep: 160, gapMs: 80 } },
    { phone: 'does so and its caller keys a digit twice', keys: '3556', how: { endTimestampStep: 160, gapMs: 100 } },
    { phone: 'is keyed by fast hands', keys: '55', how: { durationMs: 90, endsTogether: true } },
    { phone: 'also sends INFO when a key is let go', keys: '22334455106677', how: { alsoInfo: 'up' } },
    { phone: 'also sends INFO when a key goes down', keys: '22334455106677', how: { alsoInfo: 'down' } },
    { phone: 'does so and declares more than it was', keys: '2233445', how: { alsoInfo: 'down', infoMs: 250 } },
    { phone: 'declares 250 ms in INFO when a key is let go', keys: '2233445', how: { alsoInfo: 'up', infoMs: 250 } },
  ])('one press is one key of a phone that $phone', async ({ keys, how }) => {
    const phone = await asked()
    await systemRuntime.sleep(afterMs)
    await press(phone, keys, { ...plain, ...how })
    await systemRuntime.sleep(300)
    await press(phone, '#', plain)
    await phone.ended
    expect(keyed).toEqual([keys])
  })
})

describe('keys', () => {
  it('of 60 ms without a gap between them all arrive, once each', async () => {
    const phone = await asked()
    await systemRuntime.sleep(2_200)
    await Promise.all([...'135724680'].map(key => phone.press(key, { durationMs: 60, endsTogether: true })))
    await systemRuntime.sleep(500)
    await press(phone, '#', plain)
    await phone.ended
    expect(keyed).toEqual(['135724680'])
  })

  it('held for 10 s are one key, in segments or with a full duration', async () => {
    const held: string[] = []
    const digits = { min: 1, max: 30 }
    stage.script = async call =>
      void held.push(await call.ask('pin', { phrase: 'sign-in.pin', digits, accept: accepted }))
    const hold = async (long: 'segmented' | 'saturated', key: string) => {
      const phone = await stage.dial({ account: stage.asterisk.account(long === 'segmented' ? 'desk1' : 'desk2') })
      await systemRuntime.sleep(500)
      await phone.press(key, { durationMs: 10_000, long })
      await systemRuntime.sleep(300)
      await press(phone, '8#', plain)
      await phone.ended
    }
    await Promise.all([hold('segmented', '6'), hold('saturated', '7')])
    expect(held.toSorted()).toEqual(['68', '78'])
  })

  it.each([
    { afterMs: 600, gapMs: 80 },
    { afterMs: 2_200, gapMs: 80 },
    // On their way one has caught up with the other.
    { afterMs: 2_200, gapMs: 0 },
  ])(
    'that come as INFO alone count, a digit twice in $gapMs ms too, whatever length a phone that negotiated events declares',
    async ({ afterMs, gapMs }) => {
      const phone = await asked()
      await systemRuntime.sleep(afterMs)
      const answers = []
      for (const key of '1224555') {
        answers.push(phone.dialog.request('INFO', dtmfRelay(key, 250)))
        await systemRuntime.sleep(gapMs)
      }
      for (const { status } of await Promise.all(answers)) expect(status).toBe(200)
      await systemRuntime.sleep(1_000)
      await phone.dialog.request('INFO', { contentType: 'application/dtmf', body: '#' })
      await phone.ended
      expect(keyed).toEqual(['1224555'])
    },
  )

  it('of which the last is echoed answer no question but the one that was asked', async () => {
    const answers: string[] = []
    stage.script = async call => {
      answers.push(await entry(call))
      answers.push(await entry(call))
    }
    const phone = await stage.dial()
    await systemRuntime.sleep(1_000)
    await press(phone, '10#', { ...plain, endTimestampStep: 160, echoed: [1] })
    await systemRuntime.sleep(1_000)
    await press(phone, '7#', { ...plain, endTimestampStep: 160 })
    await phone.ended
    expect(answers).toEqual(['10', '7'])
  })

  it('of a right PIN, one of them echoed three times over, lose no try', async () => {
    const tries: string[] = []
    stage.script = async call => {
      const digits = { min: 6, max: 6 }
      for (let wrong = 0; wrong < 3 && tries.at(-1) !== '246810'; wrong++)
        tries.push(await call.ask('pin', { phrase: 'sign-in.account', digits, accept: accepted }))
    }
    const phone = await stage.dial()
    await systemRuntime.sleep(1_000)
    await press(phone, '246810', { ...plain, endTimestampStep: 160, echoed: [2] })
    await phone.ended
    expect(tries).toEqual(['246810'])
  })
})
