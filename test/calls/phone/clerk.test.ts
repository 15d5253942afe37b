/**
 * Real calls to clerks, through Asterisk: they talk, either leaves, and what a caller keys apart from the clerk never reaches the clerk's
 * telephone, as events or as sound. A copy of the line that masks nothing shows that the ear would hear it.
 */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { care } from '../../../ivr/care/care.ts'
import { aLaw } from '../../../src/g711.ts'
import { DigitDetector } from '../../../src/modem/dtmf/detector.ts'
import { digitSamples } from '../../../src/modem/dtmf/tones.ts'
import { AriClient } from '../../../src/phone/asterisk/ari-client.ts'
import type { AsteriskLine } from '../../../src/phone/asterisk/asterisk-line.ts'
import { Bridges } from '../../../src/phone/asterisk/bridges.ts'
import { rungArgument } from '../../../src/phone/asterisk/channels.ts'
import { clerkPrefix } from '../../../src/phone/asterisk/clerks/clerk-channel.ts'
import type { AsteriskClerkLeg } from '../../../src/phone/asterisk/clerks/clerk-leg.ts'
import { type ConnectedApplication, connectApplication } from '../../../src/phone/asterisk/connect-application.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import { CareQueue } from '../../../src/phone/care/queue.ts'
import type { Line } from '../../../src/phone/line.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import { systemRuntime, withDeadline } from '../../../src/runtime.ts'
import { type Speech, utterance } from '../../../src/speech/speech.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { type ClerkPhone, registerClerk } from '../harness/clerk-phone.ts'
import { callByRtp, type RtpPhone } from '../harness/rtp-phone.ts'
import { tonesIn } from '../harness/tone.ts'
import { until } from '../harness/until.ts'
import { toneSpeech } from './tone-speech.ts'

const tones = {
  'bank.menu': { frequencyHz: 500, seconds: 0.6 },
  'care.over': { frequencyHz: 2_300, seconds: 0.6 },
  'care.clerk.identified': { frequencyHz: 2_700, seconds: 0.6 },
} as const
/** Without a digit twice in a row, so that each heard is one that was keyed. */
const [account, pin] = ['62815093', '730281'] as const

const sounds = mkdtempSync(join(tmpdir(), 'tonebank-clerk-'))
let asterisk: TestAsterisk
let speech: Speech
let application: ConnectedApplication
let queue: CareQueue
let wrapped: (line: AsteriskLine) => Line = line => line
let steps: string[] = []
let keyed: string[] = []
/** Of every call that came to the line. */
let dialled: string[] = []
const callers: RtpPhone[] = []
const clerks: ClerkPhone[] = []

beforeAll(async () => {
  speech = toneSpeech(sounds, tones)
  asterisk = await startAsterisk({ soundsFolder: sounds, phones: ['desk1', 'clerk1', 'clerk2'] })
  application = await connectApplication({
    ari: asterisk.switch.ariFor('harbour'),
    application: 'harbour',
    runtime: systemRuntime,
    clips: ['en/else', 'silence/500'],
    drainVariable: 'DRAIN_harbour',
    clerks: ['clerk1', 'clerk2'],
    handler: line => {
      dialled.push(line.dialled)
      return serveCall(wrapped(line), call => call.menu('bank.menu', { phrase: 'bank.menu', choices: {} }), {
        speech,
        runtime: systemRuntime,
        transcript: event => {
          if (event.event === 'asked') steps.push(event.step)
        },
        assistance,
      })
    },
  })
  const troubled = (error: unknown) => console.error(error)
  queue = new CareQueue({ runtime: systemRuntime, accounts: ['clerk1', 'clerk2'], waitMs: 60_000, troubled })
})

afterEach(async () => {
  for (const phone of callers.splice(0)) await phone.hangUp().catch(() => {})
  for (const clerk of clerks.splice(0)) {
    await clerk.unregister().catch(() => {})
    clerk.close()
  }
  await until('every call has ended', () => application.calls === 0)
  steps = []
  keyed = []
  dialled = []
  wrapped = line => line
})

afterAll(async () => {
  application?.close()
  await asterisk?.stop()
  rmSync(sounds, { recursive: true, force: true })
})

function assistance(call: Call): Promise<void> {
  return care(call, {
    isOpen: async () => true,
    admits: () => true,
    askForCallBack: async () => ({ outcome: 'noted' }),
    queue,
    clerkMay: { greeting: utterance('care.clerk.caller', {}), keys: { '1': () => identify(call) } },
  })
}

async function identify(call: Call) {
  const ask = (step: 'care.account' | 'care.pin', length: number) =>
    call.ask(step, { phrase: step, digits: { min: length, max: length }, secret: true, accept: accepted })
  keyed.push(await ask('care.account', account.length), await ask('care.pin', pin.length))
  return utterance('care.clerk.identified', { customer: { en: 'Ann Lee', zh: '李安' }, account: '10000093' })
}

async function clerk(user: string, answersAfterMs?: number, forwardsTo?: string): Promise<ClerkPhone> {
  const options = { server: asterisk.switch.sip, account: asterisk.account(user), answersAfterMs, forwardsTo }
  const phone = await registerClerk(options)
  clerks.push(phone)
  return phone
}

interface Way {
  readonly telephoneEvent: number | undefined
  readonly hasTones: boolean
}
const byEvents: Way = { telephoneEvent: 101, hasTones: false }

/** A caller who has asked for a clerk. */
async function caller(way: Way): Promise<RtpPhone> {
  const { telephoneEvent } = way
  const phone = await callByRtp({
    ...{ server: asterisk.switch.sip, account: asterisk.account('desk1'), number: '9001' },
    ...(telephoneEvent !== undefined && { telephoneEvent }),
  })
  callers.push(phone)
  await asked('bank.menu')
  await systemRuntime.sleep(1_500)
  await keys(phone, '0', way)
  await until('the help', () => steps.filter(step => step === 'bank.menu').length === 2)
  await systemRuntime.sleep(1_500)
  await keys(phone, '0', way)
  return phone
}

const asked = (step: string) => until(`asked ${step}`, () => steps.at(-1) === step, 10_000)

async function keys(phone: RtpPhone, digits: string, { telephoneEvent, hasTones }: Way): Promise<void> {
  for (const digit of digits) {
    if (telephoneEvent !== undefined) await phone.press(digit)
    if (hasTones) await phone.play(aLaw.encode(digitSamples(digit, { toneMs: 90, pauseMs: 110 })))
    else await systemRuntime.sleep(120)
  }
}

const tone = (frequencyHz: number, ms: number) =>
  aLaw.encode(Float32Array.from({ length: ms * 8 }, (_, i) => 0.3 * Math.sin((2 * Math.PI * frequencyHz * i) / 8_000)))

/** Every key that reached a telephone: as events, and as sound to whoever has an ear for it. */
function heardKeys(phone: RtpPhone): { readonly events: number; readonly inBand: number } {
  const samples = Float32Array.from(phone.heard(), sample => sample / 32_768)
  const inBand = new DigitDetector().push(samples).length
  return { events: phone.received.filter(({ payloadType }) => payloadType === 101).length, inBand }
}

/** The signals of parting and joining, among all that can be heard. */
function signalsIn(phone: RtpPhone): number[] {
  const all = tonesIn(phone.heard(), [300, 500, 620, 880, 2_300, 2_700])
  return all.filter(hz => hz === 620 || hz === 880)
}

describe('a caller and a clerk', () => {
  it('hear each other; when the clerk leaves, the caller is where they were', async () => {
    const desk = await clerk('clerk1', 300)
    const phone = await caller(byEvents)
    const talk = await desk.nextCall()
    await systemRuntime.sleep(1_500)
    await Promise.all([phone.play(tone(1_100, 500)), talk.play(tone(1_900, 500))])
    await systemRuntime.sleep(300)
    expect(tonesIn(talk.heard(), [300, 1_100, 1_900])).toContain(1_100)
    expect(tonesIn(phone.heard(), [300, 500, 1_100, 1_900])).toContain(1_900)
    expect(steps.at(-1)).toBe('care.wait')
    await talk.hangUp()
    await asked('bank.menu')
    expect(tonesIn(phone.heard(), [300, 500, 1_900, 2_300])).toContain(2_300)
  })

  it('part when the caller leaves: the clerk is hung up', async () => {
    const desk = await clerk('clerk1', 300)
    const phone = await caller(byEvents)
    const talk = await desk.nextCall()
    await systemRuntime.sleep(1_500)
    callers.splice(0)
    await phone.hangUp()
    await talk.ended
    expect(desk.asked.at(-1)).toBe('BYE')
    await until('no call is left', () => application.calls === 0)
  })

  it('a telephone that is not registered is not rung, and a caller who goes back ends the ringing', async () => {
    const away = await clerk('clerk1', 300)
    await away.unregister()
    const desk = await clerk('clerk2')
    const phone = await caller(byEvents)
    await until('it rings', () => desk.asked.includes('INVITE'))
    await keys(phone, '9', byEvents)
    await until('it rings no more', () => desk.asked.includes('CANCEL'))
    expect(away.asked).not.toContain('INVITE')
    expect(steps.at(-1)).toBe('bank.menu')
  })
})

describe('a call to a clerk', () => {
  it('that the telephone has forwarded goes nowhere: to no number outside, and to no line', async () => {
    const outside = createSocket('udp4').bind(0, '127.0.0.1')
    await once(outside, 'listening')
    const caught: string[] = []
    outside.on('message', bytes => caught.push(bytes.toString('latin1')))
    const { host, port } = asterisk.switch.sip
    const number = `sip:+8613800138000@127.0.0.1:${outside.address().port}`
    for (const uri of [number, `sip:9001@${host}:${port}`]) {
      steps = []
      const desk = await clerk('clerk1', undefined, uri)
      const phone = await caller(byEvents)
      await asked('care.number')
      expect(desk.asked.filter(method => method === 'INVITE')).toHaveLength(1)
      await systemRuntime.sleep(500)
      expect(dialled.splice(0)).toEqual(['9001'])
      callers.splice(0)
      await phone.hangUp()
      await until('the call has ended', () => application.calls === 0)
      await desk.unregister()
    }
    expect(caught).toEqual([])
    outside.close()
  })

  it('that somebody else began under a clerk’s name is hung up, and serves nobody', async () => {
    const desk = await clerk('clerk1', 100)
    const ari = await AriClient.open(asterisk.switch.ariFor('harbour'), systemRuntime)
    try {
      const ids = ['begun-elsewhere', `${clerkPrefix}harbour-${'0'.repeat(32)}`]
      for (const channelId of ids) {
        const what = { channelId, app: 'harbour', appArgs: rungArgument, endpoint: 'PJSIP/clerk1', timeout: 10 }
        await ari.request('channels', 'originateWithId', what, {})
        const call = await desk.nextCall()
        await withDeadline(systemRuntime, 'it is hung up', 3_000, call.ended)
        expect(application.calls).toBe(0)
      }
    } finally {
      ari.close()
    }
    expect(dialled).toEqual([])
  })
})

/** How a telephone sends its keys. Asterisk makes events of tones where it listens for them, and lets them pass where it expects events. */
const ways = [
  { way: 'events', telephoneEvent: 101, hasTones: false, leaks: 'events' },
  { way: 'tones', telephoneEvent: undefined, hasTones: true, leaks: 'events' },
  { way: 'events, and tones beside them', telephoneEvent: 101, hasTones: true, leaks: 'inBand' },
] as const

/** By day the telephone that needs all of the masking, and the ear's own test; each way by night. */
const isNight = process.env['NIGHT'] === '1'

describe.each(isNight ? ways : ways.slice(-1))('account and PIN keyed as $way', way => {
  it('are heard by nobody at the clerk’s telephone', async () => {
    expect(await keyedBeforeAClerk(way)).toEqual({
      ...{ events: 0, inBand: 0 },
      // Falling as they part, rising as they come back; to the caller nothing.
      ...{ signals: [880, 620, 620, 880], callerHears: [] },
    })
  })

  it('are heard there by a line that absorbs no keys and does not part the two', async () => {
    const ari = await AriClient.open(asterisk.switch.ariFor('harbour'), systemRuntime)
    wrapped = line => unmasked(line, new Bridges(ari))
    const heard = await keyedBeforeAClerk(way)
    ari.close()
    expect(heard[way.leaks]).toBeGreaterThan(account.length)
  })
})

/** The caller keys in what the clerk asks for and, where keys are events alone, two keys more while the clerk listens. */
async function keyedBeforeAClerk(way: Way) {
  const desk = await clerk('clerk1', 300)
  const phone = await caller(way)
  const talk = await desk.nextCall()
  await systemRuntime.sleep(1_500)
  await talk.press('1')
  await asked('care.account')
  await systemRuntime.sleep(900)
  await keys(phone, account, way)
  await asked('care.pin')
  await systemRuntime.sleep(900)
  await keys(phone, pin, way)
  await until('both are taken', () => keyed.length === 2)
  expect(keyed).toEqual([account, pin])
  await until('the clerk is told', () => tonesIn(talk.heard(), [300, 2_700]).includes(2_700))
  await systemRuntime.sleep(1_500)
  if (!way.hasTones) await keys(phone, '44', way)
  await systemRuntime.sleep(500)
  const heard = { ...heardKeys(talk), signals: signalsIn(talk), callerHears: signalsIn(phone) }
  await talk.hangUp()
  return heard
}

/** The same line without the masking: keys pass on, and the caller stays with the clerk while keying. */
function unmasked(line: AsteriskLine, bridges: Bridges): Line {
  return new Proxy(line as Line, {
    get: (target, name) => {
      if (name === 'join')
        return async (leg: Parameters<NonNullable<Line['join']>>[0]) => {
          // As itself, and then moved: whatever is in a bridge's way is out of it.
          await line.join(leg)
          const name = `plain-${line.callId}`
          await bridges.create(name, 'mixing,dtmf_events,proxy_media')
          await bridges.add(name, [line.channelId, (leg as AsteriskClerkLeg).channelId])
          return { part: async () => {} }
        }
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
