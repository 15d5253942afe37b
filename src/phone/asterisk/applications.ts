/** ARI's `applications`: which channels are ours, and which events we are told. `GET /channels` would list everybody's. */
import { z } from 'zod'
import type { AriClient } from './ari-client.ts'

const application = z.object({ channel_ids: z.array(z.string()) })

/** The ids of the channels that are in this application now. */
export async function channelsOf(ari: AriClient, applicationName: string): Promise<string[]> {
  const answer = await ari.request('applications', 'get', { applicationName })
  return application.parse(answer).channel_ids
}

/** From now on Asterisk sends this application no events but these. It forgets that when it restarts. */
export async function tellOnly(ari: AriClient, applicationName: string, types: readonly string[]): Promise<void> {
  await ari.request('applications', 'filter', { applicationName }, { allowed: types.map(type => ({ type })) })
}
