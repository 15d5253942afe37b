/** Seeds as tests. Vitest runs files beside each other, so a file has some of them. */
import { expect, test } from 'vitest'
import { moneySteps as bankSteps } from '../../../src/bank/steps.ts'
import { moneySteps as payeeSteps } from '../../../src/merchant/steps.ts'
import { aims, replayOf, tell } from './story.ts'

/** At least as many as there are steps, so that somebody dies at each of them. */
export function tellSeeds(from: number, to: number): void {
  const seeds = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const diedAt = new Set<string>()
  const isRight = async (seed: number) => {
    const { faults, putBack, diedAt: points } = await tell(seed)
    for (const point of points) diedAt.add(point)
    expect(faults, [replayOf(seed), ...putBack].join('\n  ')).toEqual([])
  }
  test.each(seeds)('seed %i', isRight)

  test('they died at every step of the money path', async () => {
    // Nobody here signs in: those who do are in the simulated calls.
    const steps = [...bankSteps, ...payeeSteps].filter(step => !step.startsWith('pin'))
    const passedBy = () => steps.filter(step => !diedAt.has(step))
    // In some stories nobody comes to where one is to die: others are told that aim there.
    for (let seed = from + 1_000; seed < from + 1_100 && passedBy().length > 0; seed++) {
      const { bank, payee } = aims(seed)
      if (passedBy().some(step => step === bank || step === payee)) await isRight(seed)
    }
    expect(passedBy()).toEqual([])
  })
}
