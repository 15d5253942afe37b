/** The origin that a browser names for a page of ours (RFC 6454). */
import type { WebPlace } from '../server.ts'

export const originOf = (host: string | undefined, { isHttps }: Pick<WebPlace, 'isHttps'>): string =>
  `${isHttps ? 'https' : 'http'}://${host}`
