/**
 * What a call says, in writing, for the page that placed it. The edge draws a key for each call of a page, which comes here with the call
 * and from the process that serves the page: whoever asks with it first is told, from the beginning, and nobody after. Texts are
 * the transcript's, in which secrets are masked.
 */
import type { Transcript } from '../phone/transcript.ts'
import { type Runtime, withDeadline } from '../runtime.ts'
import type { Language } from '../speech/speech.ts'
import type { Contract } from './owner/contract.ts'
import type { HandlerOf } from './owner/operation.ts'

export interface Caption {
  readonly language: Language
  readonly text: string
}

/** A call that was placed is here within a second, or never. */
const arrivalMs = 20_000
/** A call whose page does not ask says more than anybody would read again. */
const mostKept = 50

const captionKey = /^[0-9a-f]{32}$/

class CaptionedCall {
  readonly #kept: Caption[] = []
  #tell: ((caption: Caption) => void) | undefined
  hasArrived = false
  #arrive: () => void = () => {}
  #end: () => void = () => {}
  readonly arrived = new Promise<void>(resolve => {
    this.#arrive = resolve
  })
  readonly ended = new Promise<void>(resolve => {
    this.#end = resolve
  })

  /** False: somebody has it already. */
  take(tell: (caption: Caption) => void): boolean {
    if (this.#tell) return false
    this.#tell = tell
    for (const caption of this.#kept.splice(0)) tell(caption)
    return true
  }

  begin(): void {
    this.hasArrived = true
    this.#arrive()
  }

  said(caption: Caption): void {
    if (this.#tell) this.#tell(caption)
    else if (this.#kept.length < mostKept) this.#kept.push(caption)
  }

  end(): void {
    this.#end()
  }
}

export class Captions {
  readonly #runtime: Runtime
  readonly #calls = new Map<string, CaptionedCall>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  /** Also hears what this call says. A call that no page placed has no key, and is heard by `transcript` alone. */
  beside(transcript: Transcript, key: string | undefined): Transcript {
    if (key === undefined || !captionKey.test(key)) return transcript
    const call = this.#of(key)
    call.begin()
    return event => {
      transcript(event)
      if (event.event === 'said') call.said({ language: event.language, text: event.text })
      if (event.event !== 'ended') return
      call.end()
      this.#calls.delete(key)
    }
  }

  /** Resolves when the call has ended, at once where it is somebody else's to read, and after a while where it never came. */
  readonly handler: HandlerOf<Contract['captions']> = async ({ key }, asker) => {
    const call = this.#of(key)
    if (!call.take(caption => asker.tell(caption))) return { outcome: 'unknown' }
    const gone = new Promise<void>(resolve => asker.listen({ heard: () => {}, gone: resolve }))
    try {
      await withDeadline(this.#runtime, 'a call with captions', arrivalMs, Promise.race([call.arrived, gone]))
    } catch {
      this.#calls.delete(key)
      return { outcome: 'unknown' }
    }
    await Promise.race([call.ended, gone])
    // Nobody asks again, and it may never come: nothing is kept for it.
    if (!call.hasArrived) this.#calls.delete(key)
    return { outcome: 'ended' }
  }

  #of(key: string): CaptionedCall {
    const call = this.#calls.get(key) ?? new CaptionedCall()
    this.#calls.set(key, call)
    return call
  }
}
