/** How a story at a page is written down: forms that are sent one after another, each in its valid way and in every other. */
import type { Stage } from './stage.ts'

type Fields = Readonly<Record<string, string>>

export interface Step {
  /** Where the form goes that is on the page now. */
  readonly form: string
  /** What must be read back on that page. */
  readonly readsBack?: readonly string[]
  readonly valid: (stage: Stage) => Fields | Promise<Fields>
  /** By class of answer: what is sent, and what must be said of it. The form is there again, and nothing was done. */
  readonly invalid?: Readonly<Record<string, readonly [sent: (stage: Stage) => Fields | Promise<Fields>, said: string]>>
  /** From here on it is done: once, whatever happens. */
  readonly does?: true
}

export interface Story {
  readonly name: string
  readonly site: Stage['kind']
  /** Its bank has a host of private payees. */
  readonly hosted?: true
  /** Before anybody comes. */
  readonly before?: (stage: Stage) => Promise<unknown>
  /** To the page with the first form. Called anew by whoever left, or was left. */
  readonly begin: (stage: Stage) => Promise<unknown>
  readonly steps: readonly Step[]
  /** What it does wants a session, which dies with the process. */
  readonly needsSession: boolean
  /** How often it was done, by the books. */
  readonly count: (stage: Stage) => Promise<number>
  /** What the page at the end must say. */
  readonly said: string
  /** Whoever comes back after it was done: to where it is said. */
  readonly again: (stage: Stage) => Promise<unknown>
  /** Every secret of the story that is in no address. */
  readonly secrets: (stage: Stage) => readonly string[] | Promise<readonly string[]>
}

/** What happens at a step besides its valid answer. */
const happenings = ['leave', 'kill before', 'kill after', 'twice', 'forged'] as const
/** Where something is done: it is done, and three times nobody can say so. */
const whereDone = ['unknown'] as const
export type Happening = (typeof happenings)[number] | (typeof whereDone)[number] | `sent ${string}`

export const happeningsAt = ({ invalid = {}, does }: Step): readonly Happening[] => [
  ...happenings,
  ...(does ? whereDone : []),
  ...Object.keys(invalid).map(each => `sent ${each}` as const),
]
