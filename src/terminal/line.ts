/**
 * The telephone line as the payment terminal sees it: samples both ways, keys both ways, an end. A SIP call, sound files and
 * a pair of lines in memory are the same to it. Nothing here is of Node: the terminal runs in a browser, too.
 *
 *     const opened = await telephone.open('9001')
 *     if (opened.outcome !== 'open') return opened
 *     opened.line.listen({ onSound: (samples, gap) => receiver.push(samples, gap), onDigit: ({ key }) => digits.push(key) })
 *     await opened.line.send(modulate(bits, LINE_MODES.v23))
 *     await opened.line.hangUp()
 */
import type { DigitPress } from '../phone/line.ts'
import type { Cancelled } from '../runtime.ts'

export interface Telephone {
  /** Dials, and resolves once somebody has answered, or with the reason why nobody has. Aborting the signal gives up. */
  open(number: string, givingUp?: Cancelled): Promise<Opened>
}

export type Opened = { readonly outcome: 'open'; readonly line: TerminalLine } | NotOpened

export type NotOpened =
  | { readonly outcome: 'busy' }
  /** It rang, or was about to, for as long as this telephone waits. */
  | { readonly outcome: 'no answer' }
  /** The exchange does not take this account with this password. */
  | { readonly outcome: 'wrong password' }
  /** Whoever answered is not the exchange that this telephone was told to trust; nothing was said to it. */
  | { readonly outcome: 'wrong certificate'; readonly why: string }
  /** No exchange there: nothing listens, or nothing answers. */
  | { readonly outcome: 'unreachable'; readonly why: string }
  /** The exchange says no; a status of RFC 3261, section 21, 488 for sound that the two do not share. */
  | { readonly outcome: 'refused'; readonly status: number; readonly reason: string }
  /** The signal was aborted. */
  | { readonly outcome: 'given up' }

export type LineEnd = 'hung up here' | 'hung up there' | 'broken'

/** What became of what was given to be sent. */
export type Sent = 'sent' | 'ended'

export interface TerminalLine {
  /**
   * Sends sound (−1…1, 8 kHz) behind what was given before; silence goes out in between. Resolves when the last sample has
   * left, or when the line has ended before.
   */
  send(samples: Float32Array): Promise<Sent>
  /** Keys digits behind what was given before, in the way that `keysAs` says. Throws RangeError for what is no digit. */
  keys(digits: string, pace?: KeyPace): Promise<Sent>
  /** `events`: told apart from sound. `tones`: the two tones of each digit within the sound. */
  readonly keysAs: 'events' | 'tones'
  /** One listener; another takes its place. What comes while there is none is lost. */
  listen(listener: TerminalListener): void
  readonly ended: Promise<LineEnd>
  /** Resolves when the other side knows, or after a deadline. Harmless when the line has ended. */
  hangUp(): Promise<void>
}

/** In milliseconds; as events rounded up to whole packets of 20 ms, two at least while the key is down. */
export interface KeyPace {
  readonly toneMs?: number
  readonly pauseMs?: number
}

export interface TerminalListener {
  /** Samples that follow one another, after `gap` samples that are known to be missing: lost, or never sent. */
  onSound(samples: Float32Array, gap: number): void
  /** A key that the other side pressed, told as soon as it is known to be down. Tones are not looked for in the sound. */
  onDigit(press: DigitPress): void
}
