/**
 * Frames in real calls over TLS and SRTP through a line that drops, deletes, repeats and conceals in both directions. Each is
 * tried four times at most, as a terminal tries. `TONEBANK_FRAMES=100` tries more; what the line did is printed.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { Frame } from '../../../src/modem/coded/frame.ts'
import type { CallScript } from '../../../src/phone/serve-call.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { until } from '../harness/until.ts'
import { FrameStage, signalOf } from '../phone/frame-stage.ts'
import { BadLine } from './bad-line.ts'
import { Ear, hangUpAll, lineOf, securePhone } from './terminal-stage.ts'

const frameCount = Number(process.env['TONEBANK_FRAMES'] ?? 4)
const mostTries = 4
const seed = 20_261_126

let stage: FrameStage
beforeAll(async () => {
  stage = await FrameStage.open({}, { network: { host: '127.0.0.1', phones: ['room1'] } })
  await stage.connect()
})
afterEach(async () => {
  await hangUpAll()
  await stage.clear()
})
afterAll(() => stage?.close())

const frames = (): Frame[] =>
  Array.from({ length: frameCount }, (_, sequence) => ({ type: 3, sequence, keyId: 1, payload: randomBytes(60) }))

/** Answers with each frame that it reads the next of its own, as long as it has one. */
function echoing(read: Frame[], answers: readonly Frame[]): CallScript {
  return async call => {
    while (read.length < answers.length) {
      const received = await call.receiveFrame({ withinMs: 20_000, modes: ['v23'] })
      if (received.outcome === 'nothing') return
      if (received.outcome !== 'frame') continue
      const { frame } = received
      if (!read.some(({ sequence }) => sequence === frame.sequence)) read.push(frame)
      const answer = answers[frame.sequence]
      if (answer) await call.sendFrame(answer)
    }
    await call.receiveFrame({ withinMs: 20_000, modes: ['v23'] })
  }
}

const rates = { seed, drop: 0.02, delete: 0.01, repeat: 0.01, conceal: 0.01 }

it(`${frameCount} frames up and as many down arrive`, { timeout: 60_000 + frameCount * 40_000 }, async () => {
  const [ups, downs, read] = [frames(), frames(), [] as Frame[]]
  stage.script = echoing(read, downs)
  const shim = new BadLine(rates)
  const line = lineOf(await securePhone(stage.asterisk, { shim }).open('9001'))
  const ear = new Ear(line, 'v23')
  const tries: number[] = []
  const isAnswered = (sequence: number) => ear.frames.some(frame => frame.sequence === sequence)
  for (const [sequence, frame] of ups.entries()) {
    for (let times = 1; times <= mostTries && !isAnswered(sequence); times++) {
      tries[sequence] = times
      await stage.untilLinked()
      await systemRuntime.sleep(150)
      await line.send(signalOf(frame))
      await until('it is answered', () => isAnswered(sequence), 4_000).catch(() => {})
    }
  }
  await line.hangUp()
  await stage.served
  console.log(`tries of each frame, seed ${seed}: ${tries.join(' ')}\n${shim.story()}`)
  const heard = new Map(ear.frames.map(frame => [frame.sequence, Buffer.from(frame.payload).toString('hex')]))
  expect(read.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
    ups.map(({ payload }) => Buffer.from(payload).toString('hex')),
  )
  expect([...heard.values()]).toEqual(downs.map(({ payload }) => Buffer.from(payload).toString('hex')))
  // Nothing marked what the line did but for what it dropped.
  for (const way of ['sent', 'received'] as const) expect(shim.count(way, 'delete')).toBeGreaterThan(0)
})
