/** The thread that listens for frames: a real one, on real time. */
import { afterEach, expect, it } from 'vitest'
import { type Frame, frameBits } from '../../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { FrameListener, type HeardFrame } from '../../../src/phone/frames/frame-listener.ts'
import { Listening } from '../../../src/phone/frames/listening.ts'
import { type Cancelled, DeadlineExceeded, systemRuntime } from '../../../src/runtime.ts'

const frame: Frame = { type: 1, sequence: 2, keyId: 3, payload: Uint8Array.from({ length: 150 }, (_, at) => at) }
const signal = modulate(frameBits(frame, LINE_MODES.v23), LINE_MODES.v23)

/** Header and opening, in samples: behind them a third of a signal is too little, and two thirds are enough. */
const headerEnds = 2_400

let listening = new Listening(systemRuntime)

afterEach(() => {
  listening.close()
  listening = new Listening(systemRuntime)
})

/** Hands a signal over in packets, all at once, and 200 ms of silence after it. */
async function heardIn(callId: string, samples: Float32Array): Promise<HeardFrame[]> {
  const answers: Promise<readonly HeardFrame[]>[] = []
  for (let from = 0; from < samples.length; from += 160)
    answers.push(listening.push(callId, ['v23'], samples.slice(from, from + 160), 0))
  answers.push(listening.push(callId, ['v23'], new Float32Array(0), 1_600))
  return (await Promise.all(answers)).flat()
}

it('hears the frames of several calls at once, and this thread does not wait for it', async () => {
  await listening.push('warm', ['v23'], new Float32Array(160), 0)
  let longestMs = 0
  let lastAtMs = performance.now()
  const watch = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastAtMs)
    lastAtMs = performance.now()
  }, 1)
  const calls = Array.from({ length: 8 }, (_, number) => `call ${number}`)
  const heard = await Promise.all(calls.map(callId => heardIn(callId, signal)))
  clearInterval(watch)
  expect(heard).toMatchObject(calls.map(() => [{ outcome: 'frame', mode: 'v23', frame }]))

  const hereFromMs = performance.now()
  for (const _ of calls) new FrameListener(['v23']).push(signal, 0)
  expect(longestMs).toBeLessThan((performance.now() - hereFromMs) / 2)
})

it('remembers of a call what it could not read, until the call is forgotten', async () => {
  const third = (number: number) =>
    signal.map((sample, at) => (at < headerEnds || Math.floor(at / 400) % 3 === number ? sample : 0))
  expect(await heardIn('a', third(0))).toMatchObject([{ outcome: 'garbled', sequence: 2 }])
  expect(await heardIn('a', third(1))).toMatchObject([{ outcome: 'frame', frame }])
  expect(await heardIn('b', third(0))).toMatchObject([{ outcome: 'garbled' }])
  listening.forget('b')
  expect(await heardIn('b', third(1))).toMatchObject([{ outcome: 'garbled' }])
})

it('begins anew after its thread has died, and fails who was waiting', async () => {
  const broken = listening.push('a', ['no such mode' as 'v23'], new Float32Array(160), 0)
  await expect(broken).rejects.toThrow()
  expect(await heardIn('a', signal)).toMatchObject([{ outcome: 'frame' }])
})

it.each(['died of', 'stands still over'] as const)('fails the call alone that its thread %s', async why => {
  const silence = () => new Float32Array(160)
  let hurry = 1
  const sleep = (ms: number, over?: Cancelled) => systemRuntime.sleep(ms / hurry, over)
  const shared = new Listening({ ...systemRuntime, sleep })
  await shared.push('b', ['v23'], silence(), 0)
  hurry = 20
  const faulty =
    why === 'died of'
      ? shared.push('a', ['no such mode' as 'v23'], silence(), 0)
      : // Minutes of work.
        shared.push('a', ['v23'], silence(), 1e9)
  const others = ['b', 'c'].map(callId => shared.push(callId, ['v23'], silence(), 0))
  await expect(faulty).rejects.toThrow(why === 'died of' ? TypeError : DeadlineExceeded)
  expect(await Promise.all(others)).toEqual([[], []])
  hurry = 1
  expect(await shared.push('b', ['v23'], silence(), 0)).toEqual([])
  shared.close()
})

it('fails who is waiting when it is closed', async () => {
  const waiting = listening.push('a', ['v23'], new Float32Array(160), 0)
  listening.close()
  await expect(waiting).rejects.toThrow('listening has ended')
  await expect(listening.push('a', ['v23'], new Float32Array(160), 0)).rejects.toThrow('listening has ended')
})
