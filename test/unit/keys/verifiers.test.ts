import { describe, expect, test } from 'vitest'
import { defaultCost, HashPool } from '../../../src/keys/hash-pool.ts'
import { type KeyStore, Unopenable } from '../../../src/keys/keys.ts'
import { Reveals } from '../../../src/keys/reveals.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { Verifiers } from '../../../src/keys/verifiers.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'

const cheap = { memoryKiB: 8, passes: 1 }
const pin = new Secret('604812')
const wrong = new Secret('604813')

async function parts(options: { runtime?: Runtime; parallel?: number; queueLimit?: number; cost?: typeof cheap } = {}) {
  const { runtime = systemRuntime, parallel = 2, queueLimit = 50, cost = cheap } = options
  const keys: KeyStore = await memoryKeys(runtime)
  const shared = { runtime, keys, pool: new HashPool(runtime, { parallel, queueLimit }), cost }
  return { keys, verifiers: new Verifiers(shared), reveals: new Reveals(shared) }
}

describe('a verifier', () => {
  test('knows its secret and no other', async () => {
    const { verifiers } = await parts()
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    expect(await verifiers.verify(stored, pin, 'pin 1')).toBe('right')
    expect(await verifiers.verify(stored, wrong, 'pin 1')).toBe('wrong')
    expect(stored).not.toContain('604812')
  })

  test('is of no use in another row', async () => {
    const { verifiers } = await parts()
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    await expect(verifiers.verify(stored, pin, 'pin 2')).rejects.toThrow(Unopenable)
  })

  test('of the same secret is different each time', async () => {
    const { verifiers } = await parts()
    const [a, b] = await Promise.all([1, 2].map(() => verifiers.make(pin, 'pin 1', 'background')))
    expect(a).not.toBe(b)
  })

  test('is of no use without the pepper', async () => {
    const { verifiers } = await parts()
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    const thief = await parts()
    await expect(thief.verifiers.verify(stored, pin, 'pin 1')).rejects.toThrow(Unopenable)
  })

  test('keeps the cost that it was made with, and outlives a rotation of the pepper', async () => {
    const { verifiers, keys } = await parts()
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    expect(await verifiers.rewrap(stored, 'pin 1')).toBe(stored)
    await keys.rotate('pepper')
    const again = await verifiers.rewrap(stored, 'pin 1')
    expect(again).toContain('pepper-2')
    for (const either of [stored, again]) expect(await verifiers.verify(either, pin, 'pin 1')).toBe('right')
    expect(stored).toMatch(/^v1 8 1 /)
  })

  test('of nobody says wrong after the same work', async () => {
    let hashes = 0
    const runtime: Runtime = {
      ...systemRuntime,
      offThread: promise => {
        hashes++
        return promise
      },
    }
    const { verifiers } = await parts({ runtime })
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    hashes = 0
    expect(await verifiers.verify(stored, wrong, 'pin 1')).toBe('wrong')
    expect(hashes).toBe(1)
    expect(await verifiers.verify(undefined, pin, 'pin 1')).toBe('wrong')
    expect(hashes).toBe(2)
  })

  test('takes as long for nobody as for somebody (medians of 15, within a half)', async () => {
    const { verifiers } = await parts({ cost: { memoryKiB: 4096, passes: 2 } })
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    const took: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
    for (let i = 0; i < 15; i++) {
      for (const [name, verifier] of [['known', stored] as const, ['unknown', undefined] as const]) {
        const start = performance.now()
        await verifiers.verify(verifier, wrong, 'pin 1')
        took[name].push(performance.now() - start)
      }
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[7] ?? 0
    const ratio = median(took.known) / median(took.unknown)
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })

  test('costs tens of milliseconds of a core as delivered', async () => {
    const { verifiers } = await parts({ cost: defaultCost })
    const before = process.cpuUsage()
    await verifiers.make(pin, 'pin 1', 'background')
    const used = process.cpuUsage(before)
    expect((used.user + used.system) / 1000).toBeGreaterThan(15)
  })
})

describe('the pool', () => {
  test('tells callers beyond its queue that it is busy, and goes on', async () => {
    const { verifiers } = await parts({ parallel: 1, queueLimit: 2 })
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => verifiers.verify(stored, pin, 'pin 1')))
    expect(answers).toEqual(['right', 'right', 'right', 'busy', 'busy'])
    expect(await verifiers.verify(stored, pin, 'pin 1')).toBe('right')
  })

  test('serves callers before the background, which is never refused', async () => {
    const { verifiers } = await parts({ parallel: 1, queueLimit: 5 })
    const stored = await verifiers.make(pin, 'pin 1', 'background')
    const order: string[] = []
    const background = [1, 2, 3, 4, 5, 6, 7, 8].map(() =>
      verifiers.make(pin, 'pin 2', 'background').then(() => order.push('background')),
    )
    const caller = verifiers.verify(stored, pin, 'pin 1').then(() => order.push('caller'))
    await Promise.all([...background, caller])
    // One was under way; one may have been handed the place in the meantime.
    expect(order.indexOf('caller')).toBeLessThan(3)
  })
})

describe('a reveal', () => {
  const backup = new Secret('991827364550')

  test('tells the payment password of now to whoever knows the backup password', async () => {
    const { reveals, keys } = await parts()
    let reveal = await reveals.makeReveal(backup, '6200')
    const first = await reveals.keepRevealable(reveal, new Secret('11112222'), '6200')
    const second = await reveals.keepRevealable(reveal, new Secret('33334444'), '6200')
    const told = async (revealable: string) => {
      const result = await reveals.reveal(reveal, revealable, backup, '6200')
      return result.outcome === 'revealed' ? result.password.reveal() : result.outcome
    }
    expect(await told(first)).toBe('11112222')
    expect(await told(second)).toBe('33334444')
    await keys.rotate('pepper')
    reveal = await reveals.rewrap(reveal, '6200')
    expect(await told(second)).toBe('33334444')
  })

  test('tells nothing to anybody else, and nothing of another voucher', async () => {
    const { reveals } = await parts()
    const reveal = await reveals.makeReveal(backup, '6200')
    const revealable = await reveals.keepRevealable(reveal, new Secret('11112222'), '6200')
    const other = await reveals.keepRevealable(await reveals.makeReveal(backup, '6201'), new Secret('5'), '6201')
    const guess = new Secret('991827364551')
    expect(await reveals.reveal(reveal, revealable, guess, '6200')).toEqual({ outcome: 'wrong' })
    expect(await reveals.reveal(reveal, other, backup, '6200')).toEqual({ outcome: 'wrong' })
    await expect(reveals.reveal(reveal, revealable, backup, '6201')).rejects.toThrow(Unopenable)
    const thief = await parts()
    await expect(thief.reveals.reveal(reveal, revealable, backup, '6200')).rejects.toThrow(Unopenable)
  })
})
