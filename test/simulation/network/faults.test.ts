/** Copies of the code that lack one of its defences are found out by the stories. */
import { afterEach, expect, test, vi } from 'vitest'

/** What the first seeds find in the code as it is loaded now. */
async function foundWithin(seeds: number, from = 1): Promise<readonly string[]> {
  vi.resetModules()
  const { tell } = await import('./story.ts')
  for (let seed = from; seed < from + seeds; seed++) {
    const { faults } = await tell(seed)
    if (faults.length > 0) return faults
  }
  return []
}

afterEach(() => {
  vi.doUnmock('../../../src/bank/ceiling.ts')
  vi.resetModules()
})

test('a bank that heeds no ceiling is found out', async () => {
  vi.doMock('../../../src/bank/ceiling.ts', async original => ({
    ...(await original<typeof import('../../../src/bank/ceiling.ts')>()),
    fitsCeiling: async () => true,
  }))
  expect(await foundWithin(20)).toContainEqual(expect.stringMatching(/no more than \d+ was granted/))
})
