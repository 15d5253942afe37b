/** Cuts what happened in a life into turns: an answer, what followed, and the next question or the end. */
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import type { Request } from './edge.ts'
import type { Answer } from './path.ts'
import type { Life } from './recording.ts'

type Told<E extends TranscriptEvent['event']> = Extract<TranscriptEvent, { event: E }>

export interface SeenTurn {
  /** Undefined for what comes before the first question. */
  readonly answer: Told<'answered'> | undefined
  readonly pressed: { readonly intended: Answer; readonly keys: string } | undefined
  /** Every phrase, the next question's own wording too; comfort while one waits left out. */
  readonly said: { readonly event: Told<'said'>; readonly revealed: string; readonly heardInFull: boolean }[]
  readonly comforts: { readonly atMs: number }[]
  readonly requests: Request[]
  readonly intents: Told<'intent'>[]
  /** What the turn led to. Undefined when the caller left, or the process died. */
  next: Told<'asked'> | Told<'ended'> | undefined
}

const comforting = new Set([
  ...['one-moment', 'still-working', 'taking-long'],
  ...['care.wait.next', 'care.wait.one-ahead', 'care.wait.ahead'],
])

export function turnsOf(life: Life<unknown>): SeenTurn[] {
  const prompts = life.line.heard.flatMap(prompt => prompt.phrases.map(() => prompt))
  const turns: SeenTurn[] = [newTurn(undefined, undefined)]
  let pressed: SeenTurn['pressed']
  /** Requests between a question and the verdict on its answer belong to the answer. */
  let early: { requests: Request[]; comforts: { atMs: number }[] } | undefined
  let saidSoFar = 0

  /** The verdict never came: what follows belongs to an answer that nobody classed. */
  const withoutVerdict = () => {
    if (!early || early.requests.length === 0) return
    turns.push({ ...newTurn(undefined, pressed), ...early })
    early = undefined
  }

  for (const entry of life.entries) {
    if (entry.what === 'told' && entry.event.event === 'said' && !comforting.has(entry.event.phrase)) withoutVerdict()
    const turn = turns.at(-1)
    if (!turn) break
    if (entry.what === 'pressed') pressed = entry
    else if (entry.what === 'request') (early ?? turn).requests.push(entry.request)
    else {
      const { event, atMs } = entry
      switch (event.event) {
        case 'said': {
          const prompt = prompts[saidSoFar++]
          if (comforting.has(event.phrase)) (early ?? turn).comforts.push({ atMs })
          else turn.said.push({ event, revealed: prompt?.text ?? '', heardInFull: prompt?.ended === 'finished' })
          break
        }
        case 'intent':
          turn.intents.push(event)
          break
        case 'asked':
          turn.next = event
          early = { requests: [], comforts: [] }
          break
        case 'answered': {
          const next = newTurn(event, pressed)
          next.requests.push(...(early?.requests ?? []))
          next.comforts.push(...(early?.comforts ?? []))
          early = undefined
          turns.push(next)
          break
        }
        case 'ended':
          if (event.how !== 'caller-left') turn.next = event
          break
        default:
          break
      }
    }
  }
  withoutVerdict()
  return turns
}

function newTurn(answer: SeenTurn['answer'], pressed: SeenTurn['pressed']): SeenTurn {
  return { answer, pressed, said: [], comforts: [], requests: [], intents: [], next: undefined }
}
