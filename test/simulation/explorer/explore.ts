/**
 * Explores one line: every step with every way of answering it, every pair of consecutive ways, every third failure, and
 * every mishap wherever it can befall. What must be covered is what the questions themselves declare.
 */
import { type EdgeMishap, edgeMishaps, isAtEdge, type Mishap, type PromptMishap } from './mishap.ts'
import { type Answer, answerName, type Path } from './path.ts'
import type { Line } from './place.ts'
import { run, type Shown } from './run.ts'
import type { SpokenTo } from './spec.ts'
import { type CoverageKind, type Exploration, Tally } from './tally.ts'

export interface ExploreOptions {
  /** No further than the first finding: enough to know that a script has a fault. */
  readonly untilFirstFinding?: boolean
  /** This share of the pairs and mishaps. Answers are explored by every share, as the rest builds on them. */
  readonly share?: { readonly part: number; readonly of: number }
}

/** A path that shows something for the first time. */
interface Visit {
  readonly shown: Shown
  readonly last: Answer
}

/** As much of a line as one needs to know to find one's way. */
type Walked = Pick<Line<never, never>, 'name' | 'scenarios' | 'variants' | 'third' | 'elsewhere'> & {
  readonly spec: { readonly steps: object }
}

export function explore<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  options: ExploreOptions = {},
): Promise<Exploration> {
  return new Explorer(line, path => run(line, path), options).explore()
}

class Explorer {
  readonly #line: Walked
  readonly #run: (path: Path) => Promise<Shown>
  readonly #isHasty: boolean
  readonly #share: { readonly part: number; readonly of: number }
  readonly #tally = new Tally()
  /** Answers that have been given and sights that have been seen, in any scenario. */
  readonly #seen = new Set<string>()
  /** Plans of all shares: which of them are ours is decided by counting. */
  readonly #planned = new Set<string>()

  constructor(
    line: Walked,
    run: (path: Path) => Promise<Shown>,
    { untilFirstFinding = false, share = { part: 0, of: 1 } }: ExploreOptions,
  ) {
    this.#line = line
    this.#run = run
    this.#isHasty = untilFirstFinding
    this.#share = share
  }

  async explore(): Promise<Exploration> {
    const { scenarios, spec, elsewhere = nowhere } = this.#line
    for (const step of Object.keys(spec.steps)) if (!elsewhere.has(step)) this.#tally.declareStep(step)
    for (const scenario of scenarios) {
      const visits = await this.#discover(scenario)
      await this.#go(this.#plansFrom(visits))
    }
    if (!this.#isHasty) await this.#seekOtherLanguage()
    return this.#tally.result()
  }

  /** Answers every question that can be reached in a scenario, by the shortest way to it. What was new to see. */
  async #discover(scenario: string): Promise<Visit[]> {
    const visits: Visit[] = []
    const known = new Set<string>()
    const start: Path = { line: this.#line.name, scenario, answers: [] }
    const ahead = [await this.#walk({ kind: 'answers', key: `begins ${scenario}`, path: start })]
    for (let here = ahead.shift(); here; here = ahead.shift()) {
      if (!here.next || known.has(here.next.step)) continue
      known.add(here.next.step)
      for (const last of waysToAnswer(this.#line, here, this.#tally)) {
        // What leads nowhere leads nowhere in every world.
        if (leadsNowhere(last) && this.#seen.has(nameOf(last))) continue
        this.#seen.add(nameOf(last))
        const path = { ...here.path, answers: [...here.path.answers, last] }
        const shown = await this.#walk({ kind: 'answers', key: nameOf(last), path })
        if (!shown) continue
        ahead.push(shown)
        const sight = sightOf(shown, last)
        const isOurs = !this.#line.elsewhere?.has(last.step)
        if (isOurs && !this.#seen.has(sight)) visits.push({ shown, last })
        this.#seen.add(sight)
      }
    }
    return visits
  }

  /** What has found most faults comes first. */
  #plansFrom(visits: readonly Visit[]): Plan[] {
    const mishaps = visits.flatMap(mishapsOf)
    const urgent = [
      ...visits.flatMap(twiceOf),
      ...mishaps.toSorted((a, b) => urgency(a) - urgency(b)),
      ...visits.flatMap(visit => thirdFailureOf(this.#line, visit)),
    ]
    const pairs = visits.flatMap(visit => pairsOf(this.#line, visit, this.#tally))
    return [...urgent, ...pairs, ...visits.map(planOf).flatMap(inOtherLanguage)]
  }

  async #go(plans: readonly Plan[]): Promise<void> {
    for (const plan of plans) {
      const name = `${plan.kind} ${plan.key}`
      if (this.#planned.has(name)) continue
      const isOurs = this.#planned.size % this.#share.of === this.#share.part
      this.#planned.add(name)
      if (isOurs) await this.#walk(plan)
    }
  }

  /** Whatever was only said in English until now, on the path on which it was. */
  async #seekOtherLanguage(): Promise<void> {
    for (const [phrase, path] of this.#tally.saidInOneLanguage()) {
      for (const plan of inOtherLanguage({ kind: 'answers', key: phrase, path })) await this.#walk(plan)
    }
  }

  async #walk({ kind, key, path }: Plan): Promise<Shown | undefined> {
    this.#tally.declare(kind, key)
    if (this.#isHasty && this.#tally.findings.length > 0) return undefined
    const shown = await this.#run(path)
    this.#tally.note(kind, key, shown)
    return shown
  }
}

interface Plan {
  readonly kind: CoverageKind
  readonly key: string
  readonly path: Path
}

const nowhere: ReadonlySet<string> = new Set()

const nameOf = (answer: Answer) => `${answer.step}=${answerName(answer)}`

const leadsNowhere = ({ answer }: Answer) => /^(silence|repeat|help|start-again|too-|wrong-key)/.test(answer)

/** An answer and what one hears then: the same twice shows nothing new. */
const sightOf = ({ saidLast, next }: Shown, last: Answer) => `${nameOf(last)} → ${saidLast.join(' ')} → ${next?.step}`

function planOf({ shown, last }: Visit): Plan {
  return { kind: 'answers', key: sightOf(shown, last), path: shown.path }
}

/** The same for a caller who has chosen Mandarin. */
function inOtherLanguage({ kind, key, path }: Plan): Plan[] {
  const [first, ...others] = path.answers
  if (first?.step !== 'language.choose' || first.answer !== 'key-1') return []
  const answers = [{ ...first, answer: 'key-2' as const }, ...others]
  return [{ kind: 'other language', key: `${kind} ${key}`, path: { ...path, answers } }]
}

/** Every way to answer the question on which a path ends, by class and variant. */
function waysToAnswer(line: Pick<Walked, 'variants' | 'elsewhere'>, { path, next }: Shown, tally: Tally): Answer[] {
  if (!next) return []
  return next.classes.flatMap(answer => {
    const { step } = next
    if (!line.elsewhere?.has(step)) tally.declareClass(step, answer)
    return line
      .variants(step, answer, path.scenario)
      .map(variant => ({ step, answer, ...(variant ? { variant } : {}) }))
  })
}

function pairsOf(line: Pick<Walked, 'variants' | 'third' | 'elsewhere'>, { shown, last }: Visit, tally: Tally): Plan[] {
  return waysToAnswer(line, shown, tally).map(second => {
    // Where the same answer twice makes three failures, the second is another answer.
    const seconds = (nameOf(second) === nameOf(last) && line.third?.(last)) || [second]
    return {
      kind: 'pairs',
      key: `${nameOf(last)} then ${nameOf(second)}`,
      path: { ...shown.path, answers: [...shown.path.answers, ...seconds] },
    }
  })
}

/** A conversation that has come back to where it began is held again, word for word: the second is another one. */
function twiceOf({ shown, last }: Visit): Plan[] {
  const { path, next } = shown
  const begin = path.answers.findLastIndex(({ step }) => step === next?.step)
  const round = path.answers.slice(begin)
  if (begin < 0 || round.length < 3) return []
  return [{ kind: 'twice', key: sightOf(shown, last), path: { ...path, answers: [...path.answers, ...round] } }]
}

const urgency = ({ path: { mishap } }: Plan) => (mishap?.kind === 'press' ? 0 : isAtEdge(mishap) ? 1 : 2)

/** Silence and wrong answers, three times in a row at one question. */
function thirdFailureOf({ third }: Pick<Walked, 'third'>, { shown, last }: Visit): Plan[] {
  const isFailure = /^(silence|too-|wrong-key|refused-)/.test(last.answer)
  if (!isFailure || shown.next?.step !== last.step) return []
  const answers = [...shown.path.answers, ...(third?.(last) ?? [last, last])]
  return [{ kind: 'third failures', key: nameOf(last), path: { ...shown.path, answers } }]
}

const leaving: readonly PromptMishap[] = ['leave-before', 'leave-during', 'leave-after', 'kill-prompt']

/** Everything that can go wrong between an answer and the end of the question that follows it. */
function mishapsOf({ shown, last }: Visit): Plan[] {
  const { path, requests, prompts } = shown
  const sight = sightOf(shown, last)
  const plan = (kind: EdgeMishap | PromptMishap, at: number, nth: number): Plan => ({
    kind: 'mishaps',
    key: `${sight}: ${kind} ${nth}`,
    path: { ...path, mishap: { kind, at } as Mishap },
  })
  return [
    ...requests.flatMap((at, nth) => edgeMishaps.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => leaving.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => (shown.inFull.includes(at) ? [plan('press', at, nth)] : [])),
  ]
}
