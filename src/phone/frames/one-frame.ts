/**
 * Sends one frame and receives one, whatever it carries: `Call.sendFrame` and `Call.receiveFrame`. A receive has one source, the line's sound or
 * the telephone's keys, as a telephone that reports keys takes their tones out of the sound.
 */

import type { Frame } from '../../modem/coded/frame.ts'
import { frameBits } from '../../modem/coded/frame.ts'
import { DigitFrameReader, type DigitFrameResult, FRAMES_APART_MS, QUIET_MS } from '../../modem/dtmf/frame.ts'
import { LINE_MODES, type ModeName } from '../../modem/line/modes.ts'
import { modulate } from '../../modem/line/modulator.ts'
import { DeadlineExceeded } from '../../runtime.ts'
import type { FrameReception, FrameSent, ReceiveOptions, SendOptions } from '../call.ts'
import type { FrameLink } from '../line.ts'
import type { Session } from '../session.ts'
import { digitsOfFrame, frameOfDigits } from './digit-frame.ts'
import type { HeardFrame } from './frame-listener.ts'
import { KeptLink } from './kept-link.ts'

/** The fast mode, and the slow one in which the calling side tries again. */
export const usualModes: readonly ModeName[] = ['v23', 'v21']
const samplesPerMs = 8
/** Work of the line's may take this much longer than the signal lasts before the line counts as broken. */
const graceMs = 5_000
/** Others have their turn between two pieces of a search. */
export const betweenPiecesMs = 5
/** What one digit takes at most, and more than any line needs. */
const digitMs = 250

export async function sendFrame(session: Session, frame: Frame, { mode = 'v23' }: SendOptions): Promise<FrameSent> {
  const link = new KeptLink(session)
  try {
    // On hold it is sent to nobody: once more when the caller is back.
    for (let times = -1; times !== session.timesHeld; ) {
      await session.untilBack()
      times = session.timesHeld
      const outcome = await carry(session, link, frame, mode)
      if (outcome !== 'sent') return { outcome }
    }
    return { outcome: 'sent' }
  } finally {
    await link.close()
  }
}

/** Once, as sound or as digits. The transcript has its kind and length. */
export async function carry(
  session: Session,
  link: KeptLink,
  frame: Frame,
  mode: ModeName | 'dtmf',
): Promise<FrameSent['outcome']> {
  const outcome = mode === 'dtmf' ? await keyIn(session, link, frame) : await play(session, link, frame, mode)
  session.tell({ event: 'frame-sent', mode, type: frame.type, byteCount: frame.payload.length, outcome })
  return outcome
}

export async function receiveFrame(session: Session, options: ReceiveOptions): Promise<FrameReception> {
  const { modes = usualModes, withinMs } = options
  await session.untilBack()
  const received = modes === 'dtmf' ? await byKeys(session, withinMs) : await bySound(session, modes, withinMs)
  const what = received.outcome === 'frame' && { type: received.frame.type, byteCount: received.frame.payload.length }
  session.tell({ event: 'frame-awaited', outcome: received.outcome, ...what })
  return received
}

function play(session: Session, link: KeptLink, frame: Frame, mode: ModeName): Promise<FrameSent['outcome']> {
  const lineMode = LINE_MODES[mode]
  return playSignal(session, link, modulate(frameBits(frame, lineMode), lineMode))
}

/** Any signal (−1…1, 8 kHz). */
export function playSignal(session: Session, link: KeptLink, signal: Float32Array): Promise<FrameSent['outcome']> {
  return link.use(async open => {
    await settled(session, 'sending a frame', open.send(signal), signal.length / samplesPerMs)
    return 'sent' as const
  })
}

async function keyIn(session: Session, link: KeptLink, frame: Frame): Promise<FrameSent['outcome']> {
  const digits = digitsOfFrame(frame)
  if (!session.line.sendDigits) return 'unsuitable line'
  await link.close()
  const restMs = session.digitsEndedAtMs + FRAMES_APART_MS - session.nowMs
  if (restMs > 0) await session.settle(() => false, restMs)
  await settled(session, 'sending a frame', session.line.sendDigits(digits), digits.length * digitMs)
  session.digitsEndedAtMs = session.nowMs
  return 'sent'
}

async function bySound(session: Session, modes: readonly ModeName[], withinMs: number): Promise<FrameReception> {
  const link = new KeptLink(session)
  try {
    const received = await link.use(open => hear(session, open, modes, session.nowMs + withinMs))
    return received === 'unsuitable line' ? { outcome: received } : received
  } finally {
    await link.close()
  }
}

async function hear(
  session: Session,
  link: FrameLink,
  modes: readonly ModeName[],
  untilMs: number,
): Promise<FrameReception> {
  let first: HeardFrame | { readonly failure: unknown } | undefined
  link.listen(modes, heard => {
    first ??= heard
    session.ring()
  })
  const came = await session.settle(() => first !== undefined, untilMs - session.nowMs)
  // The time was up for the sound; to listen to what came in time, a busy machine may take longer.
  if (!came) await settled(session, 'listening to a frame', link.heardAll(), 0)
  if (first === undefined) return { outcome: 'nothing' }
  if ('failure' in first) throw first.failure
  const { mode, quality } = first
  const { missingSamples } = link
  if (first.outcome === 'frame')
    return { outcome: 'frame', frame: first.frame, quality: { mode, missingSamples, ...quality } }
  return { outcome: 'garbled', sequence: first.sequence }
}

async function byKeys(session: Session, withinMs: number): Promise<FrameReception> {
  const untilMs = session.nowMs + withinMs
  const reader = new DigitFrameReader()
  let heard = 0
  let first: FrameReception | undefined
  const take = (read: DigitFrameResult) => {
    if (first !== undefined || read.outcome === 'nothing') return
    first = read.outcome === 'frame' ? frameOfDigits(read) : { outcome: 'garbled', sequence: undefined }
  }
  const giveBack = session.divertDigits(({ key, beganAtMs }) => {
    heard++
    take(reader.push(key, beganAtMs))
    session.ring()
  })
  try {
    while (first === undefined && session.nowMs < untilMs) {
      const before = heard
      // Between two digits of a frame it is never quiet for long: a last one that was lost is not waited for.
      const waitMs = before === 0 ? Number.POSITIVE_INFINITY : QUIET_MS
      const isMore = () => first !== undefined || heard > before
      const came = await session.settle(isMore, Math.min(waitMs, untilMs - session.nowMs))
      if (came) continue
      take(reader.quiet())
      while (first === undefined && reader.isSearching) {
        await session.settle(() => false, betweenPiecesMs)
        take(reader.goOn())
      }
      heard -= before
    }
    return first ?? { outcome: 'nothing' }
  } finally {
    giveBack()
  }
}

/** Waits for work of the line's that lasts `ms`, or for the caller to leave. */
export async function settled(session: Session, what: string, work: Promise<void>, ms: number): Promise<void> {
  let isSettled = false
  const note = () => {
    isSettled = true
    session.ring()
  }
  work.then(note, note)
  if (!(await session.settle(() => isSettled, ms + graceMs))) throw new DeadlineExceeded(what, ms + graceMs)
  await work
}
