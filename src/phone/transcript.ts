/**
 * The one stream of what happens in a call, secrets already masked. The console, the explorer, the operations page and
 * the logs all read this and nothing else.
 */
import type { Language } from '../speech/speech.ts'
import type { FrameMode, FrameReception, FrameSent } from './call.ts'

/** How a question was answered: a named way to answer that the explorer must have tried at every step. */
export type AnswerClass =
  | 'valid'
  | 'silence'
  | 'too-short'
  | 'too-long'
  | 'wrong-key'
  | 'repeat'
  | 'start-again'
  | 'help'
  | 'back'
  /** `0` again, once it had explained: a caller who would rather talk to somebody. */
  | 'clerk'
  /** What was waited for came before a key did. */
  | 'came'
  /** `#` alone, where that is an answer. */
  | 'hash-alone'
  /** An offer was not waited for: the keys belong to the question that follows. */
  | 'keyed-on'
  | `key-${string}`
  | `refused-${string}`

export type TranscriptEvent =
  | { readonly event: 'answered-call'; readonly dialled: string; readonly resumed: boolean }
  | { readonly event: 'said'; readonly language: Language; readonly phrase: string; readonly text: string }
  | { readonly event: 'heard-in-full'; readonly phrase: string }
  /** A question begins; `classes` is every way in which it can be answered. */
  | {
      readonly event: 'asked'
      readonly step: string
      readonly classes: readonly AnswerClass[]
      readonly secret: boolean
    }
  | { readonly event: 'answered'; readonly step: string; readonly answer: AnswerClass }
  | { readonly event: 'intent'; readonly name: string; readonly id: string }
  /** Of a frame, whatever it carries, only its kind and its size. */
  | {
      readonly event: 'frame-sent'
      readonly mode: FrameMode
      readonly outcome: FrameSent['outcome']
      readonly type: number
      readonly byteCount: number
    }
  | {
      readonly event: 'frame-awaited'
      readonly outcome: FrameReception['outcome']
      readonly type?: number
      readonly byteCount?: number
    }
  | { readonly event: 'waiting'; readonly forMs: number }
  | { readonly event: 'ended'; readonly how: 'caller-left' | 'said-goodbye' | 'gave-up' | 'fault' }

export type Transcript = (event: TranscriptEvent) => void
