/**
 * A telephone line on the terminal: prompts are typed (and spoken, with a loudspeaker), keys are typed. It needs no
 * Asterisk and no sound, so a newcomer can make a call a minute after cloning, on any system.
 *
 * At a terminal each key counts at once; Enter is `#`, Ctrl-C and Ctrl-D hang up. Where input comes from a file or a
 * pipe, each line is keyed in once the question before it has been put, so that a whole call can be written down.
 */
import { type Runtime, randomId } from '../../runtime.ts'
import type { CallLimits } from '../call-limits.ts'
import { CallGone, type Key, type Line, type LineListener, type Playback, type Prompt } from '../line.ts'
import type { TranscriptEvent } from '../transcript.ts'
import type { Keyboard } from './keyboard.ts'
import type { Loudspeaker } from './loudspeaker.ts'

export interface ConsoleLineOptions {
  readonly runtime: Runtime
  readonly dialled: string
  readonly keyboard: Keyboard
  readonly write: (text: string) => void
  /** Width of the terminal in characters; a line is broken between words to fit. Endless when unset, as in a file. */
  readonly columns?: number | undefined
  readonly loudspeaker?: Loudspeaker
}

/** Somebody who reads and types needs longer than somebody who listens and presses. */
export const consoleLimits: Partial<CallLimits> = {
  answer: { firstKeyMs: 60_000, interKeyMs: 10_000, wholeMs: 10_000, overallMs: 180_000, offerMs: 10_000 },
}

/** How long a prompt lasts while it is read: about 80 characters a second, as one skims a known text. */
const msPerCharacter = 12

export class ConsoleLine implements Line {
  readonly callId: string
  readonly dialled: string
  readonly callerNumber = undefined
  readonly resumed = undefined
  readonly keyReportLagMs = 0
  readonly #options: ConsoleLineOptions
  #listener: LineListener | undefined
  #stopPlaying: (() => void) | undefined
  #isOver = false
  /** Only between an open question and its answer: what is typed ahead may be a PIN. */
  #showsKeys = false
  /** The question that has been asked, until it is answered or the next written line is called for; each is another. */
  #toOffer: object | undefined

  constructor(options: ConsoleLineOptions) {
    this.#options = options
    this.callId = randomId(options.runtime)
    this.dialled = options.dialled
    options.keyboard.onKey = key => this.#press(key)
    options.keyboard.onHangUp = () => this.#leave()
  }

  listen(listener: LineListener): void {
    this.#listener = listener
  }

  /** To be joined to the call's transcript: tells which keys must not be shown, and when a question has been put. */
  readonly transcript = (event: TranscriptEvent): void => {
    if (event.event === 'answered') {
      this.#showsKeys = false
      this.#toOffer = undefined
    }
    if (event.event !== 'asked') return
    this.#showsKeys = !event.secret
    this.#toOffer = {}
  }

  play(prompt: Prompt): Playback {
    const { runtime, keyboard, loudspeaker, write, columns } = this.#options
    if (this.#isOver) return { ended: Promise.reject(new CallGone()), stop: async () => {} }
    write(`\n${wrapped(prompt.revealed(), columns)}\n`)
    const stopping = new AbortController()
    let how: 'finished' | 'stopped' = 'finished'
    const stop = async () => {
      how = 'stopped'
      stopping.abort()
      loudspeaker?.silence()
    }
    this.#stopPlaying = stop
    const readMs = keyboard.isInteractive ? prompt.text.length * msPerCharacter : 0
    const lasting = [
      runtime.sleep(readMs, stopping.signal).catch(() => {}),
      // Secrets are masked in `text`: they are shown, and never given to another program to speak.
      ...(loudspeaker ? [loudspeaker.say(prompt.text.replaceAll('•', ''), prompt.language)] : []),
    ]
    const ended = Promise.all(lasting).then(() => {
      if (this.#isOver) throw new CallGone()
      this.#offerKeys()
      return how
    })
    return { ended, stop }
  }

  async remember(): Promise<void> {
    // A console call ends with its process: there is nobody to take it up.
  }

  async hangUp(): Promise<void> {
    this.#end()
  }

  /**
   * A question has been put: whoever keys from a file keys the next line now. Not so where keys that came with the line
   * before have answered it already: the next line is for the next question.
   */
  #offerKeys(): void {
    const question = this.#toOffer
    if (question === undefined) return
    // After the conversation has heard that the prompt is over, or the keys would cut it short.
    this.#options.runtime.sleep(0).then(() => {
      if (this.#toOffer !== question) return
      this.#toOffer = undefined
      this.#options.keyboard.next()
    })
  }

  #press(key: Key): void {
    if (this.#isOver) return
    this.#options.write(this.#showsKeys ? key : '•')
    if (key === '#') this.#showsKeys = false
    this.#listener?.onKey({ key, beganAtMs: this.#options.runtime.monotonicMs() })
  }

  #leave(): void {
    if (this.#isOver) return
    this.#end()
    this.#listener?.onGone()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopPlaying?.()
    this.#options.keyboard.close()
    this.#options.write('\n')
  }
}

function wrapped(text: string, columns = Number.POSITIVE_INFINITY): string {
  return text.split(' ').reduce((soFar, word) => {
    const line = soFar.slice(soFar.lastIndexOf('\n') + 1)
    return `${soFar}${line.length + 1 + word.length > columns ? '\n' : ' '}${word}`
  })
}
