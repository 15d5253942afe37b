/** ARI's `channels`: the calls themselves. An id that is gone is `CallGone`, and so is an Asterisk that is gone. */
import { z } from 'zod'
import { CallGone } from '../line.ts'
import { type AriClient, AriRefused, AriUnreachable } from './ari-client.ts'
import type { ClerkAccount } from './clerks/clerk-account.ts'
import { type AriChannel, channelSchema } from './events.ts'
import { clipsFolder } from './sounds.ts'

/**
 * Asterisk 22 calls the jitter that it measures itself, of what it receives, `txjitter`, and the one that the other end reports `rxjitter`
 * (seen in a call: they move with `local_…` and `remote_…`). In seconds.
 */
const receivedSchema = z.object({ rxcount: z.number(), rxploss: z.number(), txjitter: z.number() })

/** What a channel that we have rung comes to the application with. */
export const rungArgument = 'clerk'

export interface DigitTimes {
  readonly toneMs: number
  readonly pauseMs: number
}

export class Channels {
  readonly #ari: AriClient

  constructor(ari: AriClient) {
    this.#ari = ari
  }

  async get(channelId: string): Promise<AriChannel> {
    return channelSchema.parse(await orGone(this.#ari.request('channels', 'get', { channelId })))
  }

  async answer(channelId: string): Promise<void> {
    await orGone(this.#ari.request('channels', 'answer', { channelId }))
  }

  /** `media`: one list of clips, such as `sound:en/1,sound:en/2`; at most 3 kB when encoded. `skipMs`: of the first of them. */
  async play(channelId: string, playbackId: string, media: string, skipMs = 0): Promise<void> {
    const from = skipMs > 0 ? { offsetms: skipMs } : {}
    await orGone(this.#ari.command('channels', 'play', { channelId, playbackId, media, lang: clipsFolder, ...from }))
  }

  /** A channel of ours whose sound goes to `address` as RTP and comes from there. */
  async externalMedia(channelId: string, app: string, address: string, format: string): Promise<void> {
    const how = { encapsulation: 'rtp', transport: 'udp', connection_type: 'client', direction: 'both' }
    const what = { channelId, app, external_host: address, format }
    await orGone(this.#ari.request('channels', 'externalMedia', { ...what, ...how }))
  }

  /**
   * Begins a call to a clerk's telephone; it comes to the application once it is answered. This is the one place where a call begins, and
   * it knows no address but that of an account.
   */
  async ring(channelId: string, app: string, clerk: ClerkAccount, seconds: number): Promise<void> {
    const what = { channelId, app, appArgs: rungArgument, endpoint: `PJSIP/${clerk}`, callerId: app, timeout: seconds }
    // Where a telephone would have the call forwarded to: to nothing.
    const body = { variables: { FORWARD_CONTEXT: 'nowhere' } }
    await orGone(this.#ari.request('channels', 'originateWithId', what, body))
  }

  /** Keys the digits to whoever is at the other end. Asterisk answers at once, and takes its time. */
  async sendDigits(channelId: string, dtmf: string, { toneMs, pauseMs }: DigitTimes): Promise<void> {
    await orGone(this.#ari.request('channels', 'sendDTMF', { channelId, dtmf, duration: toneMs, between: pauseMs }))
  }

  /** What Asterisk counts of the sound that comes from this channel. Undefined for a channel that has none, or before the first report. */
  async received(channelId: string): Promise<{ packets: number; lost: number; jitterMs: number } | undefined> {
    const counted = receivedSchema.safeParse(
      await orGone(this.#ari.request('channels', 'rtpstatistics', { channelId })),
    )
    if (!counted.success) return undefined
    const { rxcount, rxploss, txjitter } = counted.data
    return { packets: rxcount, lost: rxploss, jitterMs: txjitter * 1_000 }
  }

  /** Undefined when the variable is not set. */
  async variable(channelId: string, variable: string): Promise<string | undefined> {
    const answer = this.#ari.request('channels', 'getChannelVar', { channelId, variable }).catch(error => {
      // Asterisk answers 404 for a variable that was never set, as for a channel that is gone.
      if (error instanceof AriRefused && error.status === 404) return undefined
      throw error
    })
    const { value } = ((await orGone(answer)) ?? {}) as { value?: string }
    return value === '' ? undefined : value
  }

  async setVariable(channelId: string, variable: string, value: string): Promise<void> {
    await orGone(this.#ari.request('channels', 'setChannelVar', { channelId, variable, value }))
  }

  /** Harmless when the caller has left already. */
  async hangUp(channelId: string, reason: 'normal' | 'congestion' = 'normal'): Promise<void> {
    await orGone(this.#ari.request('channels', 'hangup', { channelId, reason })).catch(ignoreGone)
  }

  /** Asterisk has been told to hang up, or has no such channel: it is known to be one of these. Rejects as `untilEnded`. */
  async end(channelId: string): Promise<void> {
    await untilEnded(() => this.#ari.request('channels', 'hangup', { channelId, reason: 'normal' }))
  }
}

/** Rejects with `CallGone` where the request met a channel that has left, or no Asterisk at all. */
export async function orGone<T>(request: Promise<T>): Promise<T> {
  try {
    return await request
  } catch (error) {
    if (error instanceof AriRefused && error.isGone) throw new CallGone()
    if (error instanceof AriUnreachable) throw new CallGone()
    throw error
  }
}

/**
 * Asks for the end of something until Asterisk has said that it has ended, or that there is no such thing; once more after a broken
 * connection. Rejects with `AriRefused`, `AriUnreachable` or `DeadlineExceeded`: nobody knows that it has ended.
 */
export async function untilEnded(request: () => Promise<unknown>): Promise<void> {
  for (let isAgain = false; ; isAgain = true) {
    try {
      await request()
      return
    } catch (error) {
      if (error instanceof AriRefused && error.status === 404) return
      if (isAgain || !(error instanceof AriUnreachable)) throw error
    }
  }
}

export function ignoreGone(error: unknown): void {
  if (!(error instanceof CallGone)) throw error
}
