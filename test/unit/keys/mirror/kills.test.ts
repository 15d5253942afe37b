/**
 * One of the two machines dies at each named step of sealing and of destroying. Once both are there again they have the same keys:
 * all that a receipt may have left for, and none whose destruction was answered.
 */
import { describe, expect, test, vi } from 'vitest'
import { inStep, MirroredMachines, type Name, plainRecords } from '../../../support/mirrored-machines.ts'
import { byNight } from '../../../support/night.ts'

vi.setConfig({ testTimeout: 60_000 })

/** Every step at night; by day one of three, each pair of machines others. */
const stride = byNight(1, 3)

type Act = 'seal' | 'destroy'

interface Outcome {
  readonly answered: boolean
  /** Whether the machine died before the act was over. */
  readonly died: boolean
  readonly names: { readonly a: readonly string[]; readonly b: readonly string[] }
  readonly destructions: number
}

/** `server` serves, and `mirror` is its mirror; `victim` dies at the step after `steps`; afterwards `next` serves. */
async function killed(two: MirroredMachines, act: Act, victim: Name, next: Name, steps: number): Promise<Outcome> {
  await two.start('b')
  const a = await two.serve('a')
  await inStep(a)
  const [told, other, made] = ['told', 'other', 'made'].map(name => `${name} ${steps}`) as [string, string, string]
  await a.sealOnBoth(plainRecords(told, other))
  await inStep(a)
  const life = two.lives.get(victim)
  life?.dieAfter(steps)
  const acted = act === 'seal' ? a.sealOnBoth(plainRecords(made)) : a.destroy([told])
  const answered = await acted.then(
    () => true,
    () => false,
  )
  // A destruction is answered before the mirror has heard of it.
  if (act === 'destroy') await Promise.race([inStep(a).catch(() => {}), dead(two, victim)])
  const died = life?.deadAt !== undefined
  for (const name of ['a', 'b'] as const) await two.kill(name)
  await two.start(next === 'a' ? 'b' : 'a')
  const after = await two.serve(next)
  // What the books want: a key of no command is destroyed at a start, or when it comes later. They need none that is to be destroyed.
  const needs = (name: string) => (name === made ? answered : name !== told || act === 'seal')
  after.wantedBy(async names => new Set(names.filter(needs)))
  await inStep(after)
  await two.stop('a')
  await two.stop('b')
  const [onA, onB] = [await two.lying('a'), await two.lying('b')]
  const destructions = onA.destructions.length + onB.destructions.length
  return { answered, died, names: { a: onA.names, b: onB.names }, destructions }
}

async function dead(two: MirroredMachines, name: Name): Promise<void> {
  while (two.lives.get(name)?.deadAt === undefined) await two.lives.get('a')?.sleep(5)
}

describe.concurrent.each<[Act, Name, Name, number]>([
  ['seal', 'a', 'a', 0],
  ['seal', 'a', 'b', 1],
  ['seal', 'b', 'a', 2],
  ['destroy', 'a', 'a', 3],
  ['destroy', 'a', 'b', 4],
  ['destroy', 'b', 'a', 5],
])('%s, while machine %s dies, and %s serves afterwards', (act, victim, next, first) => {
  test('both have the same', async () => {
    const two = await MirroredMachines.make()
    try {
      let steps = first % stride
      for (; ; steps += stride) {
        const { answered, died, names, destructions } = await killed(two, act, victim, next, steps)
        const where = `after ${steps} steps`
        expect(names.a, where).toEqual(names.b)
        expect(destructions, where).toBe(0)
        expect(names.a, where).toContain(`other ${steps}`)
        if (act === 'seal') expect(names.a.includes(`made ${steps}`) || !answered, where).toBe(true)
        else expect(names.a.includes(`told ${steps}`) && answered, where).toBe(false)
        if (!died) break
      }
      // The store's own steps, and those of both machines.
      expect(steps).toBeGreaterThan(victim === 'a' ? 6 : 3)
    } finally {
      await two.end()
    }
  })
})
