/** A clerk and a caller are parted when Asterisk has said so, or the clerk has left: until then nothing is asked. */
import { expect, it } from 'vitest'
import { type AriClient, AriRefused, AriUnreachable } from '../../../src/phone/asterisk/ari-client.ts'
import { Bridges } from '../../../src/phone/asterisk/bridges.ts'
import { Channels } from '../../../src/phone/asterisk/channels.ts'
import { AsteriskClerkLeg } from '../../../src/phone/asterisk/clerks/clerk-leg.ts'
import { Playbacks } from '../../../src/phone/asterisk/playbacks.ts'
import { DeadlineExceeded } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const unreachable = new AriUnreachable('bridges destroy', 'ECONNRESET')
const refused = (status: number) => new AriRefused('bridges destroy', status)

/** Of a talk that has begun. `answers`: what Asterisk answers to each request that ends something, by its operation; 204 afterwards. */
async function talking(answers: Readonly<Record<'destroy' | 'hangup', Error[]>>) {
  const runtime = new VirtualRuntime()
  const asked: string[] = []
  const request = async (resource: string, operation: string) => {
    asked.push(`${resource} ${operation}`)
    const error = answers[operation as 'destroy' | 'hangup']?.shift()
    if (error) throw error
  }
  const ari = { request } as unknown as AriClient
  const parts = {
    runtime,
    channels: new Channels(ari),
    bridges: new Bridges(ari),
    playbacks: new Playbacks(ari, runtime),
  }
  const leg = new AsteriskClerkLeg({ channelId: 'tonebank-clerk-harbour-1', ...parts })
  const { part } = await leg.joinTo('caller')
  asked.length = 0
  return { runtime, leg, part, asked }
}

it('when Asterisk says so, or knows of no bridge; a broken connection is no such word, and it is asked again', async () => {
  for (const destroy of [[], [refused(404)], [unreachable], [unreachable, refused(404)]]) {
    const times = destroy.includes(unreachable) ? 2 : 1
    const { part, asked } = await talking({ destroy: [...destroy], hangup: [] })
    await part()
    expect(asked).toEqual(Array.from({ length: times }, () => 'bridges destroy'))
  }
})

it('or else the clerk is hung up on, and it is waited for that they are gone', async () => {
  for (const destroy of [[refused(409)], [unreachable, unreachable], [new DeadlineExceeded('ARI', 2_000)]]) {
    const { runtime, part, leg, asked } = await talking({ destroy, hangup: [] })
    await runtime.run(async () => {
      let isParted = false
      const parted = part().then(() => {
        isParted = true
      })
      await runtime.sleep(500)
      expect([isParted, asked.at(-1)]).toEqual([false, 'channels hangup'])
      leg.onGone()
      await parted
    })
  }
})

it('and where that is not known either it rejects, so that the talk ends and nothing is asked', async () => {
  const lost = await talking({ destroy: [unreachable, unreachable], hangup: [unreachable, unreachable] })
  await expect(lost.part()).rejects.toThrow(AriUnreachable)
  const { runtime, part } = await talking({ destroy: [refused(500)], hangup: [] })
  await runtime.run(async () => {
    await expect(part()).rejects.toThrow(DeadlineExceeded)
  })
})
