/** One caller's channel as a `Line`. */
import type { Runtime } from '../../runtime.ts'
import { silence } from '../../speech/speech.ts'
import {
  CallGone,
  type Digit,
  type FrameLink,
  type Line,
  type LineListener,
  type Playback,
  type Progress,
  type Prompt,
  type Unsuitable,
} from '../line.ts'
import { AsteriskPrompt } from './asterisk-prompt.ts'
import type { Channels } from './channels.ts'
import type { AriChannel, AriEvent } from './events.ts'
import { mediaLists } from './media.ts'
import type { Playbacks } from './playbacks.ts'
import { writeProgress } from './progress.ts'
import type { MediaLink } from './samples/media-link.ts'
import type { MediaLinks } from './samples/media-links.ts'

export interface AsteriskLineParts {
  readonly channels: Channels
  readonly playbacks: Playbacks
  readonly links: MediaLinks
  readonly runtime: Runtime
  readonly channel: AriChannel
  readonly callId: string
  readonly resumed: Progress | undefined
  /** What the dialplan passed to `Stasis()` after the application's name: which of the institution's lines was dialled. */
  readonly args: readonly string[]
  /** What comes before the first word, while the phone opens its ear: 500 ms, 1 s for a browser, 0 when taken up. */
  readonly firstSilenceMs: 0 | 500 | 1000
}

/** Asterisk reports the end when it has sent the last packet: the phone's jitter buffer still has to play it. */
const lastWordMs = 300

/** Asterisk holds every digit for 100 ms at least, whatever it is asked for. */
const digitTimes = { toneMs: 100, pauseMs: 50 }

/** No event is so late that it could be taken for one of the eighth playback after its own. */
const playbackIdsPerCall = 8

/** A call's playbacks go through these in turn, so that whoever takes the call up can silence what still plays. */
export function playbackIds(callId: string): string[] {
  return Array.from({ length: playbackIdsPerCall }, (_, number) => `${callId}-${number}`)
}

export class AsteriskLine implements Line {
  readonly callId: string
  readonly dialled: string
  readonly callerNumber: string | undefined
  readonly resumed: Progress | undefined
  /** An RFC 4733 digit is reported at its end, at most this much after it began if it was an ordinary press. */
  readonly keyReportLagMs = 400
  readonly mayLoseKeys = true
  readonly channelId: string
  readonly args: readonly string[]
  readonly #parts: AsteriskLineParts
  #listener: LineListener | undefined
  #prompt: AsteriskPrompt | undefined
  #link: MediaLink | undefined
  #promptsSoFar = 0
  #playbacksSoFar = 0
  #saidAtMs = Number.NEGATIVE_INFINITY
  #isGone = false
  #becomeGone: () => void = () => {}
  /** Resolves when the channel has left, whoever ended it. */
  readonly gone: Promise<void> = new Promise(resolve => {
    this.#becomeGone = resolve
  })

  constructor(parts: AsteriskLineParts) {
    const { channel, callId, resumed, args } = parts
    this.#parts = parts
    this.callId = callId
    this.resumed = resumed
    this.args = args
    this.channelId = channel.id
    this.dialled = channel.dialplan.exten
    this.callerNumber = toldNumber(channel.caller.number)
  }

  listen(listener: LineListener): void {
    this.#listener = listener
    if (this.#isGone) listener.onGone()
  }

  play({ clips }: Prompt): Playback {
    const { channels, playbacks, firstSilenceMs, runtime } = this.#parts
    const isFirst = this.#promptsSoFar++ === 0
    const lead = isFirst && firstSilenceMs !== 0 ? [silence(firstSilenceMs)] : []
    const lists = mediaLists([...lead, ...clips])
    const nextId = () => playbackIds(this.callId)[this.#playbacksSoFar++ % playbackIdsPerCall] ?? ''
    this.#prompt = new AsteriskPrompt({ channels, playbacks, runtime, channelId: this.channelId, nextId, lists })
    if (this.#isGone) this.#prompt.onGone()
    this.#prompt.ended.then(
      () => {
        this.#saidAtMs = runtime.monotonicMs()
      },
      () => {},
    )
    return this.#prompt
  }

  async openFrameLink(): Promise<FrameLink | Unsuitable> {
    if (this.#isGone) throw new CallGone()
    const link = await this.#parts.links.open(this.channelId, this.callId)
    if (link === 'unsuitable line') return link
    this.#link = link
    // Left while it opened. Whoever opened it closes it.
    if (this.#isGone) link.onBroken(new CallGone())
    return link
  }

  async sendDigits(digits: string): Promise<void> {
    const { channels, runtime } = this.#parts
    if (this.#isGone) throw new CallGone()
    await channels.sendDigits(this.channelId, digits, digitTimes)
    await runtime.sleep(digits.length * (digitTimes.toneMs + digitTimes.pauseMs))
    this.#saidAtMs = runtime.monotonicMs()
  }

  async remember(progress: Progress): Promise<void> {
    if (this.#isGone) throw new CallGone()
    await writeProgress(this.#parts.channels, this.channelId, progress)
  }

  async hangUp(): Promise<void> {
    if (this.#isGone) return
    const lastAtMs = Math.max(this.#saidAtMs, this.#link?.sentAtMs ?? Number.NEGATIVE_INFINITY)
    const sinceMs = this.#parts.runtime.monotonicMs() - lastAtMs
    if (sinceMs < lastWordMs) await this.#parts.runtime.sleep(lastWordMs - sinceMs)
    await this.#parts.channels.hangUp(this.channelId)
  }

  /** An event of this channel. */
  onEvent(event: AriEvent): void {
    if (this.#isGone) return
    switch (event.type) {
      case 'ChannelDtmfReceived':
        this.#onKey(event.digit, event.duration_ms)
        break
      case 'ChannelHold':
        this.#listener?.onHold()
        break
      case 'ChannelUnhold':
        this.#listener?.onUnhold()
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

  /** The caller has left, or another process has taken the call over. */
  onGone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#prompt?.onGone()
    this.#link?.onBroken(new CallGone())
    this.#parts.links.forget(this.callId)
    this.#listener?.onGone()
    this.#becomeGone()
  }

  /** There was no event socket for a while. */
  async catchUp(): Promise<void> {
    await this.#prompt?.catchUp()
  }

  /** Reported when the key is let go: it went down that much earlier. */
  #onKey(digit: string, durationMs: number): void {
    if (isDigit(digit)) this.#listener?.onKey({ key: digit, beganAtMs: this.#parts.runtime.monotonicMs() - durationMs })
  }
}

/** Who withholds a number comes without one, or by this name (RFC 3323 section 4.1.1.3). */
export function toldNumber(number: string): string | undefined {
  return /^(anonymous)?$/i.test(number) ? undefined : number
}

function isDigit(digit: string): digit is Digit {
  return /^[0-9*#A-D]$/.test(digit)
}
