/** Cookies: two of them, a visitor's random id and the language that was chosen. Under HTTPS no other host can set or read them. */
import type { IncomingHttpHeaders } from 'node:http'

export interface CookieJar {
  get(name: 'visitor' | 'language'): string | undefined
}

/** RFC 6265 section 5.4, as far as our own cookies go. A name that comes twice counts as not sent. */
export function cookiesIn(headers: IncomingHttpHeaders, isHttps: boolean): CookieJar {
  const pairs = (headers.cookie ?? '').split(';').map(pair => pair.trim().split('=', 2))
  return {
    get: name => {
      const found = pairs.filter(([sent]) => sent === nameOf(name, isHttps))
      return found.length === 1 ? found[0]?.[1] : undefined
    },
  }
}

/** `days` undefined: until the browser is closed. */
export function setCookie(name: 'visitor' | 'language', value: string, isHttps: boolean, days?: number): string {
  const age = days === undefined ? '' : `; Max-Age=${days * 86_400}`
  return `${nameOf(name, isHttps)}=${value}; Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}${age}`
}

/** RFC 6265bis section 4.1.3.2: a `__Host-` cookie was set by this host, over HTTPS, for all its paths. */
const nameOf = (name: string, isHttps: boolean): string => (isHttps ? `__Host-${name}` : name)
