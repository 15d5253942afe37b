/** What a killed process leaves behind: everything it had acknowledged, a line each, written before it went on. */
import type { AccountNumber, IntentId } from '../../../src/ids.ts'
import type { Progress } from '../../../src/phone/line.ts'

/** One life of the bank's process, handed to it as JSON. */
export interface Life {
  readonly folder: string
  readonly seed: number
  /** Dies when it comes to this step for the `occurrence`th time. Undefined: lives to the end. */
  readonly killAt: string | undefined
  readonly occurrence: number
  /** The call as Asterisk still has it. */
  readonly resumed: Progress | undefined
  /** How many vouchers the caller buys before hanging up. */
  readonly purchases: number
  readonly account: AccountNumber
  readonly pin: string
  /** Asked again, each twice, after the call. */
  readonly intents: readonly IntentId[]
}

export type Message =
  /** What the books say when the process begins, before any call. */
  | { readonly kind: 'began'; readonly balance: string; readonly sold: number; readonly confirmed: number }
  /** Kept outside the process, with the call. */
  | { readonly kind: 'remembered'; readonly progress: Progress }
  | { readonly kind: 'step'; readonly step: string }
  /** A number or password that was heard to its last digit. */
  | { readonly kind: 'heard'; readonly phrase: string; readonly digits: string }
  | { readonly kind: 'asked-again'; readonly intent: string; readonly outcomes: readonly string[] }
  | { readonly kind: 'ended'; readonly balance: string; readonly sold: number; readonly opened: readonly string[] }
