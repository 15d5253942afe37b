/** What must be covered, what is, and what was found on the way. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { printPath } from './path.ts'
import type { Shown } from './run.ts'

export type CoverageKind = 'answers' | 'pairs' | 'third failures' | 'mishaps'

export interface Finding {
  readonly path: string
  readonly finding: string
}

export interface Exploration {
  readonly runs: number
  readonly coverage: Readonly<Record<CoverageKind, { readonly covered: number; readonly missing: readonly string[] }>>
  readonly findings: readonly Finding[]
  /** `language phrase` of all that was said. */
  readonly said: ReadonlySet<string>
  /** `method outcome` of all that the institution answered. */
  readonly outcomes: ReadonlySet<string>
}

export class Tally {
  readonly findings: Finding[] = []
  readonly #declared: Record<CoverageKind, Set<string>> = emptySets()
  readonly #covered: Record<CoverageKind, Set<string>> = emptySets()
  readonly #said = new Set<string>()
  readonly #outcomes = new Set<string>()
  #runs = 0

  declare(kind: CoverageKind, key: string): void {
    this.#declared[kind].add(key)
  }

  /** A class that a question declares: covered by any of its variants. */
  declareClass(step: string, answer: AnswerClass): void {
    this.declare('answers', `${step}=${answer}`)
  }

  /** A step that the specification knows must be reached. */
  declareStep(step: string): void {
    this.declare('answers', `reaches ${step}`)
  }

  note(kind: CoverageKind, key: string, shown: Shown): void {
    this.#runs++
    const covered = this.#covered[kind].add(key)
    if (kind === 'answers') {
      covered.add(key.replace(/:[^:]+$/, ''))
      if (shown.next) covered.add(`reaches ${shown.next.step}`)
    }
    for (const phrase of shown.said) this.#said.add(phrase)
    for (const outcome of shown.outcomes) this.#outcomes.add(outcome)
    const path = printPath(shown.path)
    for (const finding of shown.findings) this.findings.push({ path, finding })
  }

  result(): Exploration {
    const coverage = (kind: CoverageKind) => {
      const missing = [...this.#declared[kind]].filter(key => !this.#covered[kind].has(key))
      return { covered: this.#declared[kind].size - missing.length, missing }
    }
    return {
      runs: this.#runs,
      coverage: {
        answers: coverage('answers'),
        pairs: coverage('pairs'),
        'third failures': coverage('third failures'),
        mishaps: coverage('mishaps'),
      },
      findings: this.findings,
      said: this.#said,
      outcomes: this.#outcomes,
    }
  }
}

function emptySets(): Record<CoverageKind, Set<string>> {
  return { answers: new Set(), pairs: new Set(), 'third failures': new Set(), mishaps: new Set() }
}
