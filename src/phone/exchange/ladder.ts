/** How fast an exchange speaks, and how often a message is tried: twice in a mode, then in the next slower one, four times in all. */
import type { Frame } from '../../modem/coded/frame.ts'
import { type ExchangeMode, type Message, exchangeModes as modes, type Step } from './step.ts'

export const mostTries = 4
const triesPerMode = 2

/** From the end of a signal until the answer to it was read: the longest answer, the turn of the line, and time to read it. */
export const replyWithinMs = { v23: 3_500, v21: 7_000, dtmf: 20_000 } as const satisfies Record<ExchangeMode, number>

/** Of one call. It never becomes faster again. */
export class Ladder {
  #mode: number

  constructor(mode: ExchangeMode = 'v23') {
    this.#mode = modes.indexOf(mode)
  }

  get mode(): ExchangeMode {
    return modes[this.#mode] ?? 'dtmf'
  }

  /** The other end speaks this slowly: it has its reasons. */
  heard(mode: ExchangeMode): void {
    this.atMost(mode)
  }

  /** From now on no faster than this. */
  atMost(mode: ExchangeMode): void {
    this.#mode = Math.max(this.#mode, modes.indexOf(mode))
  }

  /** The sendings of one message, each to be tried when the one before it was in vain. */
  *tries(message: Message, sequence: number): Generator<Extract<Step, { do: 'send' }>, void, void> {
    const slowest = message.digits === undefined ? 'v21' : 'dtmf'
    let inMode = 0
    let last = this.mode
    for (let tries = 1; tries <= mostTries; tries++) {
      if (inMode === triesPerMode) this.atMost(slower(this.mode, slowest))
      // The last try is worth most in the mode that carries on any line.
      if (tries === mostTries) this.atMost(slowest)
      inMode = this.mode === last ? inMode + 1 : 1
      last = this.mode
      const frames = framesIn(this.mode, message, sequence)
      if (frames === undefined) return
      yield { do: 'send', mode: this.mode, frames }
    }
  }
}

function slower(mode: ExchangeMode, slowest: ExchangeMode): ExchangeMode {
  return modes[Math.min(modes.indexOf(mode) + 1, modes.indexOf(slowest))] ?? slowest
}

/** Undefined where the message has no form for the mode. */
export function framesIn(mode: ExchangeMode, { sound, digits }: Message, sequence: number): Frame[] | undefined {
  const contents = mode === 'dtmf' ? digits : sound && [sound]
  return contents?.map(content => ({ ...content, sequence }))
}
