/** Which keys of records the books need, asked of a few of them or of all. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { wantedRecordKeys } from '../../../src/bank/orphans.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
let runtime: VirtualRuntime
beforeEach(async () => {
  runtime = new VirtualRuntime({ seed: 29 })
  world = await openWorld({ runtime })
})
afterEach(() => world.close())

const strange = (count: number) =>
  Array.from({ length: count }, (_, i) => `password ${String(i).padStart(32, '0')}/1 attempt`)

test.each([
  ['of a few batches', strange(3)],
  ['of many', strange(300)],
  ['of a name that tells no batch', ['password of another kind']],
])('%s: those of the stock and of what was not confirmed, and no others', (_what, others) =>
  runtime.run(async () => {
    const { store } = world.harbour
    const rows = await store.read(tx =>
      tx.all<{ password_key: string; backup_key: string; state: string }>(
        'SELECT password_key, backup_key, state FROM stock',
      ),
    )
    const confirmed = await store.read(tx =>
      tx.all<{ password_key: string }>(
        `SELECT password_key FROM stock JOIN sale USING (tenant, payee, batch, serial) WHERE confirmed_at IS NOT NULL`,
      ),
    )
    const told = new Set(confirmed.map(row => row.password_key))
    expect(told.size).toBeGreaterThan(0)
    expect(told.size).toBeLessThan(rows.filter(({ state }) => state === 'sold').length)
    const names = [...rows.flatMap(row => [row.password_key, row.backup_key]), ...others, 'call-back-1']
    // As the other machine asks for them: a few of each kind at once.
    const few = names.filter((_, i) => i % 5 < 2 || others.length > 3)
    const wanted = await wantedRecordKeys({ store, config: { id: institutionId('harbour') } }, few)
    const needed = few.filter(name => !told.has(name) && !others.includes(name) && name !== 'call-back-1')
    expect([...wanted].sort()).toEqual([...needed].sort())
  }),
)
