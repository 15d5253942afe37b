/** Where a call happens: one line, its institution with books that outlive its processes, and the people who call it. */
import type { Call } from '../../../src/phone/call.ts'
import type { CallScript } from '../../../src/phone/serve-call.ts'
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import type { Runtime } from '../../../src/runtime.ts'
import type { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { Request } from './edge.ts'
import type { Answer } from './path.ts'
import type { Life } from './recording.ts'
import type { Spec, SpokenTo } from './spec.ts'

export interface Pressed {
  readonly step: string
  readonly keys: string
}

export interface Line<I extends object, Mind extends SpokenTo> {
  readonly name: string
  readonly dialled: string
  readonly spec: Spec<Mind>
  /** Steps that another line has as well: what can go wrong there is explored there. */
  readonly elsewhere?: ReadonlySet<string>
  readonly script: (call: Call, institution: I) => Promise<void>
  /** The named worlds in which calls begin. */
  readonly scenarios: readonly string[]
  /** The ways to answer a step in a class in this scenario: '' for the only one. None in any scenario is reported. */
  readonly variants: (step: string, answer: AnswerClass, scenario: string) => readonly string[]
  /** What completes three wrong answers of this kind, where it is not the same answer twice more. */
  readonly third?: (answer: Answer) => readonly Answer[] | undefined
  /** Whether an answer in this scenario leads where it is as any other: nobody walks there by day. */
  readonly isAsElsewhere?: (scenario: string, answer: Answer) => boolean
  /** Whether a caller in this scenario can ask for a clerk. */
  readonly hasClerks?: (scenario: string) => boolean
  readonly open: (scenario: string) => Promise<Place<I, Mind>>
}

export interface Place<I extends object, Mind extends SpokenTo> {
  readonly runtime: VirtualRuntime
  /** The institution, for a call. After the death of its process it starts again from what was committed. */
  readonly start: (process: Runtime, afterDeath: boolean) => Promise<I>
  /** What is said to a caller of this process who asks for a clerk, where there are any. */
  readonly assistance?: ((institution: I, process: Runtime) => CallScript) | undefined
  /** What a caller knows who begins a call now. */
  readonly mind: () => Promise<Mind>
  /** What to press after what was pressed before in this call. Empty: nothing at all. */
  readonly keys: (answer: Answer, pressed: readonly Pressed[]) => string
  /** Every request is shown to the place, so that a caller knows the PIN they chose a minute ago. */
  readonly saw: (request: Request) => void
  /** What a caller does who only wants to end well: the answer, or undefined to hang up. */
  readonly goOn: (step: string) => Answer | undefined
  /** Every PIN and password that exists in this world by now. */
  readonly secrets: () => Promise<readonly string[]>
  /** The books against what happened. One sentence for each thing that is not right. */
  readonly inspect: (lives: readonly Life<Mind>[]) => Promise<readonly string[]>
  readonly close: () => Promise<void>
}
