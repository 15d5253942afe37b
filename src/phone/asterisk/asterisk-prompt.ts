/**
 * One prompt on one channel. Its lists are played one after another; at any moment there is one playback, so that one
 * DELETE silences the prompt.
 *
 *   posting ──1 answered──▶ playing ──2 PlaybackFinished──▶ next list? ──3 none──▶ finished
 *      │                       │ 4 failed ──▶ caller gone? ──▶ CallGone or PromptFailed
 *      │ 5 stop()              │ 6 stop()
 *      └────── waits ─────────▶└── DELETE ──▶ stopped
 */
import { DeadlineExceeded, type Runtime } from '../../runtime.ts'
import { CallGone, type Playback } from '../line.ts'
import type { Channels } from './channels.ts'
import type { Playbacks } from './playbacks.ts'

/** Asterisk could not play a clip although the caller was there: a clip is missing or unreadable. */
export class PromptFailed extends Error {
  constructor() {
    super('Asterisk could not play a prompt')
    this.name = 'PromptFailed'
  }
}

const hangUpToldMs = 200

export interface PromptParts {
  readonly channels: Channels
  readonly playbacks: Playbacks
  readonly channelId: string
  readonly runtime: Runtime
  /** An id for each list. */
  readonly nextId: () => string
  readonly lists: readonly string[]
  /** Of the first clip. */
  readonly skipMs?: number
}

export class AsteriskPrompt implements Playback {
  readonly ended: Promise<'finished' | 'stopped'>
  /** Asterisk has taken the first list. */
  readonly begun: Promise<void>
  readonly #parts: PromptParts
  #resolve: (how: 'finished' | 'stopped') => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #lists = 0
  #playbackId = ''
  #posting: Promise<void> = Promise.resolve()
  #isOver = false

  constructor(parts: PromptParts) {
    this.#parts = parts
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever plays awaits it; a caller may leave before that.
    this.ended.catch(() => {})
    this.#playNext()
    this.begun = this.#posting.then(() => {
      if (this.#isOver) throw new CallGone()
    })
    this.begun.catch(() => {})
  }

  async stop(): Promise<void> {
    if (this.#isOver) return
    this.#end(() => this.#resolve('stopped'))
    // A DELETE that overtakes its POST would silence nothing.
    await this.#posting
    await this.#parts.playbacks.stop(this.#playbackId)
  }

  /** Asterisk says that a playback of ours has ended. */
  onFinished(playbackId: string, state: string): void {
    if (this.#isOver || playbackId !== this.#playbackId) return
    if (state === 'failed') void this.#failed()
    else this.#playNext()
  }

  /** The caller has left. */
  onGone(): void {
    this.#end(() => this.#reject(new CallGone()))
  }

  /** There was no event socket for a while: the end of the playback may have been missed. */
  async catchUp(): Promise<void> {
    const playbackId = this.#playbackId
    await this.#posting
    if (this.#isOver || playbackId !== this.#playbackId) return
    if (!(await this.#parts.playbacks.isPlaying(playbackId))) this.onFinished(playbackId, 'done')
  }

  #playNext(): void {
    const { channels, playbacks, channelId, lists, nextId, skipMs } = this.#parts
    const skips = this.#lists === 0 ? skipMs : 0
    const list = lists[this.#lists++]
    if (list === undefined) {
      this.#end(() => this.#resolve('finished'))
      return
    }
    const playbackId = nextId()
    this.#playbackId = playbackId
    this.#posting = channels.play(channelId, playbackId, list, skips).catch(async error => {
      this.#end(() => this.#reject(error))
      if (error instanceof DeadlineExceeded) await playbacks.stopUncertain(playbackId)
    })
  }

  /** A hang-up fails the playback as a missing clip does, and can be told of a moment after it. */
  async #failed(): Promise<void> {
    const { channels, channelId, runtime } = this.#parts
    const reason = await channels.get(channelId).then(
      () => new PromptFailed(),
      error => error,
    )
    if (reason instanceof PromptFailed) await runtime.sleep(hangUpToldMs)
    this.#end(() => this.#reject(reason))
  }

  #end(settle: () => void): void {
    if (this.#isOver) return
    this.#isOver = true
    settle()
  }
}
