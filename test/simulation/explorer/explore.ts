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

/** What was seen for the first time, and the answer that led there: where a pair or a mishap begins. */
export interface Visit {
  readonly shown: Pick<Shown, 'path' | 'next' | 'requests' | 'prompts' | 'inFull' | 'saidLast'>
  readonly last: Answer
}

/** The way is found in one world after another, each by one process, as each step builds on the last. */
export interface Discovery extends Exploration {
  /** By scenario, of our share of them. */
  readonly visits: readonly (readonly Visit[])[]
}

export interface Share {
  readonly part: number
  readonly of: number
}

/** As much of a line as one needs to know to find one's way. */
type Walked = Pick<
  Line<never, never>,
  'name' | 'scenarios' | 'variants' | 'third' | 'elsewhere' | 'isAsElsewhere' | 'hasClerks'
> & {
  readonly spec: { readonly steps: object }
}

/** Every step of a line with every way of answering it, in our share of its scenarios. */
export async function discover<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  { share, depth }: { readonly share: Share; readonly depth: Depth },
): Promise<Discovery> {
  const explorer = new Explorer(line, path => run(line, path), { depth })
  const visits = await explorer.discover(share)
  return { ...explorer.result(), visits }
}

/** What was seen in all shares, each sight once, in the order of the scenarios. */
export function distinctVisits(shares: readonly Discovery[]): Visit[] {
  const most = Math.max(...shares.map(({ visits }) => visits.length))
  const sights = new Map<string, Visit>()
  for (let nth = 0; nth < most; nth++)
    for (const visit of shares.flatMap(({ visits }) => visits[nth] ?? [])) {
      const sight = sightOf(visit.shown, visit.last)
      if (!sights.has(sight)) sights.set(sight, visit)
    }
  return [...sights.values()]
}

/**
 * By night everything is walked. By day it is left out what showed nothing new for long: an answer that led to the same in several
 * scenarios, choices in which a scenario is as any other, pairs whose second answer leads nowhere, most mishaps but once for each way from
 * one step to the next, and Mandarin where it says nothing that was not said yet.
 */
export type Depth = 'by day' | 'by night'

/** Our share of what can follow and befall what was seen. */
export async function walkOn<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  { visits, share, depth }: { readonly visits: readonly Visit[]; readonly share: Share; readonly depth: Depth },
): Promise<Exploration> {
  const explorer = new Explorer(line, path => run(line, path), { depth })
  await explorer.walkOn(visits, share)
  return explorer.result()
}

/** One after the other, and no further than the first finding: enough to know that a script has a fault. */
export async function seekFinding<I extends object, Mind extends SpokenTo>(line: Line<I, Mind>): Promise<Exploration> {
  const explorer = new Explorer(line, path => run(line, path), { until: 'first finding' })
  for (const scenario of line.scenarios) await explorer.walkOn(await explorer.discoverIn(scenario), { part: 0, of: 1 })
  return explorer.result()
}

interface Options {
  readonly until: 'the end' | 'first finding'
  readonly depth: Depth
}

/** What an answer has led to in every scenario until now. */
interface Usual {
  readonly sight: string
  readonly next: string | undefined
  /** In how many. */
  readonly times: number
}

/** An answer that led to the same in so many scenarios leads to it in the next. */
const timesEnough = 2

class Explorer {
  readonly #line: Walked
  readonly #run: (path: Path) => Promise<Shown>
  readonly #until: Options['until']
  readonly #depth: Options['depth']
  readonly #tally = new Tally()
  /** Answers that have been given and sights that have been seen, in any scenario. */
  readonly #seen = new Set<string>()
  /** By answer. */
  readonly #usual = new Map<string, Usual>()
  readonly #planned = new Set<string>()
  /** Plans of all shares that are walked: which of them are ours is decided by counting. */
  #toWalk = 0

  constructor(line: Walked, run: (path: Path) => Promise<Shown>, { until, depth }: Partial<Options>) {
    this.#line = line
    this.#run = run
    this.#until = until ?? 'the end'
    this.#depth = depth ?? 'by night'
  }

  result(): Exploration {
    return this.#tally.result()
  }

  async discover({ part, of }: Share): Promise<Visit[][]> {
    const { scenarios, spec, elsewhere = nowhere } = this.#line
    for (const step of Object.keys(spec.steps)) if (!elsewhere.has(step)) this.#tally.declareStep(step)
    const visits: Visit[][] = []
    for (const [number, scenario] of scenarios.entries())
      if (number % of === part) visits.push(await this.discoverIn(scenario))
    return visits
  }

  /** Answers every question that can be reached in a scenario, by the shortest way to it. What was new to see. */
  async discoverIn(scenario: string): Promise<Visit[]> {
    const visits: Visit[] = []
    const known = new Set<string>()
    const start: Path = { line: this.#line.name, scenario, answers: [] }
    const ahead = [await this.#walk({ kind: 'answers', key: `begins ${scenario}`, path: start })]
    for (let here = ahead.shift(); here; here = ahead.shift()) {
      if (!here.next || known.has(placeOf(here.next))) continue
      known.add(placeOf(here.next))
      for (const last of waysToAnswer(this.#line, here, this.#tally)) {
        // What leads nowhere leads nowhere in every world.
        const leadsToClerk = last.answer === 'help' && this.#line.hasClerks?.(scenario) === true
        if (leadsNowhere(last) && !leadsToClerk && this.#seen.has(nameOf(last))) continue
        // What else can be answered in a help is answered at the question itself.
        if (isHelped(here.next) && last.answer !== 'clerk') continue
        this.#seen.add(nameOf(last))
        const path = { ...here.path, answers: [...here.path.answers, last] }
        if (this.#depth === 'by day' && this.#showsNothingNew(path.scenario, last, known)) {
          this.#tally.leave(path)
          continue
        }
        const shown = await this.#walk({ kind: 'answers', key: nameOf(last), path })
        if (!shown) continue
        ahead.push(shown)
        const sight = sightOf(shown, last)
        const isOurs = !this.#line.elsewhere?.has(last.step)
        if (isOurs && !this.#seen.has(sight)) visits.push({ shown: sightsOf(shown), last })
        this.#seen.add(sight)
        this.#noteUsual(last, sight, shown.next?.step)
      }
    }
    return visits
  }

  #noteUsual(answer: Answer, sight: string, next: string | undefined): void {
    const before = this.#usual.get(nameOf(answer))
    const times = before === undefined ? 1 : before.sight === sight ? before.times + 1 : Number.NEGATIVE_INFINITY
    this.#usual.set(nameOf(answer), { sight, next, times })
  }

  /**
   * Who goes back or is refused is led, as in every scenario before, to where this scenario has been. What is accepted leads elsewhere,
   * unless the scenario is known to be there as any other.
   */
  #showsNothingNew(scenario: string, answer: Answer, known: ReadonlySet<string>): boolean {
    if (this.#line.isAsElsewhere?.(scenario, answer)) return true
    if (!/^(back|refused-)/.test(answer.answer)) return false
    const usual = this.#usual.get(nameOf(answer))
    return usual !== undefined && usual.times >= timesEnough && (usual.next === undefined || known.has(usual.next))
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
    // By day only what one language has not said yet is said in it, once all else was walked.
    const inMandarin = this.#depth === 'by day' ? [] : visits.map(planOf).flatMap(inOtherLanguage)
    return [...urgent, ...pairs, ...inMandarin]
  }

  async walkOn(visits: readonly Visit[], { part, of }: Share): Promise<void> {
    const passed = new Set<string>()
    for (const plan of this.#plansFrom(visits)) {
      const name = `${plan.kind} ${plan.key}`
      if (this.#planned.has(name)) continue
      this.#planned.add(name)
      const isLeft =
        this.#depth === 'by day' && (endsNowhere(plan) || (plan.befalls !== undefined && passed.has(plan.befalls)))
      if (plan.befalls !== undefined) passed.add(plan.befalls)
      if (isLeft) this.#tally.leave(plan.path)
      else if (this.#toWalk++ % of === part) await this.#walk(plan)
    }
  }

  async #walk({ kind, key, path }: Plan): Promise<Shown | undefined> {
    this.#tally.declare(kind, key)
    if (this.#until === 'first finding' && this.#tally.findings.length > 0) return undefined
    const shown = await this.#run(path)
    this.#tally.note(kind, key, shown)
    return shown
  }
}

export interface Plan {
  readonly kind: CoverageKind
  readonly key: string
  readonly path: Path
  /** Of a mishap: what it is, and on the way between which steps. */
  readonly befalls?: string
}

const nowhere: ReadonlySet<string> = new Set()

const nameOf = (answer: Answer) => `${answer.step}=${answerName(answer)}`

/** The question once it has been explained, from where a clerk is reached, is a place of its own. */
const isHelped = ({ classes }: NonNullable<Shown['next']>) => classes.includes('clerk')
const placeOf = (next: NonNullable<Shown['next']>) => (isHelped(next) ? `${next.step}, explained` : next.step)

const leadsNowhere = ({ answer }: Answer) => /^(silence|repeat|help|start-again|too-|wrong-key)/.test(answer)

function endsNowhere({ kind, path }: Plan): boolean {
  const second = path.answers.at(-1)
  return kind === 'pairs' && second !== undefined && leadsNowhere(second)
}

/** An answer and what one hears then: the same twice shows nothing new. */
const sightOf = ({ saidLast, next }: Visit['shown'], last: Answer) =>
  `${nameOf(last)} → ${saidLast.join(' ')} → ${next?.step}`

/** Without the story: it crosses to other processes. */
const sightsOf = ({ path, next, requests, prompts, inFull, saidLast }: Shown): Visit['shown'] => ({
  ...{ path, next, requests, prompts, inFull, saidLast },
})

function planOf({ shown, last }: Visit): Plan {
  return { kind: 'answers', key: sightOf(shown, last), path: shown.path }
}

/** The same for a caller who has chosen Mandarin. */
export function inOtherLanguage({ kind, key, path }: Plan): Plan[] {
  const [first, ...others] = path.answers
  if (first?.step !== 'language.choose' || first.answer !== 'key-1') return []
  const answers = [{ ...first, answer: 'key-2' as const }, ...others]
  return [{ kind: 'other language', key: `${kind} ${key}`, path: { ...path, answers } }]
}

/** Every way to answer the question on which a path ends, by class and variant. */
function waysToAnswer(
  line: Pick<Walked, 'variants' | 'elsewhere'>,
  { path, next }: Visit['shown'],
  tally: Tally,
): Answer[] {
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
  const nearest = path.answers.findLastIndex(({ step }) => step === next?.step)
  // A clerk is asked for in a help.
  const begin = path.answers[nearest]?.answer === 'clerk' ? nearest - 1 : nearest
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
  const { path, requests, prompts, next } = shown
  const sight = sightOf(shown, last)
  const plan = (kind: EdgeMishap | PromptMishap, at: number, nth: number): Plan => ({
    kind: 'mishaps',
    key: `${sight}: ${kind} ${nth}`,
    path: { ...path, mishap: { kind, at } as Mishap },
    // Whoever is taken up again hears what became of it, whatever that was.
    befalls: `${/^kill-(before|after)/.test(kind) ? sight : `${last.step} → ${next?.step}`}: ${kind} ${nth}`,
  })
  return [
    ...requests.flatMap((at, nth) => edgeMishaps.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => leaving.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => (shown.inFull.includes(at) ? [plan('press', at, nth)] : [])),
  ]
}
