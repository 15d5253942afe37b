/** Real calls while something dies: our process, the event socket, Asterisk. No call is lost that could be kept. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { AriClient } from '../../../src/phone/asterisk/ari-client.ts'
import {
  type ApplicationNotice,
  type ConnectedApplication,
  connectApplication,
} from '../../../src/phone/asterisk/connect-application.ts'
import { accepted, type Call } from '../../../src/phone/call.ts'
import type { Progress } from '../../../src/phone/line.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import type { Speech } from '../../../src/speech/speech.ts'
import { startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { callByRtp, type RtpPhone } from '../harness/rtp-phone.ts'
import { tonesIn } from '../harness/tone.ts'
import { until as untilTrue } from '../harness/until.ts'
import { openProxy } from './proxy.ts'
import { toneSpeech } from './tone-speech.ts'

const sounds = mkdtempSync(join(tmpdir(), 'tonebank-tones-'))
let asterisk: TestAsterisk
let speech: Speech
let longSpeech: Speech
/** What the next institution speaks with. */
let speechInUse: Speech
const phones: RtpPhone[] = []
const institutions: Institution[] = []

/** An institution's process, as far as its calls can tell: it can be let go of, as by a crash, and started again. */
interface Institution {
  readonly connected: ConnectedApplication
  readonly notices: ApplicationNotice[]
  readonly calls: { id: string; resumed: Progress | undefined; events: TranscriptEvent[]; keyed: string[] }[]
}

async function startInstitution(application: string, url?: string): Promise<Institution> {
  const notices: ApplicationNotice[] = []
  const calls: Institution['calls'] = []
  const account = asterisk.switch.ariFor(application)
  const connected = await connectApplication({
    ari: url ? { ...account, url } : account,
    application,
    runtime: systemRuntime,
    clips: [],
    drainVariable: `DRAIN_${application}`,
    onNotice: notice => void notices.push(notice),
    handler: line => {
      const served = { id: line.callId, resumed: line.resumed, events: [] as TranscriptEvent[], keyed: [] as string[] }
      calls.push(served)
      const transcript = (event: TranscriptEvent) => void served.events.push(event)
      const options = { speech: speechInUse, runtime: systemRuntime, transcript, limits: { answer } }
      return serveCall(line, call => askForAnAmountTwice(call, served.keyed), options)
    },
  })
  const institution = { connected, notices, calls }
  institutions.push(institution)
  return institution
}

const answer = { firstKeyMs: 8_000, interKeyMs: 3_000, wholeMs: 3_000, overallMs: 30_000, offerMs: 3_000 }

async function askForAnAmountTwice(call: Call, keyed: string[]): Promise<void> {
  const ask = () =>
    call.ask('pay.amount', { phrase: 'pay.amount', digits: { min: 1, max: 6 }, amount: true, accept: accepted })
  await call.speak('zh')
  keyed.push(await ask())
  if (!call.resumed) await call.intent('payment', 'whose')
  keyed.push(await ask())
}

async function dial(number: string): Promise<RtpPhone> {
  const { sip: server } = asterisk.switch
  const phone = await callByRtp({ server, account: asterisk.account('desk1'), number, telephoneEvent: 101 })
  phones.push(phone)
  return phone
}

async function presses(phone: RtpPhone, keys: string): Promise<void> {
  for (const key of keys) {
    await phone.press(key)
    await systemRuntime.sleep(120)
  }
}

/** A process may have to notice first that another is gone. */
const until = (what: string, isTrue: () => boolean, withinMs = 6_000) => untilTrue(what, isTrue, withinMs)

const hasIntent = ({ calls }: Institution) => calls[0]?.events.some(({ event }) => event === 'intent') ?? false
const endings = ({ calls }: Institution) =>
  calls.flatMap(({ events }) => events.flatMap(event => (event.event === 'ended' ? [event.how] : [])))

beforeAll(async () => {
  speech = toneSpeech(sounds, { 'pay.amount': { frequencyHz: 600, seconds: 0.4 } })
  longSpeech = toneSpeech(sounds, { 'goodbye.time': { frequencyHz: 1_500, seconds: 6 } }, 'goodbye.time')
  speechInUse = speech
  asterisk = await startAsterisk({ soundsFolder: sounds })
})

afterEach(async () => {
  for (const phone of phones.splice(0)) {
    await Promise.race([phone.ended, phone.hangUp().catch(() => {})])
    phone.close()
  }
  await systemRuntime.sleep(100)
  for (const { connected } of institutions.splice(0)) connected.close()
})

afterAll(async () => {
  await asterisk?.stop()
  rmSync(sounds, { recursive: true, force: true })
})

it('a call survives the process that served it, with its language and its open intent', async () => {
  const first = await startInstitution('harbour')
  const phone = await dial('9001')
  await systemRuntime.sleep(300)
  await presses(phone, '5#')
  await until('the intent', () => hasIntent(first))
  first.connected.close()
  await systemRuntime.sleep(300)

  const second = await startInstitution('harbour')
  await until('the call is taken up', () => second.calls.length === 1)
  const [before, after] = [first.calls[0], second.calls[0]]
  expect(after?.id).toBe(before?.id)
  const intent = before?.events.flatMap(event => (event.event === 'intent' ? [event] : []))[0]
  expect(after?.resumed).toEqual({ language: 'zh', intent: { id: intent?.id, name: 'payment', principal: 'whose' } })
  await systemRuntime.sleep(700)
  await presses(phone, '6#')
  await presses(phone, '7#')
  await phone.ended
  expect(after?.keyed).toEqual(['6', '7'])
})

it("an institution that restarts does not touch another institution's call", async () => {
  const [harbour, lantern] = [await startInstitution('harbour'), await startInstitution('lantern')]
  const phone = await dial('8001')
  await systemRuntime.sleep(300)
  await presses(phone, '1#')
  await until('the intent', () => hasIntent(lantern))
  harbour.connected.close()
  const restarted = await startInstitution('harbour')
  await systemRuntime.sleep(500)
  await presses(phone, '2#')
  await phone.ended
  expect(restarted.calls).toEqual([])
  expect(lantern.calls[0]?.keyed).toEqual(['1', '2'])
})

it('of two connections under one name the older lets go, and the newer has the call', async () => {
  const older = await startInstitution('harbour')
  const phone = await dial('9001')
  await until('the call', () => older.calls.length === 1)
  const newer = await startInstitution('harbour')
  await older.connected.replaced
  await until('the call is taken up', () => newer.calls.length === 1)
  await systemRuntime.sleep(1_200)
  await presses(phone, '1#2#')
  await phone.ended
  expect(newer.calls[0]?.keyed).toEqual(['1', '2'])
  expect(endings(older)).toEqual(['caller-left'])
})

it('a socket that dies without a word is found within 4 s, and the call goes on', async () => {
  const proxy = await openProxy(asterisk.switch.ariFor('harbour').url)
  const institution = await startInstitution('harbour', proxy.url)
  const phone = await dial('9001')
  await until('the call', () => institution.calls.length === 1)
  await systemRuntime.sleep(1_000)
  proxy.freeze()
  const foundMs = await until('the loss is noticed', () => institution.notices.some(({ notice }) => notice === 'lost'))
  expect(foundMs).toBeLessThan(4_000)
  await until('it is back', () => institution.notices.at(-1)?.notice === 'connected')
  await presses(phone, '1#2#')
  await phone.ended
  expect(institution.calls).toHaveLength(1)
  expect(institution.calls[0]?.keyed).toEqual(['1', '2'])
  await proxy.close()
})

it('Asterisk restarts: its calls are gone once, and new ones are served', async () => {
  const institution = await startInstitution('harbour')
  await dial('9001')
  await until('the call', () => institution.calls.length === 1)
  process.kill(asterisk.switch.pid ?? 0, 'SIGKILL')
  await until('the call has ended', () => endings(institution).length > 0)
  await asterisk.switch.ready()
  await until('it is back', () => institution.notices.at(-1)?.notice === 'connected', 8_000)
  const phone = await dial('9001')
  await systemRuntime.sleep(800)
  await presses(phone, '3#4#')
  await phone.ended
  expect(institution.calls.map(({ keyed }) => keyed)).toEqual([[], ['3', '4']])
  expect(endings(institution)).toEqual(['caller-left', 'said-goodbye'])
})

it('a drained institution turns new callers away and lets the others finish', async () => {
  const institution = await startInstitution('harbour')
  const phone = await dial('9001')
  await until('the call', () => institution.calls.length === 1)
  const drained = institution.connected.drain()
  await systemRuntime.sleep(300)
  await dial('9001')
  await systemRuntime.sleep(700)
  expect(institution.calls).toHaveLength(1)
  await presses(phone, '1#2#')
  await phone.ended
  await drained
  expect(institution.calls[0]?.keyed).toEqual(['1', '2'])
})

it('who takes a call up silences what its forerunner was saying', async () => {
  speechInUse = longSpeech
  const first = await startInstitution('harbour')
  const phone = await dial('9001')
  await until('the call', () => first.calls.length === 1)
  await systemRuntime.sleep(1_000)
  first.connected.close()
  speechInUse = speech
  const second = await startInstitution('harbour')
  await until('the call is taken up', () => second.calls.length === 1)
  await systemRuntime.sleep(1_000)
  expect(tonesIn(phone.heard(), [600, 1_500])).toEqual([1_500, 600])
})

it('prompts go over the event socket, and no event comes that nobody reads', async () => {
  const proxy = await openProxy(asterisk.switch.ariFor('harbour').url)
  const institution = await startInstitution('harbour', proxy.url)
  const phone = await dial('9001')
  await until('the call', () => institution.calls.length === 1)
  await systemRuntime.sleep(1_000)
  await presses(phone, '1#2#')
  await phone.ended
  expect(proxy.received()).toMatch(/"type":"RESTResponse"[^}]*"uri":"channels\/[^"]*\/play"/)
  expect(proxy.received()).toContain('"type":"PlaybackFinished"')
  expect(proxy.received()).not.toMatch(/"type":"(PlaybackStarted|ChannelVarset|ChannelDialplan)"/)
  await proxy.close()
})

it('a request to an Asterisk that stands still ends at its deadline', async () => {
  const ari = await AriClient.open(asterisk.switch.ariFor('harbour'), systemRuntime)
  const pid = asterisk.switch.pid ?? 0
  process.kill(pid, 'SIGSTOP')
  try {
    const beganAtMs = systemRuntime.monotonicMs()
    await expect(ari.request('asterisk', 'ping')).rejects.toThrow('no answer within 2000 ms')
    expect(systemRuntime.monotonicMs() - beganAtMs).toBeLessThan(2_500)
  } finally {
    process.kill(pid, 'SIGCONT')
    ari.close()
  }
})

it('a wrong password is an error to catch, without the password', async () => {
  const wrong = { ...asterisk.switch.ariFor('harbour'), password: new Secret('not-the-password') }
  const error = await AriClient.open(wrong, systemRuntime).catch((reason: unknown) => reason)
  expect(String(error)).toContain('401')
  expect(JSON.stringify(error)).not.toContain('not-the-password')
})

it('no channel is left behind after all this', async () => {
  const ari = await AriClient.open(asterisk.switch.ariFor('harbour'), systemRuntime)
  expect(await ari.request('channels', 'list')).toEqual([])
  ari.close()
})
