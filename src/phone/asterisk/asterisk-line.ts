/** One caller's channel as a `Line`. */
import type { Runtime } from '../../runtime.ts'
import { silence } from '../../speech/speech.ts'
import {
  CallGone,
  type ClerkLeg,
  type Clerks,
  type Digit,
  type FrameLink,
  type Joined,
  type Line,
  type LineListener,
  type Playback,
  type Progress,
  type Prompt,
  type Unsuitable,
} from '../line.ts'
import { AsteriskPrompt } from './asterisk-prompt.ts'
import type { Channels } from './channels.ts'
import { AsteriskClerkLeg } from './clerks/clerk-leg.ts'
import type { AriChannel, AriEvent } from './events.ts'
import { beginningOf } from './key-report.ts'
import { mediaLists } from './media.ts'
import { PausedSilence } from './paused-silence.ts'
import type { Playbacks } from './playbacks.ts'
import { Presses } from './presses.ts'
import { writeProgress } from './progress.ts'
import type { MediaLink } from './samples/media-link.ts'
import type { MediaLinks } from './samples/media-links.ts'

export interface AsteriskLineParts {
  readonly channels: Channels
  readonly playbacks: Playbacks
  readonly links: MediaLinks
  readonly clerks: Clerks
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
function promptIds(callId: string): string[] {
  return Array.from({ length: playbackIdsPerCall }, (_, number) => `${callId}-${number}`)
}

/**
 * What the dialplan says of a call whose number proves something: from a SIP account of this installation's own, which proved its password,
 * or by a trunk whose provider vouches for it.
 */
const attestations: readonly (string | undefined)[] = ['own', 'trunk']

const silenceId = (callId: string) => `${callId}-silence`

/** Every playback that an earlier process may have left in a call. */
export const playbackIds = (callId: string) => [...promptIds(callId), silenceId(callId)]

export class AsteriskLine implements Line {
  readonly callId: string
  readonly dialled: string
  readonly callerNumber: string | undefined
  readonly callerAttested: boolean
  readonly resumed: Progress | undefined
  /** An RFC 4733 digit is reported at its end, at most this much after it began if it was an ordinary press. */
  readonly keyReportLagMs = 400
  readonly mayLoseKeys = true
  readonly channelId: string
  readonly args: readonly string[]
  readonly clerks: Clerks
  readonly #parts: AsteriskLineParts
  #listener: LineListener | undefined
  #prompt: AsteriskPrompt | undefined
  #link: MediaLink | undefined
  readonly #presses = new Presses()
  readonly #silence: PausedSilence
  /** Prompts, digits and frames of ours that are under way: the paused silence would be in their way. */
  #underWay = 0
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
    this.clerks = parts.clerks
    this.channelId = channel.id
    this.dialled = channel.dialplan.exten
    this.callerNumber = toldNumber(channel.caller.number)
    this.callerAttested = attestations.includes(args[1])
    const { channels, playbacks, runtime } = parts
    const onStanding = (atMs: number) => this.#presses.steady(atMs)
    const playbackId = silenceId(callId)
    this.#silence = new PausedSilence({ channels, playbacks, runtime, channelId: channel.id, playbackId, onStanding })
  }

  listen(listener: LineListener): void {
    this.#listener = listener
    if (this.#isGone) listener.onGone()
  }

  play({ clips, skipMs = 0 }: Prompt): Playback {
    const { channels, playbacks, firstSilenceMs, runtime } = this.#parts
    const isFirst = this.#promptsSoFar++ === 0
    const lead = isFirst && firstSilenceMs !== 0 ? [silence(firstSilenceMs)] : []
    const lists = mediaLists([...lead, ...clips])
    const nextId = () => promptIds(this.callId)[this.#playbacksSoFar++ % playbackIdsPerCall] ?? ''
    void this.#makeWay()
    const { channelId } = this
    this.#prompt = new AsteriskPrompt({ channels, playbacks, runtime, channelId, nextId, lists, skipMs })
    if (this.#isGone) this.#prompt.onGone()
    this.#prompt.ended.then(
      () => {
        this.#saidAtMs = runtime.monotonicMs()
        this.#giveWay()
      },
      () => this.#giveWay(),
    )
    return this.#prompt
  }

  async openFrameLink(): Promise<FrameLink | Unsuitable> {
    if (this.#isGone) throw new CallGone()
    await this.#makeWay()
    const link = await this.#parts.links.open(this.channelId, this.callId).catch(error => {
      this.#giveWay()
      throw error
    })
    if (link === 'unsuitable line') {
      this.#giveWay()
      return link
    }
    void link.closed.then(() => this.#giveWay())
    this.#link = link
    // Left while it opened. Whoever opened it closes it.
    if (this.#isGone) link.onBroken(new CallGone())
    return link
  }

  async join(clerk: ClerkLeg): Promise<Joined> {
    if (!(clerk instanceof AsteriskClerkLeg)) throw new TypeError("a clerk's telephone of another adapter")
    if (this.#isGone) throw new CallGone()
    await this.#makeWay()
    try {
      const joined = await clerk.joinTo(this.channelId)
      return {
        part: async () => {
          await joined.part()
          this.#giveWay()
        },
      }
    } catch (error) {
      this.#giveWay()
      throw error
    }
  }

  async sendDigits(digits: string): Promise<void> {
    const { channels, runtime } = this.#parts
    if (this.#isGone) throw new CallGone()
    await this.#makeWay()
    try {
      await channels.sendDigits(this.channelId, digits, digitTimes)
      await runtime.sleep(digits.length * (digitTimes.toneMs + digitTimes.pauseMs))
      this.#saidAtMs = runtime.monotonicMs()
    } finally {
      this.#giveWay()
    }
  }

  async remember(progress: Progress): Promise<void> {
    if (this.#isGone) throw new CallGone()
    // Asterisk sets a variable in the channel's own turn, which a silence that stands would keep.
    await this.#makeWay()
    try {
      await writeProgress(this.#parts.channels, this.channelId, progress)
    } finally {
      this.#giveWay()
    }
  }

  async hangUp(): Promise<void> {
    if (this.#isGone) return
    const lastAtMs = Math.max(this.#saidAtMs, this.#link?.sentAtMs ?? Number.NEGATIVE_INFINITY)
    const sinceMs = this.#parts.runtime.monotonicMs() - lastAtMs
    if (sinceMs < lastWordMs) await this.#parts.runtime.sleep(lastWordMs - sinceMs)
    await this.#parts.channels.hangUp(this.channelId)
  }

  /** An event of this channel. `atMs`: when it happened, by the monotonic clock. */
  onEvent(event: AriEvent, atMs: number): void {
    if (this.#isGone) return
    switch (event.type) {
      case 'ChannelDtmfReceived':
        this.#onKey(event.digit, event.duration_ms, atMs)
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
  #onKey(digit: string, durationMs: number, atMs: number): void {
    const report = { key: digit, durationMs, atMs }
    const isPress = this.#presses.take(report)
    if (this.#presses.isOdd && this.#underWay === 0) this.#silence.begin()
    if (isPress && isDigit(digit)) this.#listener?.onKey({ key: digit, beganAtMs: beginningOf(report) })
  }

  /** Something of ours is to be heard, or to be listened for: the silence ends. */
  #makeWay(): Promise<void> {
    this.#underWay++
    return this.#silence.end()
  }

  /** It is over. An odd phone's next keys may come at any moment. */
  #giveWay(): void {
    this.#underWay--
    if (this.#presses.isOdd && this.#underWay === 0 && !this.#isGone) this.#silence.begin()
  }
}

/** Who withholds a number comes without one, or by this name (RFC 3323 section 4.1.1.3). */
export function toldNumber(number: string): string | undefined {
  return /^(anonymous)?$/i.test(number) ? undefined : number
}

function isDigit(digit: string): digit is Digit {
  return /^[0-9*#A-D]$/.test(digit)
}
