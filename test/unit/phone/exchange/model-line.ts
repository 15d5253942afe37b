/**
 * A line that loses frames, not samples, so that thousands of exchanges take a second: half duplex (who sends hears nothing), each
 * frame and tone lost, garbled or heard by chance from a seed, and hung up at some moment. Time is counted, never waited for.
 */

import { frameBits } from '../../../../src/modem/coded/frame.ts'
import { LINE_MODES } from '../../../../src/modem/line/modes.ts'
import type { Came, Exchange, Message, Step } from '../../../../src/phone/exchange/step.ts'
import { digitsOfFrame } from '../../../../src/phone/frames/digit-frame.ts'

/** A line's reading is done this long after the signal's end, and a machine begins to speak so much later. */
const readMs = 60
const turnMs = 300
/** As Asterisk keys them. */
const digitMs = 200
const toneMs = { ready: 300, goodbye: 600 } as const

export type Fate = 'heard' | 'garbled' | 'lost'
export type Signal = Extract<Step, { do: 'tone' | 'send' }>

const lengths = new Map<string, number>()

/** How long it takes on the line. */
export function lengthMs(signal: Signal): number {
  if (signal.do === 'tone') return toneMs[signal.tone]
  const { mode, frames } = signal
  return frames.reduce((sumMs, frame) => {
    const key = `${mode} ${frame.payload.length}`
    const known =
      lengths.get(key) ??
      (mode === 'dtmf'
        ? digitsOfFrame(frame).length * digitMs
        : (frameBits(frame, LINE_MODES[mode]).length / LINE_MODES[mode].baud) * 1000)
    lengths.set(key, known)
    return sumMs + known
  }, 0)
}

/** One end of the line, and the machine that leads it. */
export class End {
  readonly name: string
  readonly sent: Signal[] = []
  exchange: Exchange<unknown> | undefined
  endedAtMs: number | undefined
  waiting: Message | undefined
  /** Until then it sends; it hears what begins afterwards. */
  busyUntilMs = 0
  listening: { readonly sinceMs: number; readonly untilMs: number } | undefined
  onDeliver: (step: Extract<Step, { do: 'deliver' }>, nowMs: number) => void = () => {}
  onEnd: (outcome: unknown, nowMs: number) => void = () => {}

  constructor(name: string) {
    this.name = name
  }
}

interface Due {
  readonly atMs: number
  readonly number: number
  readonly happen: (nowMs: number) => void
}

export class ModelLine {
  readonly ends = [new End('asking'), new End('answering')] as const
  nowMs = 0
  isUp = true
  readonly #fate: (signal: Signal) => Fate
  #due: Due[] = []
  #numbers = 0

  constructor(fate: (signal: Signal) => Fate) {
    this.#fate = fate
  }

  at(atMs: number, happen: (nowMs: number) => void): void {
    this.#due.push({ atMs, number: this.#numbers++, happen })
  }

  begin(end: End, exchange: Exchange<unknown>, startsMs = this.nowMs): void {
    this.at(startsMs, () => {
      end.exchange = exchange
      this.#goOn(end, { came: 'nothing' })
    })
  }

  /** Hands the end its next message, as soon as it listens. */
  message(end: End, message: Message): void {
    end.waiting = message
    this.#hand(end)
  }

  hangUp(): void {
    this.isUp = false
  }

  /** Until nothing happens any more. */
  run(): void {
    for (;;) {
      const next = this.#due.reduce<Due | undefined>(
        (first, due) =>
          first === undefined || due.atMs < first.atMs || (due.atMs === first.atMs && due.number < first.number)
            ? due
            : first,
        undefined,
      )
      if (next === undefined) return
      this.#due = this.#due.filter(due => due !== next)
      this.nowMs = next.atMs
      next.happen(this.nowMs)
    }
  }

  #goOn(end: End, came: Came): void {
    end.listening = undefined
    let next = end.exchange?.next(came)
    while (next !== undefined && !next.done && next.value.do === 'deliver') {
      end.onDeliver(next.value, this.nowMs)
      next = end.exchange?.next({ came: 'nothing' })
    }
    if (next === undefined) return
    if (next.done) {
      end.exchange = undefined
      end.endedAtMs = this.nowMs
      end.onEnd(next.value, this.nowMs)
      return
    }
    const step = next.value
    if (step.do === 'listen') this.#listen(end, step.withinMs)
    else if (step.do !== 'deliver') this.#send(end, step)
  }

  #listen(end: End, withinMs: number): void {
    const listening = { sinceMs: this.nowMs, untilMs: this.nowMs + withinMs }
    end.listening = listening
    const timeIsUp = () => {
      if (end.listening !== listening) return
      const endsMs = this.#signalUntil(end)
      // What is being heard now is heard to its end.
      if (endsMs === undefined) this.#goOn(end, { came: 'nothing' })
      else this.at(endsMs, timeIsUp)
    }
    this.at(listening.untilMs, timeIsUp)
    if (end.waiting) this.at(this.nowMs, () => this.#hand(end))
  }

  #hand(end: End): void {
    const { waiting: message } = end
    if (message === undefined || end.listening === undefined) return
    const endsMs = this.#signalUntil(end)
    if (endsMs !== undefined) {
      this.at(endsMs, () => this.#hand(end))
      return
    }
    end.waiting = undefined
    this.#hear(end, tookMs => ({ came: 'message', message, tookMs }))
  }

  #send(end: End, signal: Signal): void {
    const other = this.ends[0] === end ? this.ends[1] : this.ends[0]
    end.sent.push(signal)
    const beginsMs = this.nowMs + turnMs
    const endsMs = beginsMs + lengthMs(signal)
    end.busyUntilMs = endsMs
    this.at(endsMs + readMs, () => {
      if (this.#overlaps(other, beginsMs, endsMs)) return
      this.#arrive(other, signal)
    })
    this.at(endsMs, () => this.#goOn(end, { came: 'nothing' }))
  }

  /** When what is on the line for this end now will have been read. */
  #signalUntil(end: End): number | undefined {
    const other = this.ends[0] === end ? this.ends[1] : this.ends[0]
    const isHeard = this.isUp && this.#overlaps(other, this.nowMs - readMs, this.nowMs)
    return isHeard ? other.busyUntilMs + readMs + 1 : undefined
  }

  /** The other end was sending while this was on the line. */
  #overlaps(other: End, beginsMs: number, endsMs: number): boolean {
    const last = other.sent.at(-1)
    if (last === undefined) return false
    const beganMs = other.busyUntilMs - lengthMs(last)
    return beganMs < endsMs && other.busyUntilMs > beginsMs
  }

  #arrive(end: End, signal: Signal): void {
    if (!this.isUp) return
    const fate = this.#fate(signal)
    if (fate === 'lost') return
    if (signal.do === 'tone') {
      if (fate === 'heard') this.#hear(end, tookMs => ({ came: 'tone', tone: signal.tone, tookMs }))
      return
    }
    for (const frame of signal.frames) {
      const { mode } = signal
      if (fate === 'heard') this.#hear(end, tookMs => ({ came: 'frame', mode, frame, tookMs }))
      else this.#hear(end, tookMs => ({ came: 'garbled', mode, sequence: frame.sequence, tookMs }))
    }
  }

  #hear(end: End, came: (tookMs: number) => Came): void {
    if (end.listening) this.#goOn(end, came(this.nowMs - end.listening.sinceMs))
  }
}
