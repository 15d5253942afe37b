/**
 * Judges a conversation. The rules are general: what the specification says of each turn; nothing is asked without a way
 * back; nobody waits in silence; one intent is one request; and every answer is classed as it was meant.
 */
import { isDeepStrictEqual } from 'node:util'
import { usualLimits } from '../../../src/phone/call-limits.ts'
import type { AnswerClass } from '../../../src/phone/transcript.ts'
import type { Language, PhraseKey, Utterance } from '../../../src/speech/speech.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { changes, type Request } from './edge.ts'
import type { Life } from './recording.ts'
import { type Change, type Expected, NotAsked, type Sentence, type Spec, type SpokenTo, saying, to } from './spec.ts'
import { type SeenTurn, turnsOf } from './turns.ts'

/** Made again by its intent, or safely made twice, while the outcome is unknown. */
const withIntent = new Set([
  ...['sellVoucher', 'transfer', 'changePin', 'block', 'pay', 'changePassword', 'endVoucher', 'beginListening'],
])
/** Asked while something is played: nobody waits in silence. */
const whilePlaying = new Set(['payUnit', 'unitBegun'])
const askedAgain = new Set([
  ...withIntent,
  ...whilePlaying,
  'confirmHeard',
  'heardOfTransfer',
  'passkeyCode',
  'becomePayee',
  'stopBeingPaid',
  'registerTelephone',
  'forgetTelephone',
  'resolve',
  ...['isOpen', 'askForCallBack'],
  ...['askByCard', 'payByCard', 'becameOfCard', 'becameOfCardIntent'],
  ...['askSignIn', 'askTrade', 'trade', 'askCancel', 'cancel', 'askPayIn', 'payIn', 'askPayOut', 'payOut', 'becameOf'],
  'endListening',
])
/** The questions that have nothing to go back to. */
const topMenus = new Set(['bank.menu', 'merchant.menu', 'securities.menu'])
/** Silence of the line, while one waits for an answer, after which a caller would say "hello?". */
const deadAirMs = 3_000

interface Failures {
  silence: number
  mistake: number
}

export interface Judgement {
  /** What is wrong with a conversation; empty when nothing is. */
  readonly findings: readonly string[]
  /** The phrases in it that are heard to their end, whatever is pressed. */
  readonly inFull: ReadonlySet<string>
}

/** Lets the mind of the life grow. */
export function judge<Mind extends SpokenTo>(spec: Spec<Mind>, life: Life<Mind>): Judgement {
  const findings = new Set<string>()
  const inFull = new Set<string>()
  const failures: Failures = { silence: 0, mistake: 0 }
  const usedIntents = new Set<string>()
  if (life.resumed?.language) life.mind.language = life.resumed.language

  const turns = turnsOf(life)
  for (const turn of turns) {
    const where = turn.answer ? `${turn.answer.step}=${turn.answer.answer}` : turn.pressed ? 'unclassed' : 'opening'
    const find = (finding: string) => findings.add(`${where}: ${finding}`)
    const isCut = turn === turns.at(-1) && (life.end !== 'ended' || !turn.next)
    judgeAnswer(turn, find)
    judgeQuestion(spec, turn, find)
    judgeIntents(turn, usedIntents, find)
    if (!isCut) judgeComfort(turn, find)
    try {
      const expected = expectedOf(spec, life, { ...turn, isCut }, failures)
      if (!expected) continue
      for (const phrase of expected.inFull ?? []) inFull.add(phrase)
      const should = [...expected.says, ...questionAfter(spec, life.mind, expected, failures)]
      compare(turn, expected, inItsLanguages(should, languagesOf(spec, life.mind, turn, expected)), isCut, find)
    } catch (reason) {
      if (!(reason instanceof NotAsked) || !isCut) find(reason instanceof Error ? reason.message : String(reason))
    }
  }
  for (const finding of judgeEnd(life)) findings.add(finding)
  return { findings: [...findings], inFull }
}

/** What a turn should have been; counts the failures at its question. Undefined where nothing can be said. */
function expectedOf<Mind extends SpokenTo>(
  spec: Spec<Mind>,
  life: Life<Mind>,
  turn: SeenTurn & { readonly isCut: boolean },
  failures: Failures,
): Expected | undefined {
  const forsaken = forsakenBy(turn)
  if (forsaken) return forsaken

  const seen = {
    mind: life.mind,
    keyed: turn.pressed?.keys.replace(/#$/, '') ?? '',
    answerOf: answersOf(turn.requests),
    unitsOf: unitsOf(turn.requests),
    isCut: turn.isCut,
  }
  if (!turn.answer) return turn.pressed ? undefined : spec.opening(seen, life.resumed)

  const { step, answer } = turn.answer
  const row = spec.steps[step]?.rows[answer]
  const slip = slipOf(answer)
  if (slip === 'free') return saying(answer === 'help' ? helpAt(spec, life.mind, step) : [], to(step))
  if (answer === 'clerk' && spec.clerk) {
    Object.assign(failures, { silence: 0, mistake: 0 })
    return spec.clerk(seen, step)
  }
  if (!slip) {
    if (!row) throw new Error('the specification does not know this answer')
    Object.assign(failures, { silence: 0, mistake: 0 })
    return row(seen)
  }
  const refusal = row?.(seen)
  // A refusal that leads to another question is over with it.
  if (refusal && refusal.next !== step) {
    Object.assign(failures, { silence: 0, mistake: 0 })
    return refusal
  }
  const times = ++failures[slip]
  const isLast = times >= usualLimits.failures
  const own = refusal ?? saying(isLast ? [] : [sentence(`${answer}.${times}`)], to(step))
  if (!isLast) return own
  const givenUp = spec.steps[step]?.givenUp?.(seen)
  if (givenUp) {
    Object.assign(failures, { silence: 0, mistake: 0 })
    return { ...givenUp, says: [...own.says, ...givenUp.says] }
  }
  const goodbye = sentence(slip === 'silence' ? 'goodbye.silence' : 'goodbye.mistakes')
  return { ...own, says: [...own.says, goodbye], next: 'END gave-up' }
}

/** The institution is away: where we asked again we say so kindly, elsewhere we apologise. */
function forsakenBy({ requests }: SeenTurn): Expected | undefined {
  const last = requests.findLast(
    (request, index) =>
      isWithoutAnswer(request) &&
      !requests.some((later, at) => at > index && later.method === request.method && !isWithoutAnswer(later)),
  )
  if (!last) return undefined
  if (askedAgain.has(last.method)) return { says: [sentence('no-answer-yet')], next: 'END said-goodbye' }
  return { says: [sentence('apology')], next: 'END fault' }
}

/** Whether the script had to do without: refused, or later than a call waits. */
function isWithoutAnswer({ failed, atMs, answeredAtMs }: Request): boolean {
  return failed === true || (answeredAtMs !== undefined && answeredAtMs - atMs >= usualLimits.workMs)
}

function slipOf(answer: AnswerClass): 'silence' | 'mistake' | 'free' | undefined {
  if (answer === 'silence') return 'silence'
  if (answer === 'repeat' || answer === 'help' || answer === 'start-again') return 'free'
  return /^(too-|wrong-key|refused-)/.test(answer) ? 'mistake' : undefined
}

function answersOf(requests: readonly Request[]): (method: string) => unknown {
  return method => {
    const request = requests.findLast(made => made.method === method)
    if (!request) throw new NotAsked(`the institution was not asked: ${method}`)
    if (!('result' in request)) throw new NotAsked(`the institution did not answer: ${method}`)
    return request.result
  }
}

/** The highest unit that was asked for. */
function unitsOf(requests: readonly Request[]): (method: string) => number {
  return method =>
    requests.reduce((most, made) => (made.method === method ? Math.max(most, Number(made.facts['unit'])) : most), 0)
}

/** First the question; after one failure the wording that says more, after two the help and the question. */
function questionAfter<Mind extends SpokenTo>(
  spec: Spec<Mind>,
  mind: Mind,
  { next }: Expected,
  { silence, mistake }: Failures,
): Sentence[] {
  const step = spec.steps[next]
  if (!step) return []
  const question: Sentence = step.question?.(mind) ?? sentence(next)
  const again = `${question.phrase}.again`
  if (silence + mistake === 0) return [question]
  if (silence + mistake > 1) return [sentence(helpOf(spec, next)), question]
  return [catalogueSpeech().has(again) ? ({ ...question, phrase: again } as Sentence) : question]
}

function compare(
  turn: SeenTurn,
  expected: Expected,
  should: readonly Written[],
  isCut: boolean,
  find: (finding: string) => void,
): void {
  const did = turn.said.map(({ event, revealed }) => ({ ...event, revealed }))
  // Whatever was said before the institution fell silent was true then.
  if (forsakenBy(turn)) did.splice(0, did.length - should.length)
  for (const [index, wanted] of should.entries()) {
    const heard = did[index]
    // Whoever left in the middle of a prompt was not told what would have followed it.
    if (!heard && (isCut || turn.said.at(-1)?.heardInFull === false)) break
    if (!heard) find(`is not told ${wanted.phrase}`)
    else if (heard.phrase !== wanted.phrase) find(`is told ${heard.phrase} instead of ${wanted.phrase}`)
    else if (heard.language !== wanted.language) find(`is told ${wanted.phrase} in ${heard.language}`)
    else if (heard.text !== wanted.masked) find(`is told "${heard.text}" instead of "${wanted.masked}"`)
    else if (!heard.revealed.includes(wanted.revealed)) find(`hears another secret in ${wanted.phrase}`)
    if (heard?.phrase !== wanted.phrase) return
  }
  for (const more of did.slice(should.length)) find(`is also told ${more.phrase}`)

  for (const phrase of expected.inFull ?? []) {
    const cutShort = turn.said.find(said => said.event.phrase === phrase && !said.heardInFull)
    if (cutShort && !(isCut && cutShort === turn.said.at(-1))) find(`did not hear ${phrase} to its end`)
  }
  const next = turn.next?.event === 'asked' ? turn.next.step : turn.next ? `END ${turn.next.how}` : undefined
  if (next !== expected.next && !(isCut && next === undefined)) find(`leads to ${next}, not to ${expected.next}`)
  compareChanges(
    turn.requests,
    expected.changes ?? [],
    isCut || expected.next === 'END fault' || next === 'END said-goodbye',
    find,
  )
}

function compareChanges(
  requests: readonly Request[],
  expected: readonly Change[],
  mayLack: boolean,
  find: (finding: string) => void,
): void {
  const made = requests.filter(({ method }) => changes.has(method))
  const once = made.filter((request, index) => !(made[index - 1] && isAskedAgain(made[index - 1] as Request, request)))
  for (const [index, request] of once.entries()) {
    const wanted = expected[index]
    if (!wanted && mayLack && requests.some(isWithoutAnswer)) continue
    if (wanted?.method !== request.method) find(`asks for ${request.method}, not ${wanted?.method ?? 'for nothing'}`)
    else
      for (const [fact, value] of Object.entries(wanted.facts))
        if (!isDeepStrictEqual(request.facts[fact], value)) find(`asks for ${request.method} with another ${fact}`)
  }
  if (once.length < expected.length && !mayLack) find(`does not ask for ${expected[once.length]?.method}`)
}

function isAskedAgain(before: Request, after: Request): boolean {
  return before.method === after.method && isWithoutAnswer(before) && isDeepStrictEqual(before.facts, after.facts)
}

function judgeAnswer({ answer, pressed }: SeenTurn, find: (finding: string) => void): void {
  if (!answer) return
  if (!pressed) find('an answer that nobody gave')
  else if (pressed.intended.step !== answer.step || pressed.intended.answer !== answer.answer)
    find(`was meant as ${pressed.intended.step}=${pressed.intended.answer}`)
}

function judgeQuestion<Mind extends SpokenTo>(
  spec: Spec<Mind>,
  { next }: SeenTurn,
  find: (finding: string) => void,
): void {
  if (next?.event !== 'asked') return
  const { step, classes, secret } = next
  const known = spec.steps[step]
  if (!known) {
    find(`asks ${step}, which the specification does not know`)
    return
  }
  if (secret !== (known.secret ?? false)) find(`${step} ${secret ? 'is' : 'is not'} asked as a secret`)
  if (!topMenus.has(step) && !classes.some(answer => answer === 'back' || answer === 'key-9'))
    find(`${step} has no way back`)
  for (const row of Object.keys(known.rows)) {
    if (!classes.includes(row as AnswerClass)) find(`${step} does not offer ${row}`)
  }
  for (const answer of classes) {
    const isSlip = slipOf(answer) !== undefined && !answer.startsWith('refused-')
    const isGeneral = isSlip || (answer === 'clerk' && spec.clerk !== undefined)
    if (!isGeneral && !known.rows[answer]) find(`${step} offers ${answer}, which the specification does not know`)
  }
}

/** One intent, announced before, for one request; the same again only to learn its outcome. */
function judgeIntents(turn: SeenTurn, used: Set<string>, find: (finding: string) => void): void {
  const ids = new Set(
    turn.requests.filter(({ method }) => withIntent.has(method)).map(({ facts }) => String(facts['intent'])),
  )
  if (ids.size > 1) find('asks again by another intent')
  for (const id of ids) {
    if (used.has(id)) find('uses an intent that an earlier request has used')
    if (!turn.intents.some(intent => intent.id === id)) find('uses an intent that was not made for it')
    used.add(id)
  }
}

function judgeComfort({ requests, comforts }: SeenTurn, find: (finding: string) => void): void {
  for (const { method, atMs, answeredAtMs = Number.POSITIVE_INFINITY } of requests) {
    const isLong = answeredAtMs - atMs > deadAirMs && !whilePlaying.has(method)
    if (isLong && !comforts.some(comfort => comfort.atMs >= atMs && comfort.atMs <= atMs + deadAirMs))
      find(`waits for ${method} in silence`)
  }
}

function judgeEnd(life: Life<unknown>): string[] {
  const findings: string[] = []
  if (life.end === 'lost patience') findings.push('the call does not end')
  if (life.timersLeft > 0) findings.push(`${life.timersLeft} timer(s) run on after the call`)
  const ends = life.entries.filter(entry => entry.what === 'told' && entry.event.event === 'ended').length
  if (life.end === 'ended' && ends !== 1) findings.push(`the call ended ${ends} times`)
  const wasForsaken = life.entries.some(entry => entry.what === 'request' && isWithoutAnswer(entry.request))
  if (!wasForsaken) findings.push(...life.faults.map(fault => `the script failed: ${fault}`))
  return findings
}

/** What explains a step, and how a clerk is reached from there. Nobody is called by a caller without a language, or who is on the way to one. */
function helpAt<Mind extends SpokenTo>(spec: Spec<Mind>, { hasClerks }: Mind, step: string): Sentence[] {
  const isOffered = hasClerks && !spec.steps[step]?.inBothLanguages && !step.startsWith('care.')
  return [sentence(helpOf(spec, step)), ...(isOffered ? [sentence('care.offer')] : [])]
}

function helpOf<Mind extends SpokenTo>(spec: Spec<Mind>, step: string): PhraseKey {
  return spec.steps[step]?.help ?? 'help.keys'
}

/** A sentence without values. The catalogue throws on one that it does not know. */
function sentence(phrase: string): Sentence {
  return { phrase, values: {} } as Sentence
}

/** In which languages a turn is spoken: the question that is put decides, and at the end of a call the one that was answered. */
function languagesOf<Mind extends SpokenTo>(
  spec: Spec<Mind>,
  { language = 'en' }: Mind,
  { answer }: SeenTurn,
  { next }: Expected,
): readonly Language[] {
  const step = spec.steps[next] ?? (answer && spec.steps[answer.step])
  return step?.inBothLanguages ? ['en', 'zh'] : [language]
}

/** All of it in the first language, then all of it in the next; what has a language of its own once, and first. */
function inItsLanguages(sentences: readonly Sentence[], languages: readonly Language[]): Written[] {
  const ofItsOwn = sentences.flatMap(({ language, ...spoken }) => (language ? [written(language, spoken)] : []))
  const others = sentences.filter(({ language }) => !language)
  return [...ofItsOwn, ...languages.flatMap(language => others.map(spoken => written(language, spoken)))]
}

interface Written {
  readonly phrase: PhraseKey
  readonly language: Language
  readonly masked: string
  readonly revealed: string
}

function written(language: Language, spoken: Omit<Sentence, 'language'>): Written {
  const speech = catalogueSpeech()
  const { phrase } = spoken
  return {
    phrase,
    language,
    masked: speech.text(language, spoken as Utterance),
    revealed: speech.text(language, spoken as Utterance, { reveal: true }),
  }
}
