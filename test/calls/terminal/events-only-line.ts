/**
 * A terminal's line in a call whose codec ruins signals: G.722 and telephone events, from a sender of the tests' own. Only keys pass, both
 * ways.
 */
import { type EventKey, readTelephoneEvent } from '../../../src/rtp/telephone-event.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import type { TerminalLine, TerminalListener } from '../../../src/terminal/line.ts'
import { callByRtp, type RtpPhone, type RtpPhoneOptions } from '../harness/rtp-phone.ts'

const telephoneEvent = 96
const lookEveryMs = 10
const packetMs = 20

export async function openEventsOnly(
  options: Omit<RtpPhoneOptions, 'codec' | 'telephoneEvent'>,
): Promise<TerminalLine> {
  const phone = await callByRtp({ ...options, codec: 'G722', telephoneEvent })
  let listener: TerminalListener | undefined
  let isOver = false
  const ended = phone.ended.then(() => 'hung up there' as const)
  void ended.then(() => {
    isOver = true
    phone.close()
  })
  void tellKeys(
    phone,
    () => isOver,
    (key, beganAtMs) => listener?.onDigit({ key, beganAtMs }),
  )
  return {
    keysAs: 'events',
    send: async () => 'sent',
    keys: async (digits, { toneMs = 100, pauseMs = 100 } = {}) => {
      for (const digit of digits) {
        if (isOver) return 'ended'
        // The two that repeat the end are part of the pause.
        await phone.press(digit, { durationMs: toneMs })
        await systemRuntime.sleep(Math.max(0, pauseMs - 2 * packetMs))
      }
      return isOver ? 'ended' : 'sent'
    },
    listen: next => {
      listener = next
    },
    ended,
    hangUp: async () => {
      if (isOver) return
      isOver = true
      await phone.hangUp()
    },
  }
}

/** Each key once: its packets all bear the time at which it went down. */
async function tellKeys(phone: RtpPhone, isOver: () => boolean, tell: (key: EventKey, beganAtMs: number) => void) {
  let seen = 0
  let last: number | undefined
  while (!isOver()) {
    for (const { payloadType, timestamp, payload, atMs } of phone.received.slice(seen)) {
      const event = payloadType === telephoneEvent ? readTelephoneEvent(payload) : undefined
      if (event === undefined || timestamp === last) continue
      last = timestamp
      tell(event.key, atMs)
    }
    seen = phone.received.length
    await systemRuntime.sleep(lookEveryMs)
  }
}
