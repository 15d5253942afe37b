/** The payment terminal's own telephone in real calls through Asterisk, by UDP. */
import { isDeepStrictEqual } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { DigitFrameReader } from '../../../src/modem/dtmf/frame.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { hdlcBits } from '../../../src/modem/plain/hdlc.ts'
import { accepted, type FrameReception } from '../../../src/phone/call.ts'
import { digitsOfFrame, frameOfDigits } from '../../../src/phone/frames/digit-frame.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { until } from '../harness/until.ts'
import { FrameStage, frameOf, signalOf } from '../phone/frame-stage.ts'
import { dialplan, Ear, hangUpAll, lineOf, numbers, placeOf, plainPhone, sendUntil } from './terminal-stage.ts'

let stage: FrameStage
beforeAll(async () => {
  stage = await FrameStage.open({ 'sign-in.account': { frequencyHz: 500, seconds: 1 } }, { dialplan })
  await stage.connect()
})
afterEach(async () => {
  await hangUpAll()
  await stage.clear()
})
afterAll(() => stage?.close())

const phone = (...options: Parameters<typeof plainPhone> extends [unknown, ...infer Rest] ? Rest : never) =>
  plainPhone(stage.asterisk, ...options)

describe('sound', () => {
  it('goes out and comes back within 200 ms, every sample of it', async () => {
    const line = lineOf(await phone().open(numbers.echo))
    const ear = new Ear(line)
    await systemRuntime.sleep(300)
    const chirp = Float32Array.from({ length: 4_000 }, (_, n) => 0.3 * Math.sin(n * n * 0.0002 + 1))
    const saidAtMs = performance.now()
    expect(await line.send(chirp)).toBe('sent')
    const whole = aLaw.decode(aLaw.encode(chirp))
    await until('all of it comes back', () => placeOf(whole, ear.heard) >= 0)
    const roundTripMs = ear.cameAtMs(placeOf(whole, ear.heard)) - saidAtMs
    console.log(`out and back in ${roundTripMs.toFixed(0)} ms`)
    expect(roundTripMs).toBeLessThan(200)
    expect(ear.missing).toBe(0)
    await line.hangUp()
  })

  it('of a prompt is heard while it plays', async () => {
    stage.script = async call => call.say('sign-in.account', {}, { inFull: true })
    const line = lineOf(await phone().open('9001'))
    const ear = new Ear(line)
    const tone = aLaw.decode(aLaw.encode(Float32Array.from({ length: 4_000 }, (_, n) => prompt(n))))
    await until('half of it is here', () => placeOf(tone, ear.heard) >= 0)
    let isOver = false
    void line.ended.then(() => {
      isOver = true
    })
    await systemRuntime.sleep(100)
    expect(isOver).toBe(false)
    await line.ended
  })
})

/** As the stage makes it. */
const prompt = (n: number) => 0.25 * Math.sin((2 * Math.PI * 500 * n) / 8_000)

describe('keys', () => {
  it.each(['events', 'tones'] as const)('reach the script, as %s', async keysAs => {
    let keyed = ''
    stage.script = async call => {
      keyed = await call.ask('account', { phrase: 'sign-in.account', digits: { min: 1, max: 20 }, accept: accepted })
    }
    const line = lineOf(await phone({ keysAs }).open('9001'))
    expect(line.keysAs).toBe(keysAs)
    await systemRuntime.sleep(1_500)
    expect(await line.keys('246801')).toBe('sent')
    await line.keys('#')
    await line.ended
    expect(keyed).toBe('246801')
  })

  it('of a frame are heard here, and a frame as keys arrives there', async () => {
    const [down, up] = [frameOf(20, 4), frameOf(21, 4)]
    const received: FrameReception[] = []
    let isFlawless = false
    stage.script = async call => {
      await call.sendFrame(down, { mode: 'dtmf' })
      // On a busy machine reports of keys come in heaps, and two of the same key pass for one.
      while (!isFlawless && received.length < 4) {
        received.push(await call.receiveFrame({ withinMs: 20_000, modes: 'dtmf' }))
        isFlawless = received.at(-1)?.outcome === 'frame'
      }
    }
    const line = lineOf(await phone().open('9001'))
    const ear = new Ear(line)
    await until('the frame is here', () => frameInDigits(ear.digits) !== undefined, 20_000)
    expect(frameInDigits(ear.digits)).toEqual(down)
    const pace = { toneMs: 80, pauseMs: 120 }
    await sendUntil(
      () => isFlawless,
      () => line.keys(digitsOfFrame(up), pace),
      1_000,
    )
    await line.ended
    expect(received.at(-1)).toMatchObject({ outcome: 'frame', frame: up })
  })
})

function frameInDigits(digits: string) {
  const reader = new DigitFrameReader()
  for (const [number, digit] of [...digits].entries()) {
    const read = reader.push(digit as Parameters<DigitFrameReader['push']>[0], number * 100)
    const frame = read.outcome === 'frame' ? frameOfDigits(read) : undefined
    if (frame?.outcome === 'frame') return frame.frame
  }
  return undefined
}

describe('frames', () => {
  it('go both ways in one call, each decided while the call goes on', async () => {
    const ups = [frameOf(1, 60), frameOf(3, 20)]
    const downs = [frameOf(2, 150), frameOf(4, 30)]
    stage.script = async call => {
      for (;;) {
        const received = await call.receiveFrame({ withinMs: 20_000 })
        if (received.outcome === 'nothing') return
        const at = received.outcome === 'frame' ? ups.findIndex(up => isDeepStrictEqual(up, received.frame)) : -1
        const answer = downs[at]
        if (answer) await call.sendFrame(answer)
      }
    }
    const line = lineOf(await phone().open('9001'))
    const ear = new Ear(line, 'v23')
    for (const [number, up] of ups.entries()) {
      const send = async () => {
        await stage.untilLinked()
        await systemRuntime.sleep(200)
        await line.send(signalOf(up))
      }
      await sendUntil(() => ear.frames.some(({ sequence }) => sequence === downs[number]?.sequence), send, 6_000)
    }
    expect(ear.frames.filter((frame, at) => frame.sequence !== ear.frames[at - 1]?.sequence)).toEqual(downs)
    await line.hangUp()
  })

  it('of a plain modem come back from an echo as they were', async () => {
    const line = lineOf(await phone().open(numbers.echo))
    const ear = new Ear(line, 'v23')
    await systemRuntime.sleep(200)
    const payload = Uint8Array.from({ length: 40 }, (_, index) => index * 5)
    const signal = modulate(hdlcBits(payload), LINE_MODES.v23)
    await sendUntil(
      () => ear.events.some(event => event.kind === 'plain'),
      () => line.send(signal),
    )
    const [read] = ear.events.flatMap(event => (event.kind === 'plain' ? [event.payload] : []))
    expect(read).toEqual(payload)
    await line.hangUp()
  })
})

describe('the end', () => {
  it('of a call that the institution ends is known here', async () => {
    stage.script = async call => call.say('goodbye', {}, { inFull: true })
    const line = lineOf(await phone().open('9001'))
    expect(await line.ended).toBe('hung up there')
    expect(await line.send(new Float32Array(8_000))).toBe('ended')
    await line.hangUp()
  })

  it('of a call that is hung up here is known there, and what was still to be sent is not', async () => {
    let isGone = false
    stage.script = async call => {
      await call.receiveFrame({ withinMs: 60_000 }).catch(error => {
        isGone = true
        throw error
      })
    }
    const line = lineOf(await phone().open('9001'))
    await stage.untilLinked()
    const sending = line.send(new Float32Array(80_000))
    await line.hangUp()
    expect(await sending).toBe('ended')
    expect(await line.ended).toBe('hung up here')
    await stage.served
    expect(isGone).toBe(true)
  })
})

describe('a call that does not come about says why', () => {
  it('the line is busy', async () => {
    expect(await phone().open(numbers.busy)).toEqual({ outcome: 'busy' })
  })

  it('the password is wrong, and the exchange knows nobody of that name', async () => {
    const { user, password } = stage.asterisk.account('desk1')
    expect(await phone({ account: { user, password: new Secret('wrong') } }).open('9001')).toEqual({
      outcome: 'wrong password',
    })
    expect(await phone({ account: { user: 'nobody', password } }).open('9001')).toEqual({ outcome: 'wrong password' })
  })

  it('nothing listens there', async () => {
    const exchange = { host: '127.0.0.1', port: 1, transport: 'udp' } as const
    expect(await phone({ exchange }).open('9001')).toEqual({ outcome: 'unreachable', why: 'ECONNREFUSED' })
  })

  it('it rings for longer than this telephone waits, and then rings no more', async () => {
    const beganAtMs = performance.now()
    expect(await phone({ ringMs: 800 }).open(numbers.rings)).toEqual({ outcome: 'no answer' })
    expect(performance.now() - beganAtMs).toBeLessThan(1_500)
    await until('the channel is gone', async () => (await stage.left()).length === 0, 2_000)
  })

  it('who calls gives up', async () => {
    const givingUp = new AbortController()
    const opening = phone().open(numbers.rings, givingUp.signal)
    await until('it rings', async () => (await stage.left()).length === 1)
    givingUp.abort()
    expect(await opening).toEqual({ outcome: 'given up' })
    await until('the channel is gone', async () => (await stage.left()).length === 0, 2_000)
  })
})
