/** Sends what a shop is told to the address that was configured, and nowhere that it points on to. */
import { lookup } from 'node:dns'
import { type ClientRequest, request as requestInTheClear } from 'node:http'
import { request as requestByTls } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isOutThere } from '../merchant/till/webhook-address.ts'
import { isPublicAddress } from '../public-address.ts'

export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
  /** Somebody at this machine named the address, which may be of this machine or of its network. */
  readonly mayBeHere: boolean
}

/**
 * `lookUp` says what a name stands for.
 * @returns the status of the answer
 * @throws Error when there was none, or the address is none to be asked
 */
export function sendWebhook(
  { url: text, headers, body, signal, mayBeHere }: WebhookRequest,
  lookUp = lookup,
): Promise<number> {
  const url = new URL(text)
  return new Promise((resolve, reject) => {
    // An address that stands there as numbers is looked up by nobody.
    if (!mayBeHere && !isOutThere(url.hostname)) throw notOutThere()
    const ask = url.protocol === 'https:' ? requestByTls : requestInTheClear
    const asked: ClientRequest = ask(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      signal,
      // A connection of its own: what was looked up is what is connected to.
      agent: false,
      ...(!mayBeHere && { lookup: outThere(lookUp) }),
    })
    asked.on('error', reject)
    asked.on('response', answer => {
      resolve(answer.statusCode ?? 0)
      answer.destroy()
    })
    asked.end(body)
  })
}

const notOutThere = () => new Error('its address is of this machine, or of its network')

const outThere =
  (lookUp: typeof lookup): LookupFunction =>
  (hostname, options, found) =>
    lookUp(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error !== null || first === undefined) return found(error ?? new Error('it has no address'), '')
      // One that is not out there is enough: whoever answers for the name may mean any.
      if (!addresses.every(({ address }) => isPublicAddress(address))) return found(notOutThere(), '')
      return options.all ? found(null, addresses) : found(null, first.address, first.family)
    })
