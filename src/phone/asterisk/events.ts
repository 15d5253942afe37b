/** The ARI events that we act on, and nothing else of what Asterisk sends: unknown types and bad JSON yield undefined. */
import { z } from 'zod'

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

const ofChannel = z.object({ id: z.string() })
/** `target_uri`: `channel:` and its id. */
const playback = z.object({ id: z.string(), state: z.string(), target_uri: z.string() })

const ariEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('StasisStart'), channel, args: z.array(z.string()) }),
  z.object({ type: z.literal('StasisEnd'), channel: ofChannel }),
  z.object({ type: z.literal('ChannelHangupRequest'), channel: ofChannel }),
  z.object({ type: z.literal('ChannelDestroyed'), channel: ofChannel }),
  z.object({
    type: z.literal('ChannelDtmfReceived'),
    channel: ofChannel,
    digit: z.string(),
    duration_ms: z.number(),
  }),
  z.object({ type: z.literal('ChannelHold'), channel: ofChannel }),
  z.object({ type: z.literal('ChannelUnhold'), channel: ofChannel }),
  z.object({ type: z.literal('PlaybackFinished'), playback }),
  z.object({ type: z.literal('ApplicationReplaced') }),
])

export type AriEvent = z.infer<typeof ariEvent>

export function parseEvent(message: string): AriEvent | undefined {
  try {
    return ariEvent.safeParse(JSON.parse(message)).data
  } catch {
    return undefined
  }
}

export const channelSchema = channel
