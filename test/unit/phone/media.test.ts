/** Media lists: no request line may exceed Asterisk's 4,096 bytes, and no clip may get lost or out of order. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mediaLists } from '../../../src/phone/asterisk/media.ts'

it('stay below 3 kB each and hold every clip in order', () => {
  const names = fc.array(fc.stringMatching(/^(en|zh)\/[0-9a-f]{1,40}$/), { maxLength: 400 })
  fc.assert(
    fc.property(names, names => {
      const lists = mediaLists(names.map(name => ({ name, durationMs: 1 })))
      for (const list of lists) expect(encodeURIComponent(list).length).toBeLessThanOrEqual(3_000)
      expect(lists.flatMap(list => list.split(','))).toEqual(names.map(name => `sound:tonebank/${name}`))
    }),
    { seed: 1 },
  )
})
