/** One conversation: from the moment a process has the call until the call or the process ends, with a caller who answers. */
import type { Progress } from '../../../src/phone/line.ts'
import { serveCall } from '../../../src/phone/serve-call.ts'
import { SimulatedCaller, SimulatedLine } from '../../support/simulated-line.ts'
import { catalogueSpeech } from '../../support/speech.ts'
import { atEdge } from './edge.ts'
import { edgeMishapAt, isAtEdge, type Mishap, type PromptMishap } from './mishap.ts'
import type { Answer } from './path.ts'
import type { Line, Place, Pressed } from './place.ts'
import { MortalProcess } from './process.ts'
import type { Entry, Life } from './recording.ts'
import type { SpokenTo } from './spec.ts'

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
  const line = new SimulatedLine(runtime, where.dialled, { resumed })
  const entries: Entry[] = []
  const faults: string[] = []
  /** Each question, and the prompt that puts it: the first to begin after it was asked. */
  const asked: { step: string; prompt: number }[] = []
  let isServed = false
  let befell = false
  let lostPatience = false

  const institution = atEdge(await place.start(process, resumed !== undefined), {
    nowMs: () => runtime.monotonicMs(),
    sleep: ms => process.sleep(ms),
    nextIndex,
    mishapOf: index => {
      const kind = edgeMishapAt(mishap, index)
      befell ||= kind !== undefined
      return kind
    },
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
    assistance: place.assistance?.(institution, process),
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
  const meetPrompt = async () => {
    if (!mishap || isAtEdge(mishap)) return
    befell = await befall(line, caller, mishap.kind, mishap.at, () => die(process, line))
  }
  await Promise.all([answerQuestions(), meetPrompt()])
  if (!process.isDead) await served
  patience.abort()
  const end = process.isDead ? 'killed' : lostPatience ? 'lost patience' : 'ended'
  return { mind, resumed, entries, line, faults, end, timersLeft: isServed ? process.timers : 0, befell }

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

/** Whatever is to happen while the nth prompt is heard. False when it never was, or was over too soon. */
async function befall(
  line: SimulatedLine,
  caller: SimulatedCaller,
  kind: PromptMishap,
  at: number,
  kill: () => void,
): Promise<boolean> {
  const prompt = await line.when(() => line.heard[at])
  if (!prompt || line.isOver) return false
  switch (kind) {
    case 'leave-before':
      await caller.hangsUp()
      break
    case 'leave-during':
      await caller.hangsUp(200)
      break
    case 'leave-after':
      await line.when(() => prompt.ended)
      await caller.hangsUp(40)
      break
    case 'press':
      await caller.presses('1', { afterMs: 200 })
      break
    case 'kill-prompt':
      await caller.waits(150)
      kill()
  }
  return true
}

function die(process: MortalProcess, line: SimulatedLine): void {
  if (line.isOver) return
  process.kill()
  line.end()
}
