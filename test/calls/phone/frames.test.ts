/** Frames over real calls through Asterisk: a softphone plays one into the call and records ours; lines lose packets, or bend sound. */
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { digitSamples } from '../../../src/modem/dtmf/tones.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { accepted, type FrameReception } from '../../../src/phone/call.ts'
import { digitsOfFrame } from '../../../src/phone/frames/digit-frame.ts'
import { rtpBytes } from '../../../src/rtp/packet.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { until } from '../harness/until.ts'
import { codesOf, FrameStage, frameOf } from './frame-stage.ts'

let stage: FrameStage

beforeAll(async () => {
  stage = await FrameStage.open()
  await stage.connect()
})

afterEach(() => stage.clear())

afterAll(() => stage?.close())

describe('a softphone', () => {
  it('plays a frame into the call, and it arrives', async () => {
    const frame = frameOf(1, 150)
    const received: FrameReception[] = []
    stage.script = stage.receiving(received)
    const phone = await stage.softphone({ plays: stage.wavOf(frame) })
    await phone.untilEnded()
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'v23' } }])
    expect(stage.events).toContainEqual({ event: 'frame-awaited', outcome: 'frame', type: 3, byteCount: 150 })
  })

  it.each(['PCMA', 'PCMU'] as const)('hears a frame of ours, %s', async codec => {
    const frame = frameOf(2, 60)
    stage.script = async call => {
      await call.say('goodbye')
      expect(await call.sendFrame(frame)).toEqual({ outcome: 'sent' })
    }
    const phone = await stage.softphone({ codec })
    await phone.untilEnded()
    const samples = await stage.heardBy(phone)
    const heardFrames = new Receiver(LINE_MODES.v23)
      .push(samples)
      .flatMap(event => (event.kind === 'frame' ? [event.frame] : []))
    expect(heardFrames).toEqual([frame])
  })
})

it('a frame of ours reaches the phone as it was made, byte for byte and with our times', async () => {
  const frame = frameOf(10, 20)
  stage.script = async call => void (await call.sendFrame(frame))
  const phone = await stage.dial()
  await phone.ended
  const endedAtMs = performance.now()
  const codes = Buffer.concat(phone.received.map(({ payload }) => payload))
  expect(codes.indexOf(Buffer.from(codesOf(frame)))).toBeGreaterThanOrEqual(0)
  const steps = phone.received.slice(1).map(({ timestamp }, at) => timestamp - (phone.received[at]?.timestamp ?? 0))
  expect(steps.filter(step => step !== 160)).toEqual([])
  // The call ends when a jitter buffer has had the time to play it.
  const audible = phone.received.filter(({ payload }) => payload.some(code => code !== aLaw.silence))
  expect(endedAtMs - (audible.at(-1)?.atMs ?? 0)).toBeGreaterThan(250)
})

describe('a line that loses packets', () => {
  it('shows every one of them as a gap, and the frame arrives', async () => {
    const frame = frameOf(3, 150)
    const lost = new Set([4, 17, 18, 40, 41, 42, 90])
    const received: FrameReception[] = []
    stage.script = stage.receiving(received)
    const phone = await stage.dial()
    await stage.untilLinked()
    await systemRuntime.sleep(100)
    await phone.play(codesOf(frame), lost)
    await phone.ended
    const missingSamples = lost.size * 160
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'v23', missingSamples } }])
  })

  it('is heard to the end although the last packet is lost and the phone sends no more', async () => {
    const frame = frameOf(4, 20)
    const received: FrameReception[] = []
    stage.script = stage.receiving(received, 20_000)
    const phone = await stage.dial({ suppressSilence: true })
    await stage.untilLinked()
    const codes = codesOf(frame)
    await phone.play(codes, new Set([Math.floor((codes.length - 1) / 160)]))
    await phone.ended
    expect(received).toMatchObject([{ outcome: 'frame', frame }])
  })

  it('carries the sound of its two ends only, whoever else of this machine sends some', async () => {
    const frame = frameOf(5, 60)
    const received: FrameReception[] = []
    stage.script = stage.receiving(received)
    const phone = await stage.dial()
    await stage.untilLinked()
    await systemRuntime.sleep(200)
    const stranger = createSocket('udp4')
    const { ours, asterisks } = await stage.mediaPorts()
    const noise = Uint8Array.from({ length: 160 }, (_, index) => (index * 97) & 0xff)
    const playing = phone.play(codesOf(frame))
    for (let sequence = 0; sequence < 60; sequence++) {
      const numbers = { sequence, timestamp: sequence * 160, source: 7 }
      const packet = rtpBytes({ payloadType: 8, marker: false, payload: noise, ...numbers })
      for (const port of [ours, asterisks]) stranger.send(packet, port, '127.0.0.1')
      await systemRuntime.sleep(20)
    }
    await playing
    await phone.ended
    stranger.close()
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { missingSamples: 0 } }])
    expect(phone.received.filter(({ payload }) => payload.equals(noise))).toEqual([])
  })
})

describe('a phone without telephone events, whose tones Asterisk listens for', () => {
  /** `TONEBANK_FRAMES=1000` measures: at most one in a hundred may be lost. */
  const frameCount = Number(process.env['TONEBANK_FRAMES'] ?? 40)
  /** One thread reads them all. Beside other files of tests it has half a core, which is enough for some calls that all send without a pause. */
  const atOnce = frameCount >= 1_000 ? 8 : 3

  it(`sends ${frameCount} frames by V.23: they arrive, and no key is reported`, { timeout: 3_600_000 }, async () => {
    const frames = Array.from({ length: frameCount }, (_, number) => ({
      ...frameOf(number & 0xff, 0),
      payload: randomBytes(24),
    }))
    const sent = new Set(frames.map(({ payload }) => payload.toString('hex')))
    const arrived = new Set<string>()
    stage.script = async call => {
      for (;;) {
        const reception = await call.receiveFrame({ withinMs: 6_000 })
        if (reception.outcome === 'nothing') return
        if (reception.outcome === 'frame') arrived.add(Buffer.from(reception.frame.payload).toString('hex'))
      }
    }
    const send = async (first: number) => {
      const account = stage.asterisk.account(`desk${1 + (first % 4)}`)
      const phone = await stage.dial({ telephoneEvent: undefined, account })
      await systemRuntime.sleep(1_500)
      for (let number = first; number < frameCount; number += atOnce) {
        const frame = frames[number]
        if (frame) await phone.play(codesOf(frame))
        await systemRuntime.sleep(400)
      }
      await phone.hangUp()
    }
    await Promise.all(Array.from({ length: atOnce }, (_, first) => send(first)))
    if (frameCount >= 1_000) process.stderr.write(`${arrived.size} of ${frameCount} frames arrived\n`)
    expect(stage.keysReported).toBe(0)
    expect([...arrived].filter(payload => !sent.has(payload))).toEqual([])
    expect(arrived.size).toBeGreaterThanOrEqual(frameCount * 0.99)
  })

  it.each([
    ['packet by packet', 1],
    ['two packets at a time', 2],
    ['five packets at a time', 5],
  ])('is heard when it keys by tones that come %s', async (_, packetsAtOnce) => {
    const keyed: string[] = []
    stage.script = async call => {
      const digits = { min: 1, max: 20 }
      keyed.push(await call.ask('account', { phrase: 'sign-in.account', digits, accept: accepted }))
    }
    const phone = await stage.dial({ telephoneEvent: undefined, packetsAtOnce })
    await systemRuntime.sleep(1_500)
    await phone.play(aLaw.encode(digitSamples('15902468013577#')))
    await phone.ended
    expect(keyed).toEqual(['15902468013577'])
  })
})

describe('a line of another codec', () => {
  it('is unsuitable for frames, and its digits pass', async () => {
    const frame = frameOf(6, 1)
    const outcomes: string[] = []
    const received: FrameReception[] = []
    stage.script = async call => {
      outcomes.push((await call.sendFrame(frame)).outcome)
      outcomes.push((await call.receiveFrame({ withinMs: 1_000 })).outcome)
      received.push(await call.receiveFrame({ withinMs: 10_000, modes: 'dtmf' }))
    }
    const phone = await stage.dial({ codec: 'G722' })
    await until('the sound was refused', () => outcomes.length === 2)
    expect(outcomes).toEqual(['unsuitable line', 'unsuitable line'])
    for (const digit of digitsOfFrame(frame)) {
      await phone.press(digit, { durationMs: 40 })
      await systemRuntime.sleep(20)
    }
    await phone.ended
    // On a busy machine a key that is so short is lost now and then; the frame bears it.
    expect(received).toMatchObject([{ outcome: 'frame', frame, quality: { mode: 'dtmf' } }])
  })
})

it('reads 64 bytes from keys of 40 ms, 45 ms apart, which take less than 15 s', async () => {
  const frame = frameOf(8, 64)
  const digits = digitsOfFrame(frame)
  const received: FrameReception[] = []
  const isRead = () => received.at(-1)?.outcome === 'frame'
  // On a busy machine reports of keys come in heaps, so that neither their number nor their times can be told.
  const tries = 3
  stage.script = async call => {
    while (!isRead() && received.length < tries)
      received.push(await call.receiveFrame({ withinMs: 30_000, modes: 'dtmf' }))
  }
  const phone = await stage.dial()
  await systemRuntime.sleep(1_000)
  const periodMs = 40 + 45
  expect(digits.length * periodMs).toBeLessThan(15_000)
  for (let times = 0; times < tries && !isRead(); times++) {
    let dueMs = systemRuntime.monotonicMs()
    for (const digit of digits) {
      await phone.press(digit, { durationMs: 40 })
      dueMs += periodMs
      await systemRuntime.sleep(Math.max(0, dueMs - systemRuntime.monotonicMs()))
    }
    await systemRuntime.sleep(2_000)
  }
  await phone.ended
  expect(received.at(-1)).toMatchObject({ outcome: 'frame', frame, quality: { mode: 'dtmf' } })
})

it('keys a frame to the phone as digits', async () => {
  const frame = frameOf(7, 1)
  stage.script = async call => expect(await call.sendFrame(frame, { mode: 'dtmf' })).toEqual({ outcome: 'sent' })
  const phone = await stage.dial()
  await phone.ended
  const ends = phone.received.filter(({ payloadType, payload }) => payloadType === 101 && (payload[1] ?? 0) >= 0x80)
  const digits = new Map(ends.map(({ timestamp, payload }) => [timestamp, '0123456789*#ABCD'[payload[0] ?? 0]]))
  expect([...digits.values()].join('')).toEqual(digitsOfFrame(frame))
})
