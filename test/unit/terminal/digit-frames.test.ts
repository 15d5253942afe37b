/** What a terminal keys: each frame of digits stands by itself, so that one that lost its end does not take the next one with it. */
import { expect, it } from 'vitest'
import { frameTypes } from '../../../src/card/messages/frame-types.ts'
import { splitForDigits } from '../../../src/card/messages/parts.ts'
import { digitsOfFrame } from '../../../src/phone/frames/digit-frame.ts'
import type { Digit } from '../../../src/phone/line.ts'
import { TerminalExchange } from '../../../src/terminal/exchange.ts'
import type { KeyPace, TerminalLine, TerminalListener } from '../../../src/terminal/line.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

it('keys the two halves of an answer more than a second apart', async () => {
  const runtime = new VirtualRuntime()
  const rows: { readonly beganAtMs: number; readonly endedAtMs: number }[] = []
  let listener: TerminalListener | undefined
  const line: TerminalLine = {
    keysAs: 'events',
    ended: new Promise(() => {}),
    listen: each => {
      listener = each
    },
    send: async () => 'sent',
    keys: async (digits, { toneMs = 100, pauseMs = 100 }: KeyPace = {}) => {
      const beganAtMs = runtime.monotonicMs()
      await runtime.sleep(digits.length * (toneMs + pauseMs))
      rows.push({ beganAtMs, endedAtMs: runtime.monotonicMs() })
      return 'sent'
    },
    hangUp: async () => {},
  }
  const challenge = { type: frameTypes.challenge, sequence: 4, keyId: 0, payload: new Uint8Array(20) }
  const parts = splitForDigits(new Uint8Array(103), 1)
  await runtime.run(async () => {
    const taking = new TerminalExchange(line, runtime).take({
      onRequest: async () => ({
        digits: parts.map(payload => ({ type: frameTypes.digitAnswer, keyId: 0, payload })),
      }),
      onResult: () => {},
    })
    for (const digit of digitsOfFrame(challenge)) {
      await runtime.sleep(150)
      listener?.onDigit({ key: digit as Digit, beganAtMs: runtime.monotonicMs() })
    }
    await taking
  })
  // The request is acknowledged, and nobody answers the two halves, four times.
  expect(rows).toHaveLength(1 + 2 * 4)
  const gaps = rows.slice(1).map(({ beganAtMs }, at) => beganAtMs - (rows[at]?.endedAtMs ?? 0))
  expect(gaps.every(gapMs => gapMs > 1_000)).toBe(true)
})
