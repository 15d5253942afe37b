/**
 * 1,000 probes find nothing and tell nothing apart; copies of the code without one of its defences are found out by the same
 * probes. More of them, and at the cost that comparing has in the field: `npm run guess`.
 */
import { afterEach, expect, test, vi } from 'vitest'
import type { Comparison, Tried } from '../../../src/keys/tries.ts'
import type { Tx } from '../../../src/store/store.ts'

const [tries, limits, fixed] = [
  '../../../src/keys/tries.ts',
  '../../../src/keys/rate-limit.ts',
  '../../../src/keys/fixed-answer.ts',
]

/** With the code as it is loaded now. */
async function findings(probes: number): Promise<readonly string[]> {
  vi.resetModules()
  const { guess } = await import('./probe.ts')
  return (await guess({ probes, seed: 1 })).findings
}

afterEach(() => {
  for (const each of [tries, limits, fixed]) vi.doUnmock(each)
  vi.resetModules()
})

test('1,000 probes from many telephones and pages find nothing, and tell nothing apart', async () => {
  expect(await findings(1_000)).toEqual([])
})

test('a copy that keeps no tries of what does not exist, or is not sold, is found out', async () => {
  vi.doMock(tries, async original => {
    const real = await original<typeof import('../../../src/keys/tries.ts')>()
    class Tries extends real.Tries {
      readonly #store: ConstructorParameters<typeof real.Tries>[0]['store']
      constructor(options: ConstructorParameters<typeof real.Tries>[0]) {
        super(options)
        this.#store = options.store
      }
      override async attempt<T>(
        subject: string,
        compare: () => Promise<Comparison>,
        settle: (tx: Tx, comparison: 'right' | 'wrong', triesLeft: number) => Promise<T>,
      ): Promise<Tried<T>> {
        const sold = await this.#store.read(tx =>
          tx.one('SELECT number FROM voucher WHERE number = ? AND sale IS NOT NULL', subject),
        )
        if (sold !== undefined) return super.attempt(subject, compare, settle)
        await compare()
        return { outcome: 'locked' as const }
      }
    }
    return { ...real, Tries }
  })
  expect(await findings(400)).toContainEqual(expect.stringContaining('locks otherwise than living'))
})

test('a copy without limits on how often is found out', async () => {
  vi.doMock(limits, async original => ({
    ...(await original<typeof import('../../../src/keys/rate-limit.ts')>()),
    takeFromAll: () => true,
  }))
  expect(await findings(320)).toContainEqual(expect.stringContaining('guesses were judged'))
})

test('a copy whose refusals leave when they are ready is found out', async () => {
  vi.doMock(fixed, async original => {
    const real = await original<typeof import('../../../src/keys/fixed-answer.ts')>()
    const answerAtFixedInstant: typeof real.answerAtFixedInstant = (_runtime, _refusable, work) =>
      work({ ask: (_what, asked) => asked })
    return { ...real, answerAtFixedInstant }
  })
  expect(await findings(400)).toContainEqual(expect.stringContaining('is told apart from living'))
})
