/**
 * Explores one line: every step with every way of answering it, every pair of consecutive ways, every third failure, and
 * every mishap wherever it can befall. What must be covered is what the questions themselves declare.
 */
import { type EdgeMishap, edgeMishaps, isAtEdge } from './edge.ts'
import { type Answer, answerName, type Mishap, type Path, type PromptMishap } from './path.ts'
import type { Line } from './place.ts'
import { run, type Shown } from './run.ts'
import { type CoverageKind, type Exploration, Tally } from './tally.ts'

export interface ExploreOptions {
  /** No further than the first finding, and no pairs: enough to find a fault in a script. */
  readonly untilFirstFinding?: boolean
  /** This share of the pairs and mishaps. Answers are explored by every share, as the rest builds on them. */
  readonly share?: { readonly part: number; readonly of: number }
}

/** A path that shows something for the first time. */
interface Visit {
  readonly shown: Shown
  readonly last: Answer
}

export async function explore<I extends object, Mind extends { language: 'en' | 'zh' | undefined }>(
  line: Line<I, Mind>,
  { untilFirstFinding = false, share = { part: 0, of: 1 } }: ExploreOptions = {},
): Promise<Exploration> {
  const tally = new Tally()

  /** Runs a path unless what it would show is known. */
  async function walk(kind: CoverageKind, key: string, path: Path): Promise<Shown | undefined> {
    tally.declare(kind, key)
    if (untilFirstFinding && tally.findings.length > 0) return undefined
    const shown = await run(line, path)
    tally.note(kind, key, shown)
    return shown
  }

  const visits: Visit[] = []
  const seen = new Set<string>()
  for (const scenario of line.scenarios) {
    const start = await walk('answers', `begins ${scenario}`, { line: line.name, scenario, answers: [] })
    const known = new Set<string>()
    const ahead = [start]
    for (let here = ahead.shift(); here; here = ahead.shift()) {
      if (!here.next || known.has(here.next.step)) continue
      known.add(here.next.step)
      for (const last of waysToAnswer(line, here, tally)) {
        // What leads nowhere leads nowhere in every world.
        if (leadsNowhere(last) && seen.has(nameOf(last))) continue
        seen.add(nameOf(last))
        const shown = await walk('answers', nameOf(last), { ...here.path, answers: [...here.path.answers, last] })
        if (!shown) continue
        ahead.push(shown)
        const sight = sightOf(shown, last)
        if (!seen.has(sight)) visits.push({ shown, last })
        seen.add(sight)
      }
    }
  }
  for (const step of Object.keys(line.spec.steps)) tally.declareStep(step)

  const mishaps = visits.flatMap(visit => mishapsOf(visit))
  const thirds = visits.flatMap(visit => thirdFailureOf(line, visit))
  // What has found most faults comes first.
  const further = [
    ...visits.flatMap(visit => twiceOf(visit)),
    ...mishaps.toSorted((a, b) => urgency(a) - urgency(b)),
    ...thirds,
    ...(untilFirstFinding ? [] : visits.flatMap(visit => pairsOf(line, visit, tally))),
    ...(untilFirstFinding ? [] : visits.map(planOf).flatMap(inOtherLanguage)),
  ]
  const unique = [...new Map(further.map(each => [`${each.kind} ${each.key}`, each])).values()]
  for (const [index, { kind, key, path }] of unique.entries()) {
    if (index % share.of === share.part) await walk(kind, key, path)
  }
  for (const [phrase, path] of tally.saidInOneLanguage()) {
    for (const plan of inOtherLanguage({ kind: 'answers', key: phrase, path }))
      await walk(plan.kind, plan.key, plan.path)
  }
  return tally.result()
}

interface Plan {
  readonly kind: CoverageKind
  readonly key: string
  readonly path: Path
}

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
function waysToAnswer(line: Pick<Line<never, never>, 'variants'>, { path, next }: Shown, tally: Tally): Answer[] {
  if (!next) return []
  return next.classes.flatMap(answer => {
    const { step } = next
    tally.declareClass(step, answer)
    return line
      .variants(step, answer, path.scenario)
      .map(variant => ({ step, answer, ...(variant ? { variant } : {}) }))
  })
}

function pairsOf(line: Pick<Line<never, never>, 'variants'>, { shown, last }: Visit, tally: Tally): Plan[] {
  return waysToAnswer(line, shown, tally).map(second => ({
    kind: 'pairs',
    key: `${nameOf(last)} then ${nameOf(second)}`,
    path: { ...shown.path, answers: [...shown.path.answers, second] },
  }))
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
function thirdFailureOf({ third }: Pick<Line<never, never>, 'third'>, { shown, last }: Visit): Plan[] {
  const isFailure = /^(silence|too-|wrong-key|refused-)/.test(last.answer)
  if (!isFailure || shown.next?.step !== last.step) return []
  const answers = [...shown.path.answers, last, third?.(last) ?? last]
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
    path: { ...path, mishap: { kind, at } satisfies Mishap },
  })
  return [
    ...requests.flatMap((at, nth) => edgeMishaps.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => leaving.map(kind => plan(kind, at, nth))),
    ...prompts.flatMap((at, nth) => (shown.inFull.includes(at) ? [plan('press', at, nth)] : [])),
  ]
}
