/**
 * Two machines of an institution over a real cluster of PostgreSQL, Patroni and etcd, each machine a network namespace: whatever fails, nothing that was
 * answered is lost, nothing is done twice, and somebody answers again within the time that is promised. `npm run failovers` does as many as one likes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Cluster } from './cluster.ts'
import { failOver, writers } from './failover.ts'
import { isPossible } from './machines.ts'
import { type Kind, kinds } from './troubles.ts'

/** Each time; the rest in a night. Of a PostgreSQL without Patroni what a writer may meet happens in `keeper/drills.test.ts` each time. */
const eachTime: readonly string[] = [
  'primary killed',
  'primary killed when the third has more',
  'writer cut from the primary',
  'standby paused',
  'node cut',
]
const tried = (Object.keys(kinds) as Kind[]).filter(
  kind => process.env['NIGHT'] !== undefined || eachTime.includes(kind),
)

/** Less than what a known fault costs: 41 s for a machine that is cut off, of whose cluster each Patroni asks any etcd first. */
const slackMs = (goalMs: number) => Math.max(3_000, 0.4 * goalMs)

describe.skipIf(!isPossible())('a cluster, of namespaces, which are for root', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await Cluster.begin(writers)
  })
  afterAll(() => cluster?.end())

  test.each(tried)('%s', async kind => {
    await cluster.whole()
    const { wrong, answered, backAfterMs } = await failOver(cluster, kind, 1, kind.replaceAll(' ', '-'))
    const { goalMs } = kinds[kind]
    process.stdout.write(`${kind}: ${backAfterMs} ms, ${answered} answered\n`)
    expect(wrong).toEqual([])
    expect(answered).toBeGreaterThan(100)
    // Another file is tested at the same time, on the same two cores; `npm run failovers` has the machine to itself.
    expect(backAfterMs).toBeLessThan(goalMs + slackMs(goalMs))
  })
})
