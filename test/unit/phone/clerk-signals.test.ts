/** A tone to a clerk has no end of its own: whatever Asterisk answers, and however late, it is silenced, and what is said next is heard. */
import { expect, it } from 'vitest'
import { type AriClient, AriRefused } from '../../../src/phone/asterisk/ari-client.ts'
import { Bridges } from '../../../src/phone/asterisk/bridges.ts'
import { Channels } from '../../../src/phone/asterisk/channels.ts'
import { AsteriskClerkLeg } from '../../../src/phone/asterisk/clerks/clerk-leg.ts'
import { Playbacks } from '../../../src/phone/asterisk/playbacks.ts'
import { DeadlineExceeded } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

/** Later than its deadline, and soon after it. */
const lateMs = 50

/** The first request of one sort is not answered in time. What it asks for happens `late`, or `never`. */
function clerk(unanswered?: { readonly operation: 'play' | 'stop'; readonly happens: 'late' | 'never' }) {
  const runtime = new VirtualRuntime()
  const playing = new Set<string>()
  const begun: string[] = []
  let isAnswered = unanswered === undefined
  const carryOut = (operation: string, playbackId: string) => {
    if (operation === 'play') {
      playing.add(playbackId)
      begun.push(playbackId)
    } else if (!playing.delete(playbackId)) throw new AriRefused('playbacks stop', 404)
  }
  const request = async (_resource: string, operation: string, { playbackId }: { playbackId: string }) => {
    if (isAnswered || operation !== unanswered?.operation) return carryOut(operation, playbackId)
    isAnswered = true
    if (unanswered.happens === 'late') void runtime.sleep(lateMs).then(() => carryOut(operation, playbackId))
    throw new DeadlineExceeded('ARI', 2_000)
  }
  // Nothing but the class itself has its private members.
  const ari = { request, command: request } as unknown as AriClient
  const parts = { runtime, channels: new Channels(ari), bridges: new Bridges(ari) }
  const leg = new AsteriskClerkLeg({ channelId: 'clerk-1', playbacks: new Playbacks(ari, runtime), ...parts })
  return { runtime, leg, playing, begun }
}

it('each tone lasts for 300 ms and has an id of its own', async () => {
  const { runtime, leg, playing, begun } = clerk()
  await runtime.run(async () => {
    for (const which of ['apart', 'together', 'apart'] as const) {
      const beganMs = runtime.monotonicMs()
      await leg.signal(which)
      expect([runtime.monotonicMs() - beganMs, playing.size]).toEqual([300, 0])
    }
  })
  expect(new Set(begun).size).toBe(3)
})

it.each([
  { operation: 'play', happens: 'late' },
  { operation: 'play', happens: 'never' },
  { operation: 'stop', happens: 'never' },
] as const)(
  'where a $operation is not answered in time and happens $happens, the tone ends, nobody waits for it, and the next is heard whole',
  async unanswered => {
    const { runtime, leg, playing } = clerk(unanswered)
    await runtime.run(async () => {
      const beganMs = runtime.monotonicMs()
      await leg.signal('apart')
      expect(runtime.monotonicMs() - beganMs).toBe(unanswered.operation === 'play' ? 0 : 300)
      const next = leg.signal('together')
      await runtime.sleep(250)
      expect([...playing]).toEqual(['clerk-1-signal-1'])
      await next
      await runtime.sleep(1_000)
      expect(playing.size).toBe(0)
    })
  },
)
