/** Real calls through Asterisk: what the caller hears, and which keys arrive. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectedApplication, connectApplication } from '../../../src/phone/asterisk/connect-application.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import { type CallFault, type CallScript, serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Clip, PhraseKey, Speech } from '../../../src/speech/speech.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { startPhone } from '../harness/baresip.ts'
import { callByRtp, type Press, type RtpPhone } from '../harness/rtp-phone.ts'
import { tonesIn, writeToneClip } from '../harness/tone.ts'
import { toneSpeech } from './tone-speech.ts'

const tones = {
  'sign-in.account': { frequencyHz: 500, seconds: 2 },
  'sign-in.done': { frequencyHz: 800, seconds: 0.6 },
  'phone.no-keys': { frequencyHz: 1_200, seconds: 0.4 },
  goodbye: { frequencyHz: 1_700, seconds: 0.4 },
} as const

const special: Partial<Record<PhraseKey, Clip[]>> = {
  'goodbye.time': Array(200).fill({ name: 'en/a-tick-with-a-name-that-fills-the-list', durationMs: 20 }),
  'goodbye.mistakes': [{ name: 'en/not-there', durationMs: 100 }],
}

const sounds = mkdtempSync(join(tmpdir(), 'tonebank-tones-'))
let asterisk: TestAsterisk
let speech: Speech
let application: ConnectedApplication
/** What the next call does; set by each test. */
let script: CallScript
let limits = {}
let onFault: (fault: CallFault) => void = () => {}
let events: TranscriptEvent[] = []
let served: Promise<void> = Promise.resolve()
const phones: RtpPhone[] = []

beforeAll(async () => {
  const spoken = toneSpeech(sounds, tones)
  writeToneClip(join(sounds, 'en/a-tick-with-a-name-that-fills-the-list.alaw'), 900, 0.02)
  speech = { ...spoken, clips: (language, said) => special[said.phrase] ?? spoken.clips(language, said) }
  asterisk = await startAsterisk({ soundsFolder: sounds })
  application = await connectApplication({
    ari: asterisk.switch.ariFor('harbour'),
    application: 'harbour',
    runtime: systemRuntime,
    clips: ['en/sign-in.account', 'en/else', 'silence/500'],
    drainVariable: 'DRAIN_harbour',
    handler: line => {
      const transcript = (event: TranscriptEvent) => void events.push(event)
      served = serveCall(line, script, { speech, runtime: systemRuntime, transcript, limits, onFault })
      return served
    },
  })
})

afterEach(() => {
  for (const phone of phones.splice(0)) phone.close()
  events = []
  limits = {}
})

afterAll(async () => {
  application?.close()
  await asterisk?.stop()
  rmSync(sounds, { recursive: true, force: true })
})

/** `telephoneEvent`: the payload type of keys, if the phone knows them at all. */
async function dial(telephoneEvent: number | 'none' = 101): Promise<RtpPhone> {
  const { sip: server } = asterisk.switch
  const events = telephoneEvent === 'none' ? {} : { telephoneEvent }
  const phone = await callByRtp({ server, account: asterisk.account('desk1'), number: '9001', ...events })
  phones.push(phone)
  return phone
}

async function presses(phone: RtpPhone, keys: string, press: Press & { gapMs?: number } = {}): Promise<void> {
  for (const key of keys) {
    await phone.press(key, press)
    await systemRuntime.sleep(press.gapMs ?? 120)
  }
}

/** When each packet arrived in which there is something to hear. */
function audibleAtMs({ received }: RtpPhone): number[] {
  // A-law codes of the smallest values, which are silence.
  const isSilent = (code: number) => ((code ^ 0x55) & 0x7f) <= 2
  return received.filter(({ payload }) => !payload.every(isSilent)).map(({ atMs }) => atMs)
}

/** Asks for digits and keeps what was keyed. */
function asking(keyed: string[]): CallScript {
  return async (call: Call) => {
    keyed.push(await call.ask('account', { phrase: 'sign-in.account', digits: { min: 1, max: 20 }, accept: accepted }))
  }
}

const answers = () => events.flatMap(event => (event.event === 'answered' ? [event.answer] : []))

describe('keys', () => {
  it.each([96, 101])('arrive as events of payload type %i, the same digit twice included', async eventType => {
    const keyed: string[] = []
    script = asking(keyed)
    const phone = await dial(eventType)
    await presses(phone, '11550#')
    await phone.ended
    expect(keyed).toEqual(['11550'])
  })

  it('arrive when held for 40 ms and for 2 s', async () => {
    const keyed: string[] = []
    script = asking(keyed)
    const phone = await dial()
    await presses(phone, '7', { durationMs: 40 })
    await presses(phone, '8', { durationMs: 2_000 })
    await presses(phone, '9#', { durationMs: 40 })
    await phone.ended
    expect(keyed).toEqual(['789'])
  })

  it('arrive once when two of the three packets that end an event are lost', async () => {
    const keyed: string[] = []
    script = asking(keyed)
    const phone = await dial()
    await presses(phone, '3344#', { endPackets: 1 })
    await phone.ended
    expect(keyed).toEqual(['3344'])
  })

  it('arrive once when all packets that end an event are lost', async () => {
    const keyed: string[] = []
    script = asking(keyed)
    const phone = await dial()
    await presses(phone, '6', { endPackets: 0, gapMs: 300 })
    await presses(phone, '7#')
    await phone.ended
    expect(keyed).toEqual(['67'])
  })

  it('of a phone without telephone-event never come, and its caller hears which setting to change', async () => {
    script = asking([])
    limits = { answer: { firstKeyMs: 200, interKeyMs: 200, overallMs: 1_000 }, failures: 1 }
    const phone = await dial('none')
    await phone.ended
    expect(events.flatMap(event => (event.event === 'said' ? [event.phrase] : []))).toEqual([
      'sign-in.account',
      'phone.no-keys',
    ])
    // 2 s and 0.4 s of tone, in packets of 20 ms.
    expect(audibleAtMs(phone).length).toBeGreaterThan(110)
  })
})

describe('prompts', () => {
  it('are heard in order, from their first moment to their last', async () => {
    script = async call => {
      await call.say('sign-in.done')
      await call.say('goodbye')
    }
    const phone = await startPhone({ server: asterisk.switch.sip, account: asterisk.account('desk3') })
    await phone.dial('9001')
    await phone.untilEnded()
    const { heard } = await phone.quit()
    const samples = heard[0] ?? new Int16Array()
    expect(tonesIn(samples, [500, 800, 1_200, 1_700])).toEqual([800, 1_700])
    // 1.0 s in blocks of 20 ms. baresip's jitter buffer keeps the last packet until another pushes it out: none comes.
    const loud = Array.from({ length: Math.floor(samples.length / 160) }, (_, block) =>
      samples.subarray(block * 160, block * 160 + 160).some(sample => Math.abs(sample) > 4_000),
    )
    expect(loud.filter(Boolean).length).toBeGreaterThanOrEqual(49)
  })

  it('of many clips take several lists, and lose none of them', async () => {
    const ticks = 200
    script = async call => call.say('goodbye.time')
    const phone = await dial()
    await phone.ended
    // Each tick is 0.02 s of tone: one audible packet.
    expect(audibleAtMs(phone).length).toBeGreaterThan(ticks * 0.95)
  })

  it('of which a clip is missing are a fault, not a hang-up', async () => {
    const faults: CallFault[] = []
    onFault = fault => void faults.push(fault)
    script = async call => call.say('goodbye.mistakes')
    const phone = await dial()
    await phone.ended
    expect(events.at(-1)).toEqual({ event: 'ended', how: 'fault' })
    expect(faults.map(({ error }) => error)).toEqual(['PromptFailed: Asterisk could not play a prompt'])
  })

  it('fall silent within 150 ms of the end of a key', async () => {
    script = asking([])
    const phone = await dial()
    await systemRuntime.sleep(1_500)
    const pressedAtMs = await phone.press('1')
    await systemRuntime.sleep(600)
    const silentAfterMs = (audibleAtMs(phone).at(-1) ?? 0) - pressedAtMs
    expect(audibleAtMs(phone).length).toBeGreaterThan(20)
    expect(silentAfterMs).toBeLessThan(150)
    await phone.hangUp()
    await served
  })
})

describe('the caller', () => {
  it('who hangs up in a prompt ends the script once', async () => {
    let thrown = 0
    script = async call => {
      try {
        await asking([])(call)
      } catch (reason) {
        thrown++
        throw reason
      }
    }
    const phone = await dial()
    await systemRuntime.sleep(800)
    await phone.hangUp()
    await systemRuntime.sleep(500)
    await served
    expect(thrown).toBe(1)
    expect(events.filter(({ event }) => event === 'ended')).toEqual([{ event: 'ended', how: 'caller-left' }])
  })

  it('who was on hold is asked again, and no time has passed', async () => {
    const keyed: string[] = []
    script = asking(keyed)
    limits = { answer: { firstKeyMs: 1_500, interKeyMs: 1_000, overallMs: 20_000 } }
    const phone = await dial()
    await systemRuntime.sleep(2_700) // the prompt of 2.5 s has ended
    await phone.hold(true)
    await systemRuntime.sleep(1_800)
    await phone.hold(false)
    await systemRuntime.sleep(600)
    await presses(phone, '42#')
    await phone.ended
    expect(keyed).toEqual(['42'])
    expect(answers()).toEqual(['valid'])
    expect(events.filter(({ event }) => event === 'asked')).toHaveLength(2)
  })
})
