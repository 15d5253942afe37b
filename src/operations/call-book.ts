/**
 * The calls in progress of one process, and where callers gave up since it began: out of the transcripts, whose steps have names and no
 * digits. What was said and keyed stays out.
 */
import type { Transcript } from '../phone/transcript.ts'
import type { Runtime } from '../runtime.ts'

export interface CallNow {
  readonly line: string
  /** What the caller was asked last. Undefined before the first question. */
  readonly step: string | undefined
  /** Since the call was answered, and since that was asked. */
  readonly callMs: number
  readonly stepMs: number
  /** Of what the caller sends: packets that were lost, in percent, and how unevenly they come. Undefined where nobody knows. */
  readonly lossPercent?: number | undefined
  readonly jitterMs?: number | undefined
}

export interface GivenUp {
  readonly line: string
  readonly step: string
  readonly count: number
}

interface Open {
  readonly line: string
  readonly beganAtMs: number
  step: string | undefined
  askedAtMs: number
}

/** How well a call's sound comes in. */
export interface SoundQuality {
  readonly lossPercent: number
  readonly jitterMs: number
}

export class CallBook {
  readonly #runtime: Runtime
  readonly #open = new Map<string, Open>()
  readonly #givenUp = new Map<string, { line: string; step: string; count: number }>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Also hears what happens in this call. */
  beside(transcript: Transcript, callId: string, line: string): Transcript {
    return event => {
      transcript(event)
      if (event.event === 'answered-call') {
        const nowMs = this.#runtime.monotonicMs()
        this.#open.set(callId, { line, beganAtMs: nowMs, step: undefined, askedAtMs: nowMs })
      }
      const call = this.#open.get(callId)
      if (call === undefined) return
      if (event.event === 'asked') {
        call.step = event.step
        call.askedAtMs = this.#runtime.monotonicMs()
      }
      if (event.event !== 'ended') return
      this.#open.delete(callId)
      if (event.how === 'caller-left' || event.how === 'gave-up') this.#count(line, call.step)
    }
  }

  /** Those that last longest first. `qualities`: by call. */
  inProgress(qualities: ReadonlyMap<string, SoundQuality> = new Map()): readonly CallNow[] {
    const nowMs = this.#runtime.monotonicMs()
    return [...this.#open].map(([callId, { line, step, beganAtMs, askedAtMs }]) => ({
      ...{ line, step, callMs: nowMs - beganAtMs, stepMs: nowMs - askedAtMs },
      ...qualities.get(callId),
    }))
  }

  /** Where most gave up first. */
  givenUp(): readonly GivenUp[] {
    return [...this.#givenUp.values()].toSorted((a, b) => b.count - a.count)
  }

  #count(line: string, step = 'none'): void {
    const key = `${line} ${step}`
    const known = this.#givenUp.get(key) ?? { line, step, count: 0 }
    known.count++
    this.#givenUp.set(key, known)
  }
}
