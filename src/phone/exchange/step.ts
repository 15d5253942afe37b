/**
 * The exchange of a payment terminal and whoever it called, as two machines without a clock: each is a generator that says what
 * to do next (send this, listen for so long) and is told what came of it. `docs/protocol.md` says the same of the line.
 *
 *     const exchange = ask(parts)
 *     for (let step = exchange.next(); !step.done; ) step = exchange.next(await carriedOut(step.value))
 */
import type { Frame } from '../../modem/coded/frame.ts'
import type { SignalTone } from '../../modem/line/signal-tones.ts'

/** From fast to slow. */
export const exchangeModes = ['v23', 'v21', 'dtmf'] as const
export type ExchangeMode = (typeof exchangeModes)[number]

export type Step =
  | { readonly do: 'tone'; readonly tone: SignalTone }
  /** One frame, or the two of a message in digits, one behind the other. */
  | { readonly do: 'send'; readonly mode: ExchangeMode; readonly frames: readonly Frame[] }
  /** For the first thing that comes, or until the time is up. */
  | { readonly do: 'listen'; readonly withinMs: number }
  /** Hands something on to whoever leads this end. The exchange goes on at once. */
  | { readonly do: 'deliver'; readonly frame: Frame; readonly mode: ExchangeMode }

/** What a step came to. `tookMs`: how long was listened. */
export type Came =
  | { readonly came: 'frame'; readonly mode: ExchangeMode; readonly frame: Frame; readonly tookMs: number }
  /** A frame that could not be read but for its sequence. */
  | { readonly came: 'garbled'; readonly sequence: number; readonly mode: ExchangeMode; readonly tookMs: number }
  | { readonly came: 'tone'; readonly tone: SignalTone; readonly tookMs: number }
  /** Whoever leads this end has the next message ready. */
  | { readonly came: 'message'; readonly message: Message; readonly tookMs: number }
  /** The time is up; also of a step that is not one of listening. */
  | { readonly came: 'nothing' }

export type Exchange<R> = Generator<Step, R, Came>

/** A message in the forms that it has: one frame of sound, one or two of digits. What a card has signed has one form only. */
export interface Message {
  readonly sound?: Content
  readonly digits?: readonly Content[]
}

/** A frame without its sequence, which the exchange gives. */
export type Content = Omit<Frame, 'sequence'>

type Heard = Exclude<Came, { readonly came: 'nothing' }>

/** Listens for `ms` in all; what `of` makes nothing of is passed over. Undefined when the time is up. */
export function* listen<T>(ms: number, of: (heard: Heard) => T | undefined): Exchange<T | undefined> {
  for (let leftMs = ms; leftMs > 0; ) {
    const came = yield { do: 'listen', withinMs: leftMs }
    if (came.came === 'nothing') return undefined
    const made = of(came)
    if (made !== undefined) return made
    leftMs -= came.tookMs
  }
  return undefined
}
