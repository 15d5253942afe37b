/** What is reported: the search for the limit, the goals, and what is admitted beside them. */
import { describe, expect, it } from 'vitest'
import { cpuFigures, latencyFigures, limitFigures } from '../../../bench/calls/figures.ts'
import type { HeardCall } from '../../../bench/calls/heard.ts'
import type { Phase } from '../../../bench/calls/phase.ts'
import { findLimits, type Limits } from '../../../bench/calls/search.ts'

const heard = (answers: HeardCall['answers']): HeardCall => ({
  answers,
  gaps: 100,
  longGaps: 0,
  longestGapUs: 20_000,
  complete: true,
  firstUs: 0,
  lastUs: 1,
})

function phase(side: Phase['side'], concurrent: number, changes: Partial<Phase> = {}): Phase {
  return {
    side,
    load: { calls: 100, concurrent, callMs: 40_000 },
    failed: 0,
    heard: [],
    processorMsPerCall: 100,
    processorMsPerCallByPid: [100],
    generatorShare: 0.1,
    captureShare: 0.1,
    dropped: 0,
    ...changes,
  }
}

/** Runs phases of sides that bear so many calls, and notes which were asked for. */
async function search(
  bears: { ours: number; reference: number; bare?: number },
  known: readonly Phase[],
  mostConcurrent: number,
) {
  const asked: string[] = []
  const limits = await findLimits(known, { mostConcurrent }, async (side, concurrent) => {
    asked.push(`${side} ${concurrent}`)
    return phase(side, concurrent, { failed: concurrent > (bears[side] ?? 0) ? 50 : 1 })
  })
  return { asked, limits }
}

describe('the search for the limit', () => {
  it('doubles by turns until calls fail, then halves the difference down to 25 calls or a sixteenth', async () => {
    const known = [phase('reference', 100), phase('bare', 100), phase('ours', 100)]
    const { asked, limits } = await search({ ours: 270, bare: 200, reference: 1_130 }, known, 1_600)
    expect(asked.slice(0, 6)).toEqual([
      'reference 200',
      'bare 200',
      'ours 200',
      'reference 400',
      'bare 400',
      'ours 400',
    ])
    const ofOurs = asked.filter(each => each.startsWith('ours'))
    expect(ofOurs).toEqual(['ours 200', 'ours 400', 'ours 300', 'ours 250', 'ours 275'])
    expect(limits.ours.concurrent).toBe(250)
    expect(limits.ours.failing?.load.concurrent).toBe(275)
    const ofReference = asked.filter(each => each.startsWith('reference'))
    expect(ofReference.slice(2)).toEqual([
      'reference 800',
      'reference 1600',
      'reference 1200',
      'reference 1000',
      'reference 1100',
      'reference 1150',
    ])
    expect(limits.reference.concurrent).toBe(1_100)
  })

  it('goes below what is known when calls failed there already', async () => {
    const known = [phase('reference', 100), phase('bare', 100), phase('ours', 100, { failed: 2 })]
    const { asked, limits } = await search({ ours: 60, reference: 100 }, known, 100)
    expect(asked).toEqual(['ours 50', 'ours 75'])
    expect(limits.ours.concurrent).toBe(50)
  })

  it('stops at the most that may be tried, with nothing having failed', async () => {
    const known = [phase('reference', 25), phase('bare', 25), phase('ours', 25)]
    const { asked, limits } = await search({ ours: 1_000, reference: 1_000 }, known, 25)
    expect(asked).toEqual([])
    expect(limits.ours).toEqual({ concurrent: 25, failing: undefined })
  })

  it('bears one failed call in a hundred', async () => {
    const { limits } = await search({ ours: 0, bare: 0, reference: 0 }, [phase('ours', 25, { failed: 1 })], 25)
    expect(limits.ours.concurrent).toBe(25)
  })
})

describe('the limit', () => {
  const limits = (ours: Phase | undefined, reference: Phase | undefined): Limits => ({
    ours: { concurrent: 200, failing: ours },
    bare: { concurrent: 160, failing: reference },
    reference: { concurrent: 300, failing: reference },
  })

  it('is met at 0.65 of the dialplan and 1.2 of a bare application', () => {
    const figures = limitFigures(limits(phase('ours', 225), phase('reference', 235)))
    expect(figures).toMatchObject([
      { name: 'concurrentCalls', ours: 200, reference: 300, met: true },
      { name: 'concurrentCallsAgainstBare', ours: 200, reference: 160, met: true },
    ])
    for (const { note } of figures) expect(note).not.toContain('limited by generator')
  })

  it('is missed below', () => {
    const found = {
      ...limits(phase('ours', 225), phase('reference', 235)),
      ours: { concurrent: 190, failing: undefined },
    }
    expect(limitFigures(found).map(({ met }) => met)).toEqual([false, false])
  })

  it.each([
    ['sipp and the capture used more than 80 % of a core', { generatorShare: 0.7, captureShare: 0.15 }],
    ['the capture lost packets', { dropped: 3 }],
  ])('is the generator when %s', (_, changes) => {
    const [figure] = limitFigures(limits(phase('ours', 225, changes), phase('reference', 235)))
    expect(figure?.met).toBe(false)
    expect(figure?.note).toContain('limited by generator')
  })

  it('is not met when no limit was found', () => {
    const [figure] = limitFigures(limits(undefined, phase('reference', 235)))
    expect(figure?.met).toBe(false)
    expect(figure?.note).toContain('ours did not fail')
  })
})

describe('latency', () => {
  const answers = (step: string, latenciesMs: readonly number[]) =>
    heard(latenciesMs.map(ms => ({ step, latencyUs: ms * 1000 })))
  const slow = [answers('menu', [3, 4, 8]), answers('pin', [90, 90, 90, 90])]
  const fast = [answers('menu', [1, 2, 3]), answers('pin', [2, 2, 2, 2])]

  it('leaves the PIN step apart, and says what it took', () => {
    const [p50] = latencyFigures([phase('ours', 100, { heard: slow }), phase('reference', 100, { heard: fast })])
    expect(p50).toMatchObject({ name: 'keyToPromptP50Ms', ours: 4, reference: 2, ratio: 2, met: true })
    expect(p50?.note).toContain('90.0 ms')
  })

  it('misses its goal beyond 5 ms', () => {
    const slower = [answers('menu', [7.1, 7.1])]
    const [p50] = latencyFigures([phase('ours', 100, { heard: slower }), phase('reference', 100, { heard: fast })])
    expect(p50?.met).toBe(false)
  })
})

describe('processor time', () => {
  it('is the mean of the rounds, all processes of a side together', () => {
    const figures = cpuFigures(
      [
        phase('reference', 100, { processorMsPerCall: 70 }),
        phase('bare', 100, { processorMsPerCall: 150, processorMsPerCallByPid: [80, 70] }),
        phase('ours', 100, { processorMsPerCall: 110, processorMsPerCallByPid: [70, 40] }),
        phase('reference', 100, { processorMsPerCall: 90 }),
        phase('bare', 100, { processorMsPerCall: 150, processorMsPerCallByPid: [80, 70] }),
        phase('ours', 100, { processorMsPerCall: 130, processorMsPerCallByPid: [80, 50] }),
      ],
      20,
    )
    expect(figures).toMatchObject([
      { name: 'cpuMsPerCall', ours: 120, reference: 80, ratio: 1.5, met: false },
      { name: 'cpuMsPerCallAgainstBare', ours: 120, reference: 150, ratio: 0.8, met: true },
      { name: 'cpuMsPerCallAgainstFloor', ours: 120, reference: 100, ratio: 1.2, met: true },
    ])
    expect(figures[0]?.note).toContain('ours is Asterisk 75 ms and the application 45 ms')
    expect(figures[0]?.note).toContain('the bare application Asterisk 80 ms and the application 70 ms')
  })
})
