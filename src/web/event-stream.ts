/** What server-sent events have in common. */
import type { Duplex } from 'node:stream'

/**
 * How many bytes were written and not read. A transform takes on its readable side no more than its high-water mark, and keeps the rest on
 * the writable one: whoever does not read shows there.
 */
export const waitingIn = ({ readableLength, writableLength }: Duplex): number => readableLength + writableLength
