import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 21 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

test('neither end keeps a copy of a share beside the one whose key it destroys', () =>
  runtime.run(async () => {
    const letters = await world.harbour.store.read(tx =>
      tx.all<{ digest: Uint8Array; content: Uint8Array }>(
        `SELECT digest, content FROM clearing_inbox WHERE type = 'voucher-batch'`,
      ),
    )
    expect(letters.length).toBeGreaterThan(0)
    for (const { digest, content } of letters) {
      expect(digest).toHaveLength(32)
      expect(content).toHaveLength(0)
    }
    // Nor anywhere else, nor does the payee: each record of such a letter has a text `share` (65 73…) before its bytes.
    for (const { store } of [world.harbour, world.lantern]) {
      expect(Buffer.from(await store.snapshot()).includes(Buffer.from('eshare'))).toBe(false)
    }
  }))
