/** Frames over real calls through Asterisk: a softphone plays one into the call and records ours; lines that lose packets, leave or die. */
import { createSocket } from 'node:dgram'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Frame, frameBits } from '../../../src/modem/frame.ts'
import { LINE_MODES } from '../../../src/modem/modes.ts'
import { modulate } from '../../../src/modem/modulator.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { writeWav } from '../../../src/modem/wav.ts'
import { AriClient } from '../../../src/phone/asterisk/ari-client.ts'
import { type ConnectedLine, connectLine } from '../../../src/phone/asterisk/connect-line.ts'
import { laws } from '../../../src/phone/asterisk/samples/g711.ts'
import { rtpBytes } from '../../../src/phone/asterisk/samples/rtp-packet.ts'
import type { Call, FrameReception } from '../../../src/phone/call.ts'
import { digitsOfFrame } from '../../../src/phone/frames/digit-frame.ts'
import { type CallFault, type CallScript, serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { Speech } from '../../../src/speech/speech.ts'
import { root, startAsterisk, type TestAsterisk } from '../harness/asterisk.ts'
import { type Phone, startPhone } from '../harness/baresip.ts'
import { callByRtp, type RtpPhone, type RtpPhoneOptions } from '../harness/rtp-phone.ts'
import { openProxy } from './proxy.ts'
import { toneSpeech } from './tone-speech.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-frames-'))
let asterisk: TestAsterisk
let ari: AriClient
let speech: Speech
let line: ConnectedLine
/** What the next call does; set by each test. */
let script: CallScript
let faults: CallFault[] = []
let events: TranscriptEvent[] = []
let served: Promise<void> = Promise.resolve()
const phones: (RtpPhone | Phone)[] = []

/** A frame whose payload says which test it belongs to. */
function frameOf(sequence: number, byteCount: number): Frame {
  const payload = Uint8Array.from({ length: byteCount }, (_, index) => (index * 7 + sequence * 31) & 0xff)
  return { type: 3, sequence, keyId: 5, payload }
}

const signalOf = (frame: Frame) => modulate(frameBits(frame), LINE_MODES.v23)
const codesOf = (frame: Frame) => laws.alaw.encode(signalOf(frame))

/** A file for a softphone: silence, the frame, and silence for as long as the call may last. */
function wavOf(frame: Frame): string {
  const signal = signalOf(frame)
  const samples = new Float32Array(8_000 + signal.length + 20 * 8_000)
  samples.set(signal, 8_000)
  const path = join(folder, `${frame.sequence}.wav`)
  writeFileSync(path, writeWav(samples))
  return path
}

function connect(application: string, ari = asterisk.switch.ariFor(application)): Promise<ConnectedLine> {
  return connectLine({
    ari,
    application,
    runtime: systemRuntime,
    clips: [],
    drainVariable: `DRAIN_${application}`,
    handler: line => {
      const transcript = (event: TranscriptEvent) => void events.push(event)
      const onFault = (fault: CallFault) => void faults.push(fault)
      served = serveCall(line, script, { speech, runtime: systemRuntime, transcript, onFault })
      return served
    },
  })
}

beforeAll(async () => {
  speech = toneSpeech(folder, {})
  asterisk = await startAsterisk({ soundsFolder: folder })
  ari = await AriClient.open(asterisk.switch.ariFor('harbour'), systemRuntime)
  line = await connect('harbour')
})

afterEach(async () => {
  for (const phone of phones.splice(0)) {
    if ('quit' in phone) await phone.quit()
    else phone.close()
  }
  const seen = faults
  events = []
  faults = []
  await until('everything is cleared away', async () => (await leftBehind()).length === 0)
  expect(seen).toEqual([])
})

afterAll(async () => {
  line?.close()
  ari?.close()
  await asterisk?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function softphone(options: { codec?: 'PCMA' | 'PCMU'; plays?: string }): Promise<Phone> {
  const { sip: server } = asterisk.switch
  const phone = await startPhone({ server, account: asterisk.account('desk1'), ...options })
  phones.push(phone)
  await phone.dial('9001')
  return phone
}

async function dial(options: Partial<RtpPhoneOptions> = {}, at = asterisk): Promise<RtpPhone> {
  const whole = { server: at.switch.sip, account: at.account('desk1'), number: '9001', telephoneEvent: 101, ...options }
  const phone = await callByRtp(whole)
  phones.push(phone)
  return phone
}

async function until<T>(what: string, isTrue: () => Promise<T> | T, withinMs = 4_000): Promise<void> {
  const beganAtMs = systemRuntime.monotonicMs()
  while (!(await isTrue())) {
    if (systemRuntime.monotonicMs() - beganAtMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await systemRuntime.sleep(20)
  }
}

/** Channels and bridges that Asterisk still has, whoever made them. */
async function leftBehind(): Promise<string[]> {
  const [channels, bridges] = [await ari.request('channels', 'list'), await ari.request('bridges', 'list')]
  return [...(channels as { name: string }[]), ...(bridges as { id: string }[])].map(each => JSON.stringify(each))
}

/** The port to which Asterisk sends a call's sound: it is in the name of the channel, as in `UnicastRTP/127.0.0.1:40007-…`. */
async function mediaPort(): Promise<number | undefined> {
  const channels = (await ari.request('channels', 'list')) as { name: string }[]
  const port = channels.map(({ name }) => name.match(/^UnicastRTP\/127\.0\.0\.1:(\d+)/)?.[1]).find(Boolean)
  return port === undefined ? undefined : Number(port)
}

const udpPorts = () => process.getActiveResourcesInfo().filter(name => name === 'UDPWrap').length
const isBridged = async () =>
  ((await ari.request('bridges', 'list')) as { channels: string[] }[])[0]?.channels.length === 2

function receiving(received: FrameReception[], withinMs = 8_000): CallScript {
  return async (call: Call) => void received.push(await call.receiveFrame({ withinMs }))
}

describe('a softphone', () => {
  it('plays a frame into the call, and it arrives', async () => {
    const frame = frameOf(1, 150)
    const received: FrameReception[] = []
    script = receiving(received)
    const phone = await softphone({ plays: wavOf(frame) })
    await phone.untilEnded()
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'v23' } }])
    expect(events).toContainEqual({ event: 'frame-awaited', outcome: 'frame', type: 3, byteCount: 150 })
  })

  it.each(['PCMA', 'PCMU'] as const)('hears a frame of ours, %s', async codec => {
    const frame = frameOf(2, 60)
    script = async call => {
      await call.say('goodbye')
      expect(await call.sendFrame(frame)).toEqual({ outcome: 'sent' })
      await call.say('goodbye')
    }
    const phone = await softphone({ codec })
    await phone.untilEnded()
    const { heard } = await phone.quit()
    phones.pop()
    const samples = Float32Array.from(heard[0] ?? [], sample => sample / 32_768)
    const heardFrames = new Receiver(LINE_MODES.v23)
      .push(samples)
      .flatMap(event => (event.kind === 'frame' ? [event.frame] : []))
    expect(heardFrames).toEqual([frame])
  })
})

describe('a line that loses packets', () => {
  it('shows every one of them as a gap, and the frame arrives', async () => {
    const frame = frameOf(3, 150)
    const lost = new Set([4, 17, 18, 40, 41, 42, 90])
    const received: FrameReception[] = []
    script = receiving(received)
    const phone = await dial()
    await until('the sound comes here', isBridged)
    await systemRuntime.sleep(100)
    await phone.play(codesOf(frame), lost)
    await phone.ended
    const missingSamples = lost.size * 160
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'v23', missingSamples } }])
  })

  it('is heard to the end even when its phone sends nothing more', async () => {
    const frame = frameOf(4, 20)
    const received: FrameReception[] = []
    script = receiving(received, 20_000)
    const phone = await dial({ suppressSilence: true })
    await until('the sound comes here', isBridged)
    await phone.play(codesOf(frame))
    await phone.ended
    expect(received).toMatchObject([{ outcome: 'frame', frame }])
  })

  it('takes sound from Asterisk only, whoever else of this machine sends some', async () => {
    const frame = frameOf(5, 60)
    const received: FrameReception[] = []
    script = receiving(received)
    const phone = await dial()
    await until('the sound comes here', isBridged)
    const stranger = createSocket('udp4')
    const port = await mediaPort()
    const noise = Uint8Array.from({ length: 160 }, (_, index) => (index * 97) & 0xff)
    const playing = phone.play(codesOf(frame))
    for (let sequence = 0; sequence < 60; sequence++) {
      const numbers = { sequence, timestamp: sequence * 160, source: 7 }
      stranger.send(rtpBytes({ payloadType: 8, marker: false, payload: noise, ...numbers }), port, '127.0.0.1')
      await systemRuntime.sleep(20)
    }
    await playing
    await phone.ended
    stranger.close()
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { missingSamples: 0 } }])
  })
})

describe('a line of another codec', () => {
  it('is unsuitable for frames, and its digits pass', async () => {
    const templatesFolder = join(folder, 'templates-with-g722')
    cpSync(join(root, 'asterisk-conf'), templatesFolder, { recursive: true })
    const phoneConf = join(templatesFolder, 'templates/pjsip.conf')
    writeFileSync(phoneConf, readFileSync(phoneConf, 'utf8').replace('allow = alaw,ulaw', 'allow = alaw,ulaw,g722'))
    const other = await startAsterisk({ soundsFolder: folder, templatesFolder })
    const frame = frameOf(6, 1)
    const outcomes: string[] = []
    const received: FrameReception[] = []
    script = async call => {
      outcomes.push((await call.sendFrame(frame)).outcome)
      outcomes.push((await call.receiveFrame({ withinMs: 1_000 })).outcome)
      received.push(await call.receiveFrame({ withinMs: 10_000, modes: 'dtmf' }))
    }
    const served = await connect('harbour', other.switch.ariFor('harbour'))
    try {
      const phone = await dial({ codec: 'G722' }, other)
      await until('the sound was refused', () => outcomes.length === 2)
      expect(outcomes).toEqual(['unsuitable line', 'unsuitable line'])
      for (const digit of digitsOfFrame(frame)) {
        await phone.press(digit, { durationMs: 40 })
        // With the end packets 80 ms. After less than 45 Asterisk may report a digit twice.
        await systemRuntime.sleep(20)
      }
      await phone.ended
      expect(received).toEqual([{ outcome: 'frame', frame, quality: { mode: 'dtmf', missingDigits: 0 } }])
    } finally {
      served.close()
      await other.stop()
    }
  })
})

it('keys a frame to the phone as digits', async () => {
  const frame = frameOf(7, 1)
  script = async call => expect(await call.sendFrame(frame, { mode: 'dtmf' })).toEqual({ outcome: 'sent' })
  const phone = await dial()
  await phone.ended
  const ends = phone.received.filter(({ payloadType, payload }) => payloadType === 101 && (payload[1] ?? 0) >= 0x80)
  const digits = new Map(ends.map(({ timestamp, payload }) => [timestamp, '0123456789*#ABCD'[payload[0] ?? 0]]))
  expect([...digits.values()].join('')).toEqual(digitsOfFrame(frame))
})

describe('hanging up', () => {
  it.each(['sendFrame', 'receiveFrame'] as const)('in the middle of %s leaves nothing open', async verb => {
    const frame = frameOf(8, 200)
    const ports = udpPorts()
    script = async call =>
      void (verb === 'sendFrame' ? await call.sendFrame(frame) : await call.receiveFrame({ withinMs: 20_000 }))
    const phone = await dial()
    await until('the sound comes here', isBridged)
    const playing = verb === 'receiveFrame' ? phone.play(codesOf(frame)) : Promise.resolve()
    await systemRuntime.sleep(700)
    await phone.hangUp()
    await served
    expect(await leftBehind()).toEqual([])
    expect(udpPorts()).toBe(ports)
    expect(events.at(-1)).toEqual({ event: 'ended', how: 'caller-left' })
    void playing
  })

  it('while the link opens leaves nothing open', async () => {
    const ports = udpPorts()
    let begin: () => void = () => {}
    const begun = new Promise<void>(resolve => {
      begin = resolve
    })
    script = async call => {
      begin()
      await call.receiveFrame({ withinMs: 20_000 })
    }
    const phone = await dial()
    await begun
    await phone.hangUp()
    await served
    expect(await leftBehind()).toEqual([])
    expect(udpPorts()).toBe(ports)
  })
})

describe('a process that dies in the middle of a frame', () => {
  it('leaves a link that the next one removes, and no other', async () => {
    let received = 0
    script = async call => {
      received++
      if (call.resumed) await call.say('goodbye')
      else await call.receiveFrame({ withinMs: 20_000 })
    }
    const foreign = 'tonebank-media-harbour-annex-0123456789abcdef0123456789abcdef'
    await ari.request('bridges', 'createWithId', { bridgeId: foreign, type: 'mixing' })
    const phone = await dial()
    await until('the sound comes here', async () => (await mediaPort()) !== undefined)
    await systemRuntime.sleep(200)
    line.close()
    expect((await leftBehind()).length).toBe(4)
    line = await connect('harbour')
    await phone.ended
    expect(received).toBe(2)
    expect(((await ari.request('bridges', 'list')) as { id: string }[]).map(({ id }) => id)).toEqual([foreign])
    await ari.request('bridges', 'destroy', { bridgeId: foreign })
  })

  it('is not taken for dead when only its event socket was: the frame goes on', async () => {
    line.close()
    const proxy = await openProxy(asterisk.switch.ariFor('harbour').url)
    line = await connect('harbour', { ...asterisk.switch.ariFor('harbour'), url: proxy.url })
    const frame = frameOf(9, 20)
    const received: FrameReception[] = []
    script = receiving(received, 20_000)
    const phone = await dial()
    await until('the sound comes here', isBridged)
    proxy.freeze()
    await systemRuntime.sleep(4_000)
    await phone.play(codesOf(frame))
    await phone.ended
    expect(received).toMatchObject([{ outcome: 'frame', frame }])
    line.close()
    await proxy.close()
    line = await connect('harbour')
  })
})
