/**
 * A silence that is played to one channel and paused. While it stands, Asterisk reports each digit the moment it ends and
 * puts none off (`presses.ts`), as it does while it plays a prompt; and a paused file sends nothing.
 *
 *   absent ──1 begin()──▶ playing ──3 pause──▶ standing ──4 end()──▶ absent
 *                            └─ 2 not begun yet: tried again ─┘
 */
import type { Runtime } from '../../runtime.ts'
import { silence } from '../../speech/speech.ts'
import type { Channels } from './channels.ts'
import { mediaLists } from './media.ts'
import type { Playbacks } from './playbacks.ts'

/** It waits for the prompt before it to be silenced. The silence itself lasts 500 ms. */
const pauseAgainMs = 10

const [media = ''] = mediaLists([silence(500)])

export interface PausedSilenceParts {
  readonly channels: Pick<Channels, 'play'>
  readonly playbacks: Pick<Playbacks, 'pause' | 'stop'>
  readonly runtime: Runtime
  readonly channelId: string
  readonly playbackId: string
  /** It stands. */
  readonly onStanding: (atMs: number) => void
}

export class PausedSilence {
  readonly #parts: PausedSilenceParts
  #isWanted = false
  /** Settles when Asterisk knows of it, and when nothing more of it will be asked for. */
  #posted: Promise<unknown> = Promise.resolve()
  #over: Promise<void> = Promise.resolve()

  constructor(parts: PausedSilenceParts) {
    this.#parts = parts
  }

  begin(): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#over = this.#over.then(() => this.#stand()).catch(forgive)
  }

  /** Resolves when nothing more of it is in Asterisk's way. Until then a prompt would wait behind it. */
  async end(): Promise<void> {
    if (!this.#isWanted) return
    this.#isWanted = false
    // A DELETE that overtakes its POST would end nothing.
    await this.#posted
    await this.#parts.playbacks.stop(this.#parts.playbackId).catch(forgive)
    await this.#over
  }

  async #stand(): Promise<void> {
    const { channels, playbacks, runtime, channelId, playbackId, onStanding } = this.#parts
    while (this.#isWanted) {
      const posted = channels.play(channelId, playbackId, media)
      this.#posted = posted.catch(() => {})
      await posted
      for (;;) {
        if (!this.#isWanted) return
        const outcome = await playbacks.pause(playbackId)
        if (outcome === 'paused') return onStanding(runtime.monotonicMs())
        if (outcome === 'gone') break
        await runtime.sleep(pauseAgainMs)
      }
    }
  }
}

/** The caller has left. Or Asterisk is not well: prompts will say so, and keys are told apart as well as can be. */
function forgive(): void {}
