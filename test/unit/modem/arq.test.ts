/** Stop and wait: repetition, fallback, and a frame delivered exactly once whatever the line loses. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ANSWER_TIMEOUT_MS, ArqReceiver, ArqSender, answerFrame, parseAnswer } from '../../../src/modem/coded/arq.ts'

const payload = Uint8Array.of(1, 2, 3)

describe('sender', () => {
  test('falls from V.23 to V.21 to digits, and gives up after four tries', () => {
    const sender = new ArqSender(7)
    const modes: string[] = []
    let nowMs = 0
    let action = sender.send(payload)
    while (action.kind === 'transmit') {
      modes.push(action.mode)
      sender.transmitted(nowMs)
      expect(sender.tick(nowMs + ANSWER_TIMEOUT_MS - 1)).toBeUndefined()
      nowMs += ANSWER_TIMEOUT_MS
      action = sender.tick(nowMs)!
    }
    expect(modes).toEqual(['v23', 'v23', 'v21', 'dtmf'])
    expect(action).toEqual({ kind: 'failed', sequence: 7, reason: 'no-answer' })
  })

  test('does not wait while it is still sending', () => {
    const sender = new ArqSender(0)
    sender.send(payload)
    expect(sender.deadlineMs).toBeUndefined()
    expect(sender.tick(1e9)).toBeUndefined()
  })

  test('ignores the answer to another frame, repeats at once when refused as garbled, and stops when the key is unknown', () => {
    const sender = new ArqSender(255)
    sender.send(payload)
    sender.transmitted(0)
    expect(sender.answered({ kind: 'acknowledge', sequence: 3 })).toBeUndefined()
    expect(sender.answered({ kind: 'refuse', sequence: 255, reason: 'garbled' })).toMatchObject({
      kind: 'transmit',
      sequence: 255,
    })
    expect(sender.answered({ kind: 'refuse', sequence: 255, reason: 'unknown-key' })).toMatchObject({
      kind: 'failed',
      reason: 'unknown-key',
    })
    expect(sender.send(payload)).toMatchObject({ sequence: 0 })
  })

  test('refuses a second frame while one is under way', () => {
    const sender = new ArqSender(0)
    sender.send(payload)
    expect(() => sender.send(payload)).toThrow('under way')
  })
})

test('answers come back from their frames; anything else is none', () => {
  for (const answer of [
    { kind: 'acknowledge', sequence: 9 },
    { kind: 'refuse', sequence: 200, reason: 'busy' },
  ] as const)
    expect(parseAnswer(answerFrame(answer))).toEqual(answer)
  expect(parseAnswer({ type: 31, sequence: 1, payload: Uint8Array.of(99) })).toBeUndefined()
  expect(parseAnswer({ type: 3, sequence: 1, payload: new Uint8Array(0) })).toBeUndefined()
})

test('over any line that loses frames and answers, what is reported delivered was delivered once', () => {
  const fates = fc.array(fc.constantFrom('frame lost', 'garbled', 'answer lost', 'fine'), {
    minLength: 24,
    maxLength: 24,
  })
  fc.assert(
    fc.property(fates, fc.nat(255), (fate, first) => {
      const sender = new ArqSender(first)
      const receiver = new ArqReceiver()
      const delivered: number[] = []
      let nowMs = 0
      let at = 0
      for (let frame = 0; frame < 6; frame++) {
        let action = sender.send(Uint8Array.of(frame))
        while (action.kind === 'transmit') {
          sender.transmitted(nowMs)
          const what = fate[at++ % fate.length]
          const heard =
            what === 'frame lost'
              ? undefined
              : what === 'garbled'
                ? receiver.garbled(action.sequence)
                : receiver.received(action.sequence, action.payload)
          if (heard?.kind === 'deliver') delivered.push(heard.payload[0]!)
          const answer = what === 'answer lost' ? undefined : heard?.answer
          const next = answer === undefined ? undefined : sender.answered(answer)
          nowMs += ANSWER_TIMEOUT_MS
          action = next ?? sender.tick(nowMs)!
        }
        if (action.kind === 'delivered') expect(delivered.filter(value => value === frame)).toEqual([frame])
        expect(delivered.filter(value => value === frame).length).toBeLessThanOrEqual(1)
      }
    }),
    { seed: 20261122, numRuns: 500 },
  )
})
