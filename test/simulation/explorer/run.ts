/**
 * One run: a call along a path, with its mishap; the call taken up again if the process died; and another call
 * afterwards, because what went wrong must be mended by then. Then everything is judged.
 */
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import { live } from './life.ts'
import { judge } from './oracle.ts'
import { type Path, printPath } from './path.ts'
import type { Line, Place } from './place.ts'
import type { Life } from './recording.ts'
import type { SpokenTo } from './spec.ts'

/** What a run has shown. */
export interface Shown {
  readonly path: Path
  readonly findings: readonly string[]
  /** The question on which the path ends, if it does not end the call. */
  readonly next: { readonly step: string; readonly classes: readonly AnswerClass[] } | undefined
  /** Requests and prompts that followed the last answer: where mishaps can be put. */
  readonly requests: readonly number[]
  readonly prompts: readonly number[]
  /** Those among `prompts` that must be heard to their end. */
  readonly inFull: readonly number[]
  /** The phrases that followed the last answer. */
  readonly saidLast: readonly string[]
  /** The whole run as a transcript: what was heard, keyed and asked of the institution. */
  readonly story: readonly string[]
  /** `language phrase` of all that was said. */
  readonly said: ReadonlySet<string>
  /** `method outcome` of all that the institution answered. */
  readonly outcomes: ReadonlySet<string>
}

/** A run takes some 50 ms, and a second where the machine is busy. */
const longestMs = 60_000

export async function run<I extends object, Mind extends SpokenTo>(line: Line<I, Mind>, path: Path): Promise<Shown> {
  const told = (reason: unknown) => {
    throw new Error(`the explorer failed on ${printPath(path)}`, { cause: reason })
  }
  const place = await opened(line, path.scenario).catch(told)
  const shown = await along(line, place, path).catch(reason => {
    // Its time stands still: whoever sleeps there never wakes, and a close that waits for them would hide why.
    void place.close().catch(() => {})
    return told(reason)
  })
  // What is still on its way needs time to end, and only a run makes time pass.
  await place.runtime.run(() => place.close(), longestMs).catch(told)
  return shown
}

/** No virtual time passes while a world opens: whoever waits for some waits for ever. */
function opened<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  scenario: string,
): Promise<Place<I, Mind>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`its world did not open within ${longestMs} ms`)), longestMs)
    line
      .open(scenario)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer))
  })
}

async function along<I extends object, Mind extends SpokenTo>(
  line: Line<I, Mind>,
  place: Place<I, Mind>,
  path: Path,
): Promise<Shown> {
  const findings: string[] = []
  const lives: Life<Mind>[] = []
  let inFull: ReadonlySet<string> = new Set()
  let requests = 0
  const nextIndex = () => requests++
  const calm = { answers: [], mishap: undefined, nextIndex, goesOn: true }

  await place.runtime.run(async () => {
    const { answers, mishap } = path
    const first = await live(line, place, { answers, mishap, resumed: undefined, nextIndex, goesOn: false })
    lives.push(first)
    if (first.end === 'killed') lives.push(await live(line, place, { ...calm, resumed: first.line.progress ?? {} }))
    if (mishap) lives.push(await live(line, place, { ...calm, resumed: undefined }))
    for (const [index, life] of lives.entries()) {
      const which = ['', 'taken up: ', 'called again: '][index] ?? ''
      const judgement = judge(line.spec, life)
      findings.push(...judgement.findings.map(finding => which + finding))
      if (index === 0) inFull = judgement.inFull
    }
    if (mishap && !first.befell) findings.push('the mishap did not happen: nothing was shown')
    if (first.end === 'killed') findings.push(...judgeProgress(first))
    findings.push(...(await place.inspect(lives)))
    findings.push(...leaks(lives, await place.secrets()))
  }, longestMs)
  const [first] = lives
  if (!first) throw new Error('no call was made')
  return { path, findings, story: lives.flatMap(storyOf), ...reachedBy(first, inFull), ...heardIn(lives) }
}

function reachedBy(
  life: Life<unknown>,
  inFull: ReadonlySet<string>,
): Pick<Shown, 'next' | 'requests' | 'prompts' | 'inFull' | 'saidLast'> {
  const { entries, line } = life
  const last = entries.findLastIndex(entry => entry.what === 'pressed')
  const sinceMs = entries[last]?.atMs ?? -1
  const after = entries.slice(last + 1)
  const asked = after.findLast(entry => entry.what === 'told' && entry.event.event === 'asked')
  const hasEnded = after.some(
    entry => entry.what === 'told' && entry.event.event === 'ended' && entry.event.how !== 'caller-left',
  )
  const next = asked?.what === 'told' && asked.event.event === 'asked' && !hasEnded ? asked.event : undefined
  const prompts = line.heard.flatMap((prompt, index) => (prompt.beganAtMs > sinceMs ? [index] : []))
  const isInFull = (index: number) => line.heard[index]?.phrases.some(phrase => inFull.has(phrase))
  return {
    next: next && { step: next.step, classes: next.classes },
    requests: after.flatMap(entry => (entry.what === 'request' ? [entry.request.index] : [])),
    prompts,
    inFull: prompts.filter(isInFull),
    saidLast: prompts.flatMap(index => line.heard[index]?.phrases ?? []),
  }
}

/** Times in seconds of virtual time. What is keyed at a secret question stays masked here, too. */
function storyOf(life: Life<unknown>): string[] {
  const lines = life.entries.map(entry => {
    const at = `${(entry.atMs / 1000).toFixed(1).padStart(7)} s  `
    if (entry.what === 'request') return `${at}  → ${entry.request.method}`
    if (entry.what === 'pressed')
      return `${at}  keys ${isSecretKey(life, entry.intended.step) ? '•••' : entry.keys || '(nothing)'}`
    const { event } = entry
    if (event.event === 'said') return `${at}“${event.text}”`
    return `${at}  ${Object.values(event)
      .filter(each => typeof each === 'string')
      .join(' ')}`
  })
  return [life.resumed ? '--- taken up again' : '--- a call', ...lines, `--- ${life.end}`]
}

function heardIn(lives: readonly Life<unknown>[]): Pick<Shown, 'said' | 'outcomes'> {
  const said = new Set<string>()
  const outcomes = new Set<string>()
  for (const entry of lives.flatMap(life => life.entries)) {
    if (entry.what === 'told' && entry.event.event === 'said') said.add(`${entry.event.language} ${entry.event.phrase}`)
    if (entry.what !== 'request') continue
    const { method, result } = entry.request
    const outcome = typeof result === 'object' && result !== null && 'outcome' in result ? result.outcome : 'answered'
    outcomes.add(`${method} ${String(outcome)}`)
  }
  return { said, outcomes }
}

/** A request whose outcome was not told yet is remembered outside the process; one that was told is not told again. */
function judgeProgress({ entries, line }: Life<unknown>): string[] {
  const last = entries.findLastIndex(entry => entry.what === 'request' && entry.request.facts['intent'] !== undefined)
  const request = entries[last]
  if (request?.what !== 'request') return []
  const isTold = entries
    .slice(last)
    .some(entry => entry.what === 'told' && entry.event.event === 'asked' && entry.event.step.endsWith('.menu'))
  const isRemembered = line.progress?.intent?.id === request.request.facts['intent']
  if (isTold === isRemembered)
    return [isTold ? 'a request that was told is still open' : 'an open request is forgotten']
  return []
}

/** No transcript ever holds a PIN or password, neither in one piece nor as digits with anything between. */
function leaks(lives: readonly Life<unknown>[], secrets: readonly string[]): string[] {
  const findings: string[] = []
  for (const life of lives) {
    const keyed = life.entries.flatMap(entry =>
      entry.what === 'pressed' && isSecretKey(life, entry.intended.step) ? [entry.keys.replace(/\D/g, '')] : [],
    )
    const told = life.entries.flatMap(entry =>
      entry.what === 'told' && entry.event.event !== 'intent' ? [JSON.stringify(entry.event)] : [],
    )
    const digits = told.map(text => text.replace(/[^\d"]/g, ''))
    for (const secret of [...secrets, ...keyed].filter(each => each.length >= 6)) {
      const backwards = [...secret].reverse().join('')
      if ([...told, ...digits].some(text => text.includes(secret) || text.includes(backwards)))
        findings.push('the transcript tells a secret')
    }
  }
  return [...new Set(findings)]
}

function isSecretKey(life: Life<unknown>, step: string): boolean {
  return life.entries.some(
    entry => entry.what === 'told' && entry.event.event === 'asked' && entry.event.step === step && entry.event.secret,
  )
}
