/** What must be covered, what is, and what was found on the way. Plain data, so that shares of the work can be added up. */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { type Path, printPath, readPath } from './path.ts'
import type { Shown } from './run.ts'

/** `other language`: what one caller hears, heard by another who has chosen Mandarin. */
export const coverageKinds = ['answers', 'twice', 'pairs', 'third failures', 'mishaps', 'other language'] as const
export type CoverageKind = (typeof coverageKinds)[number]

export interface Finding {
  readonly path: string
  readonly finding: string
}

export interface Exploration {
  readonly runs: number
  readonly declared: Readonly<Record<CoverageKind, readonly string[]>>
  readonly covered: Readonly<Record<CoverageKind, readonly string[]>>
  readonly findings: readonly Finding[]
  /** `language phrase` of all that was said, and the first path on which it was heard. */
  readonly said: Readonly<Record<string, string>>
  /** `method outcome` of all that the institution answered. */
  readonly outcomes: readonly string[]
  /** Every path that was walked, as it is printed. */
  readonly paths: readonly string[]
  /** Those that are left to a longer exploration. */
  readonly left: readonly string[]
}

export class Tally {
  readonly findings: Finding[] = []
  readonly #declared = forEachKind(() => new Set<string>())
  readonly #covered = forEachKind(() => new Set<string>())
  readonly #outcomes = new Set<string>()
  /** `language phrase`, and the first path on which it was heard. */
  readonly #said = new Map<string, string>()
  readonly #paths = new Set<string>()
  readonly #left = new Set<string>()
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
    const path = printPath(shown.path)
    for (const each of shown.said) if (!this.#said.has(each)) this.#said.set(each, path)
    addAll(this.#outcomes, shown.outcomes)
    this.#paths.add(path)
    for (const finding of shown.findings) this.findings.push({ path, finding })
  }

  /** A path that only a longer exploration walks. */
  leave(path: Path): void {
    this.#left.add(printPath(path))
  }

  /** Paths on which something was heard that only one language has been heard to say. */
  saidInOneLanguage(): Path[] {
    const inEnglish = [...this.#said].filter(
      ([each]) => each.startsWith('en ') && !this.#said.has(each.replace('en', 'zh')),
    )
    return [...new Set(inEnglish.map(([, path]) => path))].map(readPath)
  }

  /** Adds another share of the same work. */
  add({ runs, declared, covered, findings, said, outcomes, paths, left }: Exploration): void {
    this.#runs += runs
    for (const kind of coverageKinds) {
      addAll(this.#declared[kind], declared[kind])
      addAll(this.#covered[kind], covered[kind])
    }
    for (const [each, path] of Object.entries(said)) if (!this.#said.has(each)) this.#said.set(each, path)
    addAll(this.#outcomes, outcomes)
    addAll(this.#paths, paths)
    addAll(this.#left, left)
    this.findings.push(...findings)
  }

  result(): Exploration {
    return {
      runs: this.#runs,
      declared: forEachKind(kind => [...this.#declared[kind]]),
      covered: forEachKind(kind => [...this.#covered[kind]]),
      findings: this.findings,
      said: Object.fromEntries(this.#said),
      outcomes: [...this.#outcomes],
      paths: [...this.#paths],
      left: [...this.#left],
    }
  }
}

/** What was declared and never covered, by kind. */
export function missing({ declared, covered }: Exploration): Record<CoverageKind, string[]> {
  return forEachKind(kind => {
    const known = new Set(covered[kind])
    return declared[kind].filter(key => !known.has(key))
  })
}

/** `answers 157/157`, one line for each kind. */
export function coverageLines(exploration: Exploration): string[] {
  const left = missing(exploration)
  return coverageKinds.map(kind => {
    const total = exploration.declared[kind].length
    return `${kind.padEnd(14)} ${total - left[kind].length}/${total}`
  })
}

function forEachKind<T>(make: (kind: CoverageKind) => T): Record<CoverageKind, T> {
  return Object.fromEntries(coverageKinds.map(kind => [kind, make(kind)])) as Record<CoverageKind, T>
}

function addAll(set: Set<string>, more: Iterable<string>): void {
  for (const each of more) set.add(each)
}
