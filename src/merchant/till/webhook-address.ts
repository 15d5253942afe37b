/**
 * Where a shop may be told of its payments. Somebody at this machine may name one of it, or of its network, and be told in the clear
 * there; whoever names one from a page may not, so that nobody out there has this machine ask itself or its neighbours. A name may come
 * to mean another address later: whoever sends looks once more at what it stands for (`src/web/send-webhook.ts`).
 */
import { isIP } from 'node:net'
import { isPublicAddress } from '../../public-address.ts'

export type WebhookAddress = { readonly href: string } | 'not-safe' | 'with-password'

/** `isHere`: whoever names it is at this machine. */
export function webhookAddress(text: string, { isHere }: { readonly isHere: boolean }): WebhookAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !(isHere ? isSafe(url) : url.protocol === 'https:' && isOutThere(url.hostname)))
    return 'not-safe'
  return url.username === '' && url.password === '' ? { href: url.href } : 'with-password'
}

const isSafe = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))

/** Of a URL's host: what a name stands for is seen when it is asked. */
export function isOutThere(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0) return isPublicAddress(host)
  return !/(^|\.)localhost\.?$/.test(host)
}
