/**
 * What a conversation must do, written down a second time: for each step and each way of answering it, what is said,
 * what the institution is asked to change, and which step follows. The rows share nothing with the scripts in `ivr/`
 * but the phrases; `oracle.ts` holds every call against them.
 */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import type { Language, PhraseKey, Utterance } from '../../../src/speech/speech.ts'

/** A sentence; in the call's language unless it names its own. */
export type Sentence = Utterance & { readonly language?: Language }

/** What follows an answer, until the next question or the end of the call. */
export interface Expected {
  /** Every sentence in order, without the next question itself. */
  readonly says: readonly Sentence[]
  /** Those among `says` that cannot be interrupted. */
  readonly inFull?: readonly PhraseKey[]
  /** Every request that changes something or tells a secret, in order. Requests that only look are not listed. */
  readonly changes?: readonly Change[]
  /** The step that is asked next, or that we end the call. */
  readonly next: string | Ending
}

export type Ending = 'END said-goodbye' | 'END gave-up' | 'END fault'

/** A method of the institution and facts that its request must hold; intents and secrets are left out. */
export interface Change {
  readonly method: string
  readonly facts: Readonly<Record<string, unknown>>
}

/** One answer, as the explorer saw it. */
export interface Turn<Mind> {
  /** What the explorer remembers of this call. A row writes into it what the answer has told. */
  readonly mind: Mind
  readonly keyed: string
  /** What the institution answered last, in this turn, to this method. Throws `NotAsked`. */
  readonly answerOf: (method: string) => unknown
  /** How many units it was asked for, by this method. */
  readonly unitsOf: (method: string) => number
  /** The caller left in it, or the process died. */
  readonly isCut: boolean
}

/** The institution had not answered yet when the turn was over. */
export class NotAsked extends Error {}

export type Row<Mind> = (turn: Turn<Mind>) => Expected

export interface StepSpec<Mind> {
  readonly secret?: true
  /** How the question is put. The phrase named as the step is, without values, unless told otherwise. */
  readonly question?: (mind: Mind) => Utterance
  /** Whatever belongs to the question is said in both languages, English first: the caller has not chosen one yet. */
  readonly inBothLanguages?: true
  /** What `0` says, and what is said before the third time of asking. */
  readonly help?: PhraseKey
  /** Answers that lead somewhere; silence, slips, `repeat`, `help` and `start-again` are alike for every step. */
  readonly rows: Partial<Record<AnswerClass, Row<Mind>>>
  /** What comes of the third failure, where it does not end the call. */
  readonly givenUp?: Row<Mind>
}

export interface Spec<Mind extends SpokenTo> {
  readonly steps: Readonly<Record<string, StepSpec<Mind>>>
  /** Where a caller asks for a clerk, at a step. Undefined: nobody can. */
  readonly clerk?: (turn: Turn<Mind>, step: string) => Expected
  /** How a call begins: with the greeting, or where an earlier process left it. */
  readonly opening: (turn: Turn<Mind>, resumed: Resumed | undefined) => Expected
}

export interface SpokenTo {
  /** Undefined while the caller has not chosen yet. */
  language: Language | undefined
  /** There are clerks to ask for, in this world. */
  readonly hasClerks?: boolean
}

export interface Resumed {
  readonly language?: Language
  readonly intent?: { readonly id: string; readonly name: string }
}

/** Straight to the next question. */
export const to = (next: string): Expected => ({ says: [], next })

/** The same, with more said before it. */
export function saying(says: readonly Sentence[], expected: Expected): Expected {
  return { ...expected, says: [...says, ...expected.says] }
}

/** The same, after a change. */
export function changing(change: Change, expected: Expected): Expected {
  return { ...expected, changes: [change, ...(expected.changes ?? [])] }
}
