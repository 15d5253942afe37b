/** Both ends of an exchange over a simulated line: tones, frames, answers, repetition and fallback, with time counted in samples. */
import { expect, test } from 'vitest'
import { ArqReceiver, ArqSender, answerFrame, parseAnswer } from '../../../src/modem/coded/arq.ts'
import { frameBits } from '../../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../../src/modem/line/modes.ts'
import { modulate } from '../../../src/modem/line/modulator.ts'
import { SignalToneDetector, signalTone } from '../../../src/modem/line/signal-tones.ts'
import { Receiver } from '../../../src/modem/receiver.ts'
import { pad } from './line/impairments.ts'
import { seeded } from './line/random.ts'

const random = seeded(31)
const noise = (samples: Float32Array, sigma: number) =>
  pad(samples, 500, 900).map(sample => sample + sigma * random.gauss())

/** Sends `payload` over a line with noise of `sigma` and returns what each side made of it. */
function exchange(payload: Uint8Array, sigma: number) {
  const sender = new ArqSender(40)
  const receiver = new ArqReceiver()
  const ears = { v23: new Receiver(LINE_MODES.v23), v21: new Receiver(LINE_MODES.v21) }
  const back = new Receiver(LINE_MODES['v21-answer'])
  const delivered: Uint8Array[] = []
  const modes: string[] = []
  let nowMs = 0
  let action = sender.send(payload)
  while (action.kind === 'transmit' && action.mode !== 'dtmf') {
    modes.push(action.mode)
    const bits = frameBits(
      { type: 1, sequence: action.sequence, keyId: 0, payload: action.payload },
      LINE_MODES[action.mode],
    )
    const heard = noise(modulate(bits, LINE_MODES[action.mode]), sigma)
    nowMs += heard.length / 8
    sender.transmitted(nowMs)
    let next: typeof action | ReturnType<ArqSender['tick']>
    for (const event of ears[action.mode].push(heard)) {
      const reaction =
        event.kind === 'frame'
          ? receiver.received(event.frame.sequence, event.frame.payload)
          : event.kind === 'garbled'
            ? receiver.garbled(event.header.sequence)
            : undefined
      if (reaction === undefined) continue
      if (reaction.kind === 'deliver') delivered.push(reaction.payload)
      const reply = noise(
        modulate(
          frameBits({ ...answerFrame(reaction.answer), keyId: 0 }, LINE_MODES['v21-answer']),
          LINE_MODES['v21-answer'],
        ),
        sigma,
      )
      nowMs += reply.length / 8
      for (const answered of back.push(reply)) {
        const answer = answered.kind === 'frame' ? parseAnswer(answered.frame) : undefined
        if (answer !== undefined) next = sender.answered(answer)
      }
    }
    if (next === undefined) {
      nowMs = Math.max(nowMs, sender.deadlineMs ?? nowMs)
      next = sender.tick(nowMs)
    }
    action = next!
  }
  return { action, delivered, modes }
}

test('a good line takes one transmission', () => {
  const payload = random.bytes(100)
  const { action, delivered, modes } = exchange(payload, 0.05)
  expect(action).toEqual({ kind: 'delivered', sequence: 40, tries: 1 })
  expect(delivered).toEqual([payload])
  expect(modes).toEqual(['v23'])
})

test('in noise that 1200 baud cannot bear, 300 baud delivers, once', () => {
  const payload = random.bytes(100)
  const { action, delivered, modes } = exchange(payload, 0.42)
  expect(modes).toEqual(['v23', 'v23', 'v21'])
  expect(action).toMatchObject({ kind: 'delivered', tries: 3 })
  expect(delivered).toEqual([payload])
})

test('ready and goodbye are told apart, and no frame is taken for either', () => {
  const detector = new SignalToneDetector()
  const hear = (samples: Float32Array) => detector.push(noise(samples, 0.02))
  expect(hear(signalTone('ready'))).toEqual(['ready'])
  expect(hear(signalTone('goodbye'))).toEqual(['goodbye'])
  for (const mode of Object.values(LINE_MODES))
    expect(
      hear(modulate(frameBits({ type: 1, sequence: 1, keyId: 1, payload: new Uint8Array(100) }, mode), mode)),
    ).toEqual([])
})
