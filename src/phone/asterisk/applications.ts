/** ARI's `applications`: which channels are ours. `GET /channels` would list everybody's. */
import { z } from 'zod'
import type { AriClient } from './ari-client.ts'

const application = z.object({ channel_ids: z.array(z.string()) })

/** The ids of the channels that are in this application now. */
export async function channelsOf(ari: AriClient, applicationName: string): Promise<string[]> {
  const answer = await ari.request('applications', 'get', { applicationName })
  return application.parse(answer).channel_ids
}
