/** What is written down of one conversation, for the oracle and for people. */
import type { Progress } from '../../../src/phone/line.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import type { SimulatedLine } from '../../support/simulated-line.ts'
import type { Request } from './edge.ts'
import type { Answer } from './path.ts'

/** What happened, in order. */
export type Entry =
  | { readonly what: 'told'; readonly atMs: number; readonly event: TranscriptEvent }
  | { readonly what: 'request'; readonly atMs: number; readonly request: Request }
  | { readonly what: 'pressed'; readonly atMs: number; readonly intended: Answer; readonly keys: string }

export interface Life<Mind> {
  /** What the caller knew at the beginning. The oracle lets it grow. */
  readonly mind: Mind
  readonly resumed: Progress | undefined
  readonly entries: readonly Entry[]
  readonly line: SimulatedLine
  /** What the script threw, digits masked. */
  readonly faults: readonly string[]
  /** How it ended, apart from what the transcript says. */
  readonly end: 'ended' | 'killed' | 'lost patience'
  /** Timers that ran on after the end. */
  readonly timersLeft: number
  /** Whether the mishap met its prompt or request. A run that it missed has shown nothing. */
  readonly befell: boolean
}
