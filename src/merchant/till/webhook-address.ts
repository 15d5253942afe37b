/** Where a shop may be told of its payments: they are told in the clear to this machine only. */

export type WebhookAddress = { readonly href: string } | 'not-safe' | 'with-password'

/** `isHere`: whoever names it is at this machine, and may name one of it. */
export function webhookAddress(text: string, { isHere }: { readonly isHere: boolean }): WebhookAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isOwn = isHere && url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
  if (url === undefined || !(url.protocol === 'https:' || isOwn)) return 'not-safe'
  return url.username === '' && url.password === '' ? { href: url.href } : 'with-password'
}
