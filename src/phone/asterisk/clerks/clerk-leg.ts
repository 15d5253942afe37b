/**
 * One clerk's telephone, from the first ring on.
 *
 *   ringing ──1 StasisStart──▶ answered ──2 joinTo()──▶ in a bridge with the caller ──3 part()──▶ answered
 *      └──4 ChannelDestroyed──▶ gone ◀──5 the clerk hangs up, hangUp() ───────────────┘
 *
 * The bridge passes sound from one to the other by Asterisk's own core, which drops keys that come as events (`absorbDTMF`). Bridged
 * natively, packet by packet, they would go by it: `dtmf_events` and `proxy_media` keep Asterisk from that.
 */
import { DeadlineExceeded, type Runtime, withDeadline } from '../../../runtime.ts'
import { CallGone, type ClerkLeg, type ClerkSignal, type Digit, type Joined, type Prompt } from '../../line.ts'
import { AsteriskPrompt } from '../asterisk-prompt.ts'
import type { Bridges } from '../bridges.ts'
import type { Channels } from '../channels.ts'
import type { AriEvent } from '../events.ts'
import { mediaLists } from '../media.ts'
import type { Playbacks } from '../playbacks.ts'

export interface ClerkLegParts {
  readonly channelId: string
  readonly channels: Channels
  readonly bridges: Bridges
  readonly playbacks: Playbacks
  readonly runtime: Runtime
}

/** Falling as the caller leaves, rising as they come back, at pitches of which no digit is made. In Asterisk's words: Hz/ms, each once. */
const signals: Readonly<Record<ClerkSignal, string>> = {
  apart: 'tone:!880/150|!620/150',
  together: 'tone:!620/150|!880/150',
}
const signalMs = 300

/** From a hang-up to Asterisk's word that it was carried out. */
const leaveMs = 2_000

export class AsteriskClerkLeg implements ClerkLeg {
  readonly #parts: ClerkLegParts
  #prompt: AsteriskPrompt | undefined
  #playbacksSoFar = 0
  #signalsSoFar = 0
  #onKey: ((key: Digit) => void) | undefined
  #becomeAnswered: () => void = () => {}
  #becomeGone: () => void = () => {}
  #isGone = false
  hasAnswered = false
  readonly answered: Promise<void> = new Promise(resolve => {
    this.#becomeAnswered = resolve
  })
  readonly gone: Promise<void> = new Promise(resolve => {
    this.#becomeGone = resolve
  })

  constructor(parts: ClerkLegParts) {
    this.#parts = parts
  }

  get channelId(): string {
    return this.#parts.channelId
  }

  listen(onKey: (key: Digit) => void): void {
    this.#onKey = onKey
  }

  async say({ clips }: Prompt): Promise<void> {
    await this.#silence()
    if (this.#isGone) return
    const { channels, playbacks, runtime, channelId } = this.#parts
    const nextId = () => `${channelId}-${this.#playbacksSoFar++ % 8}`
    const prompt = new AsteriskPrompt({ channels, playbacks, runtime, channelId, nextId, lists: mediaLists(clips) })
    this.#prompt = prompt
    await prompt.ended.catch(() => {})
  }

  async signal(which: ClerkSignal): Promise<void> {
    await this.#silence()
    if (this.#isGone) return
    const { channels, playbacks, runtime, channelId } = this.#parts
    // What is still being silenced of one is not the next.
    const playbackId = `${channelId}-signal-${this.#signalsSoFar++}`
    try {
      await channels.play(channelId, playbackId, signals[which])
      await runtime.sleep(signalMs)
      // Asterisk would play the silence after it for ever.
      await playbacks.stop(playbackId)
    } catch (error) {
      // It may begin yet, or go on, and what is said next would wait behind its silence. Nobody waits for its end meanwhile.
      if (error instanceof DeadlineExceeded) void playbacks.stopUncertain(playbackId)
      // Whoever has left, or an Asterisk that is away, hears nothing; what is said next finds out.
    }
  }

  /** Rejects with `CallGone` when the caller has left. */
  async joinTo(callerId: string): Promise<Joined> {
    const { bridges, channelId } = this.#parts
    await this.#silence()
    const part = () => this.#part()
    if (this.#isGone) return { part }
    try {
      await bridges.create(channelId, 'mixing,dtmf_events,proxy_media')
      await bridges.add(channelId, [channelId], { absorbDTMF: true })
    } catch (error) {
      if (!(error instanceof CallGone)) throw error
      this.onGone()
      return { part }
    }
    try {
      await bridges.add(channelId, [callerId], { absorbDTMF: true })
    } catch (error) {
      await part()
      throw error
    }
    return { part }
  }

  /** What is asked next is for our ears alone: where nobody knows that the two are parted, the clerk leaves. Rejects when that is not known either. */
  async #part(): Promise<void> {
    const { bridges, channels, channelId, runtime } = this.#parts
    try {
      await bridges.end(channelId)
    } catch {
      await channels.end(channelId)
      if (!this.#isGone) await withDeadline(runtime, 'a clerk to leave', leaveMs, this.gone)
    }
  }

  async hangUp(): Promise<void> {
    await this.#parts.channels.hangUp(this.#parts.channelId)
    this.onGone()
  }

  onEvent(event: AriEvent): void {
    switch (event.type) {
      case 'StasisStart':
        this.hasAnswered = true
        this.#becomeAnswered()
        break
      case 'ChannelDtmfReceived':
        if (/^[0-9*#A-D]$/.test(event.digit)) this.#onKey?.(event.digit as Digit)
        break
      case 'PlaybackFinished':
        this.#prompt?.onFinished(event.playback.id, event.playback.state)
        break
      case 'ChannelHangupRequest':
      case 'StasisEnd':
      case 'ChannelDestroyed':
        this.onGone()
    }
  }

  onGone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#prompt?.onGone()
    this.#becomeGone()
  }

  async #silence(): Promise<void> {
    const prompt = this.#prompt
    this.#prompt = undefined
    await prompt?.stop().catch(() => {})
  }
}
