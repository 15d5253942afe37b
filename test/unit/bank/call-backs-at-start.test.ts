/** A bank that starts again destroys the keys of numbers that nobody is to dial any more. */
import { expect, test } from 'vitest'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

test('the key of a number that was sealed and never noted is gone once the bank has started again', async () => {
  const runtime = new VirtualRuntime({ seed: 53 })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    try {
      await world.harbour.callBacks.ask({ telephone: '5557301', language: 'en', origin: { channel: 'telephone' } })
      await world.recordKeys.seal([{ record: 'call-back-never-noted', context: 'x', plain: new Uint8Array([1]) }])
      await world.restart('bank')
      await runtime.sleep(2_000)
      const kept = (await world.recordKeys.all()).filter(name => name.startsWith('call-back-'))
      expect(kept).toHaveLength(1)
      expect((await world.harbour.callBacks.open()).map(({ telephone }) => telephone)).toEqual(['5557301'])
    } finally {
      await world.close()
    }
  })
})
