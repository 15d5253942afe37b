/** Media lists: no request line may exceed Asterisk's 4,096 bytes, and no clip may get lost or out of order. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AriClient, AriParameters } from '../../../src/phone/asterisk/ari-client.ts'
import { Channels } from '../../../src/phone/asterisk/channels.ts'
import { mediaLists } from '../../../src/phone/asterisk/media.ts'

it('stay below 3 kB each and hold every clip in order', () => {
  const names = fc.array(fc.stringMatching(/^(en|zh)\/[0-9a-f]{1,40}$/), { maxLength: 400 })
  fc.assert(
    fc.property(names, names => {
      const lists = mediaLists(names.map(name => ({ name, durationMs: 1 })))
      for (const list of lists) expect(encodeURIComponent(list).length).toBeLessThanOrEqual(3_000)
      expect(lists.flatMap(list => list.split(','))).toEqual(names.map(name => `sound:${name}`))
    }),
    { seed: 1 },
  )
})

it('are played with the clips’ folder as their language: Asterisk looks there first, and they name clips below it', async () => {
  const played: AriParameters[] = []
  const ari = {
    command: async (_resource: string, _operation: string, parameters: AriParameters) => void played.push(parameters),
  }
  const [media = ''] = mediaLists([{ name: 'en/0123456789', durationMs: 1 }])
  await new Channels(ari as unknown as AriClient).play('channel', 'playback', media)
  expect(played).toEqual([
    { channelId: 'channel', playbackId: 'playback', media: 'sound:en/0123456789', lang: 'tonebank' },
  ])
})
