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
    generatorShare: 0.01,
    captureShare: 0.01,
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
  const limits = await findLimits(known, { mostConcurrent, cores: 2 }, async (side, concurrent) => {
    asked.push(`${side} ${concurrent}`)
    return phase(side, concurrent, { failed: concurrent > (bears[side] ?? 0) ? 50 : 1 })
  })
  return { asked, limits }
}

describe('the search for the limit', () => {
  it('begins by turns where the measured cost says that the machine is full, and ends with a tenth between', async () => {
    const known = [
      phase('reference', 100, { processorMsPerCall: 55 }),
      phase('bare', 100, { processorMsPerCall: 125 }),
      phase('ours', 100, { processorMsPerCall: 100 }),
    ]
    const { asked, limits } = await search({ ours: 600, bare: 430, reference: 900 }, known, 1_600)
    // 0.9 of two cores, of which a call takes 100 ms in 40 s and a hundredth of the generator's 2 %.
    expect(asked).toEqual(
      ['reference 1140', 'bare 540', 'ours 665', 'reference 1025', 'bare 485', 'ours 595'].concat([
        'reference 820',
        'bare 385',
        'ours 630',
        'reference 920',
        'bare 435',
        'reference 870',
        'bare 410',
      ]),
    )
    expect(limits.ours).toMatchObject({ concurrent: 595, failing: { load: { concurrent: 630 } } })
    expect(limits.bare.concurrent).toBe(410)
    expect(limits.reference.concurrent).toBe(870)
  })

  it('goes up in steps that double', async () => {
    const known = [phase('reference', 100), phase('bare', 100), phase('ours', 100)]
    const { asked } = await search({ ours: 1_300, bare: 1, reference: 1 }, known, 1_600)
    expect(asked.filter(each => each.startsWith('ours'))).toEqual([
      'ours 665',
      'ours 730',
      'ours 875',
      'ours 1225',
      'ours 1600',
      'ours 1410',
      'ours 1315',
    ])
  })

  it('goes below what is known when calls failed there already', async () => {
    const known = [phase('reference', 100), phase('bare', 100), phase('ours', 100, { failed: 2 })]
    const { asked, limits } = await search({ ours: 60, reference: 100 }, known, 100)
    expect(asked).toEqual(['ours 90', 'ours 80', 'ours 60', 'ours 70', 'ours 65'])
    expect(limits.ours.concurrent).toBe(60)
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
