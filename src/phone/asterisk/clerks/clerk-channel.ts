/** Channels by which clerks are rung have ids with this prefix, and are never callers. */
export const clerkPrefix = 'tonebank-clerk-'

export const isClerkChannel = (channelId: string): boolean => channelId.startsWith(clerkPrefix)
