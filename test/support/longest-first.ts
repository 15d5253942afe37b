/**
 * In which order vitest runs the files of a phase. What takes longest begins first, or one worker ends long after the others: on a
 * machine that has not run them before, vitest goes by how large files are.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of minutes, the longest first; measured on two cores. */
const longest = [
  'test/simulation/explorer/explorer.test.ts',
  'test/simulation/speech/prompts.test.ts',
  'test/simulation/failovers/failovers.test.ts',
  'test/simulation/network/seeds-1-to-50.test.ts',
  'test/simulation/network/seeds-51-to-100.test.ts',
  'test/simulation/network/seeds-101-to-150.test.ts',
  'test/simulation/network/seeds-151-to-200.test.ts',
  'test/simulation/tampering/tampering.test.ts',
  'test/simulation/explorer/pages/pages.test.ts',
  'test/simulation/operator-errors.test.ts',
  'test/simulation/day-end/hosted.test.ts',
  'test/simulation/kills/kills.test.ts',
  'test/simulation/modem/receiver.test.ts',
  'test/simulation/modem/field.test.ts',
  'test/simulation/network/faults.test.ts',
  'test/simulation/guessing/guessing.test.ts',
  'test/calls/stories/voucher-life.test.ts',
  'test/calls/stories/large-payment.test.ts',
  'test/calls/stories/callers-ear.test.ts',
  'test/calls/stories/drain.test.ts',
  'test/calls/stories/securities.test.ts',
  'test/calls/stories/kills.test.ts',
  'test/calls/stories/purchase.test.ts',
  'test/calls/stories/operating.test.ts',
  'test/calls/leaks.test.ts',
  'test/calls/stories/information.test.ts',
  'test/browser/pages.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files)
    return usual.toSorted((a, b) => rank(a.moduleId) - rank(b.moduleId))
  }
}

function rank(file: string): number {
  const index = longest.findIndex(name => file.endsWith(name))
  return index < 0 ? longest.length : index
}
