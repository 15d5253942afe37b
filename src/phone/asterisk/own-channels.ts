/** Which channels we made ourselves: for a caller's sound, or to a clerk. They are no caller's. */
import { isClerkChannel } from './clerks/clerk-channel.ts'
import { isMediaChannel } from './samples/media-channel.ts'

export function isOurs(channelId: string): boolean {
  return isMediaChannel(channelId) || isClerkChannel(channelId)
}
