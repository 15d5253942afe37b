/** Seeds as tests. Vitest runs files beside each other, so a file has some of them. */
import { expect, test } from 'vitest'
import { moneySteps as bankSteps } from '../../../src/bank/steps.ts'
import { moneySteps as payeeSteps } from '../../../src/merchant/steps.ts'
import { replayOf, tell } from './story.ts'

/** At least as many as there are steps, so that somebody dies at each of them. */
export function tellSeeds(from: number, to: number): void {
  const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const diedAt = new Set<string>()
  test.each(seeds)('seed %i', async seed => {
    const { faults, putBack, diedAt: points } = await tell(seed)
    for (const point of points) diedAt.add(point)
    expect(faults, [replayOf(seed), ...putBack].join('\n  ')).toEqual([])
  })

  test('they died at every step of the money path', () => {
    // Nobody here signs in: those who do are in the simulated calls.
    const steps = [...bankSteps, ...payeeSteps].filter(step => !step.startsWith('pin'))
    expect(steps.filter(step => !diedAt.has(step))).toEqual([])
  })
}
