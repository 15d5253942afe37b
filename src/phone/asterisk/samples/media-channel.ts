/** Channels that we create ourselves have ids with this prefix, and are never callers. */
export const mediaPrefix = 'tonebank-media-'

export const isMediaChannel = (channelId: string): boolean => channelId.startsWith(mediaPrefix)
