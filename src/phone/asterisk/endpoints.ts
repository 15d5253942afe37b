/** ARI's `endpoints`: whether a SIP account has a telephone that is registered, and whether one of its calls is in progress. */
import { z } from 'zod'
import { type AriClient, AriRefused } from './ari-client.ts'

const endpoint = z.object({ state: z.string(), channel_ids: z.array(z.string()) })

export async function endpointState(ari: AriClient, account: string): Promise<'free' | 'busy' | 'away'> {
  const answer = await ari.request('endpoints', 'get', { tech: 'PJSIP', resource: account }).catch(error => {
    // Asterisk has no such account.
    if (error instanceof AriRefused && error.isGone) return undefined
    throw error
  })
  if (answer === undefined) return 'away'
  const { state, channel_ids } = endpoint.parse(answer)
  // Whoever is in a call is there, registered or not.
  if (channel_ids.length > 0) return 'busy'
  return state === 'online' ? 'free' : 'away'
}
