/** One conversation: from the moment a process has the call until the call or the process ends, with a caller who answers. */
import type { Progress } from '../../../src/phone/line.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { SimulatedCaller, SimulatedLine } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { atEdge, edgeMishapAt, type Request } from './edge.ts'
import type { Answer, Mishap } from './path.ts'
import type { Line, Place, Pressed } from './place.ts'
import { MortalProcess } from './process.ts'
import type { SpokenTo } from './spec.ts'

/** What happened, in order. */
export type Entry =
  | { readonly what: 'told'; readonly atMs: number; readonly event: TranscriptEvent }
  | { readonly what: 'request'; readonly atMs: number; readonly request: Request }
  | { readonly what: 'pressed'; readonly atMs: number; readonly intended: Answer; readonly keys: string }

export interface Life<Mind> {
  /** What the caller knew at the beginning. The oracle lets it grow. */
  readonly mind: Mind
  readonly resumed: Progress | undefined
  readonly entries: readonly Entry[]
  readonly line: SimulatedLine
  /** What the script threw, digits masked. */
  readonly faults: readonly string[]
  /** How it ended, apart from what the transcript says. */
  readonly end: 'ended' | 'killed' | 'lost patience'
  /** Timers that ran on after the end. */
  readonly timersLeft: number
}

export interface LifeOptions {
  readonly answers: readonly Answer[]
  readonly mishap: Mishap | undefined
  readonly resumed: Progress | undefined
  /** Numbers requests over the whole run. */
  readonly nextIndex: () => number
  /** After `answers` the caller goes on, to end well. Otherwise they hear out the next question and leave. */
  readonly goesOn: boolean
}

/** Longer than any list that is read out, and than any institution that is worth waiting for. */
const patienceMs = 30 * 60_000

export async function live<I extends object, Mind extends SpokenTo>(
  where: Line<I, Mind>,
  place: Place<I, Mind>,
  { answers, mishap, resumed, nextIndex, goesOn }: LifeOptions,
): Promise<Life<Mind>> {
  const { runtime } = place
  const mind = await place.mind()
  const process = new MortalProcess(runtime)
  const line = new SimulatedLine(runtime, where.dialled, resumed)
  const entries: Entry[] = []
  const faults: string[] = []
  /** Each question, and the prompt that puts it: the first to begin after it was asked. */
  const asked: { step: string; prompt: number }[] = []
  let isServed = false
  let lostPatience = false

  const institution = atEdge(await place.start(process, resumed !== undefined), {
    nowMs: () => runtime.monotonicMs(),
    sleep: ms => process.sleep(ms),
    nextIndex,
    mishapOf: index => edgeMishapAt(mishap, index),
    onRequest: request => {
      place.saw(request)
      entries.push({ what: 'request', atMs: runtime.monotonicMs(), request })
    },
    kill: () => die(process, line),
  })
  const served = serveCall(line, call => where.script(call, institution), {
    speech: catalogueSpeech(),
    runtime: process,
    transcript: event => {
      if (process.isDead) return
      entries.push({ what: 'told', atMs: runtime.monotonicMs(), event })
      if (event.event === 'said') line.announce(event.phrase)
      if (event.event === 'asked') asked.push({ step: event.step, prompt: line.heard.length })
    },
    onFault: fault => faults.push(`${fault.error} ${fault.stack.split('\n')[0]?.trim() ?? ''}`),
  }).then(() => {
    isServed = true
    line.end()
  })

  const caller = new SimulatedCaller(runtime, line)
  const patience = new AbortController()
  runtime.sleep(patienceMs, patience.signal).then(
    () => {
      lostPatience = true
      line.drop()
    },
    () => {},
  )
  await Promise.all([answerQuestions(), mishap && befall(line, caller, mishap, () => die(process, line))])
  if (!process.isDead) await served
  patience.abort()
  const end = process.isDead ? 'killed' : lostPatience ? 'lost patience' : 'ended'
  return { mind, resumed, entries, line, faults, end, timersLeft: isServed ? process.timers : 0 }

  /** Hears out each question, then answers. */
  async function answerQuestions(): Promise<void> {
    const plan = [...answers]
    const pressed: Pressed[] = []
    for (let seen = 0; ; seen++) {
      const question = await line.when(() => asked[seen])
      if (!question) return
      const prompt = await line.when(() => line.heard[question.prompt])
      await line.when(() => prompt?.ended)
      if (line.isOver) return
      const intended = plan.length > 0 ? plan.shift() : goesOn ? place.goOn(question.step) : undefined
      if (intended?.step !== question.step) return caller.hangsUp(afterPromptMs)
      const keys = place.keys(intended, pressed)
      pressed.push({ step: question.step, keys })
      entries.push({ what: 'pressed', atMs: runtime.monotonicMs(), intended, keys })
      if (keys !== '') await caller.presses(keys, { afterMs: afterPromptMs })
    }
  }
}

/** Long enough that a `#` is an answer, and not the end of the fixed-length entry before. */
const afterPromptMs = 3_200

/** Whatever is to happen while the nth prompt is heard. */
async function befall(line: SimulatedLine, caller: SimulatedCaller, mishap: Mishap, kill: () => void): Promise<void> {
  const prompt = await line.when(() => line.heard[mishap.at])
  if (!prompt) return
  switch (mishap.kind) {
    case 'leave-before':
      return caller.hangsUp()
    case 'leave-during':
      return caller.hangsUp(200)
    case 'leave-after':
      await line.when(() => prompt.ended)
      return caller.hangsUp(40)
    case 'press':
      return caller.presses('1', { afterMs: 200 })
    case 'kill-prompt':
      await caller.waits(150)
      return kill()
    default:
      return
  }
}

function die(process: MortalProcess, line: SimulatedLine): void {
  if (line.isOver) return
  process.kill()
  line.end()
}
