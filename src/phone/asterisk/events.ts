/** The ARI events that we act on, and nothing else of what Asterisk sends: unknown types and bad JSON yield undefined. */
import { z } from 'zod'
import { instantOf } from '../../runtime.ts'

const channel = z.object({
  id: z.string(),
  /** `PJSIP/anna-00000001`: technology, endpoint, number. */
  name: z.string(),
  state: z.string(),
  caller: z.object({ number: z.string() }),
  dialplan: z.object({ exten: z.string(), app_data: z.string().default('') }),
})

/** A channel as ARI describes it. */
export type AriChannel = z.infer<typeof channel>

interface OfChannel {
  readonly channel: { readonly id: string }
}

export type AriEvent =
  | { readonly type: 'StasisStart'; readonly channel: AriChannel; readonly args: readonly string[] }
  | ({ readonly type: 'StasisEnd' | 'ChannelHangupRequest' | 'ChannelDestroyed' } & OfChannel)
  | ({ readonly type: 'ChannelHold' | 'ChannelUnhold' } & OfChannel)
  | ({ readonly type: 'ChannelDtmfReceived'; readonly digit: string; readonly duration_ms: number } & OfChannel)
  | { readonly type: 'PlaybackFinished'; readonly playback: AriPlayback }
  | { readonly type: 'ApplicationReplaced' }
  /** No event, but the answer to a request that was sent over the event socket. */
  | { readonly type: 'RESTResponse'; readonly request_id: string; readonly status_code: number }

/** `target_uri`: `channel:` and its id. */
interface AriPlayback {
  readonly id: string
  readonly state: string
  readonly target_uri: string
}

/** Asterisk is asked for no others: for each call it has a dozen more, each with the whole channel in it. */
export const eventTypes: readonly AriEvent['type'][] = [
  'StasisStart',
  'StasisEnd',
  'ChannelHangupRequest',
  'ChannelDestroyed',
  'ChannelDtmfReceived',
  'ChannelHold',
  'ChannelUnhold',
  'PlaybackFinished',
  'ApplicationReplaced',
  'RESTResponse',
]

const start = z.object({ type: z.literal('StasisStart'), channel, args: z.array(z.string()) })

export interface ToldEvent {
  readonly event: AriEvent
  /** When Asterisk made it, in milliseconds since 1970 by its clock; NaN where it does not say. */
  readonly toldAtMs: number
}

export function parseEvent(message: string): ToldEvent | undefined {
  try {
    const json: Loose = JSON.parse(message)
    const event = eventOf(json)
    return event && { event, toldAtMs: typeof json.timestamp === 'string' ? instantOf(json.timestamp) : Number.NaN }
  } catch {
    return undefined
  }
}

/** Checked by hand, as they come for every key and every prompt: schemas took 6 % of this process. */
function eventOf(json: Loose): AriEvent | undefined {
  const { type } = json
  switch (type) {
    case 'StasisStart':
      return start.safeParse(json).data
    case 'StasisEnd':
    case 'ChannelHangupRequest':
    case 'ChannelDestroyed':
    case 'ChannelHold':
    case 'ChannelUnhold': {
      const id = json.channel?.id
      return typeof id === 'string' ? { type, channel: { id } } : undefined
    }
    case 'ChannelDtmfReceived': {
      const { channel, digit, duration_ms } = json
      const id = channel?.id
      const isWhole = typeof id === 'string' && typeof digit === 'string' && typeof duration_ms === 'number'
      return isWhole ? { type, channel: { id }, digit, duration_ms } : undefined
    }
    case 'PlaybackFinished': {
      const { id, state, target_uri } = json.playback ?? {}
      const isWhole = typeof id === 'string' && typeof state === 'string' && typeof target_uri === 'string'
      return isWhole ? { type, playback: { id, state, target_uri } } : undefined
    }
    case 'RESTResponse': {
      const { request_id, status_code } = json
      const isWhole = typeof request_id === 'string' && typeof status_code === 'number'
      return isWhole ? { type, request_id, status_code } : undefined
    }
    case 'ApplicationReplaced':
      return { type }
    default:
      return undefined
  }
}

/** What may be anything: reading a field of null throws, and is caught above. */
interface Loose {
  readonly type?: unknown
  readonly timestamp?: unknown
  readonly channel?: { readonly id?: unknown }
  readonly playback?: { readonly id?: unknown; readonly state?: unknown; readonly target_uri?: unknown }
  readonly digit?: unknown
  readonly duration_ms?: unknown
  readonly request_id?: unknown
  readonly status_code?: unknown
}

export const channelSchema = channel
