/** The capacity card is what its program makes of what was measured, and what it computes is right. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { measuredFile, pageFile, readMeasured, valuesOf } from '../../../bench/capacity/measured.ts'
import { type Bearing, linesFor, needsOf } from '../../../bench/capacity/needs.ts'
import { capacityPage } from '../../../bench/capacity/page.ts'
import { lineThrough } from '../../../bench/takeover/line.ts'

test(`${pageFile} says what is in ${measuredFile}; after a change: npm run bench -- capacity`, () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(capacityPage(readMeasured()))
})

test('another measured value is another page', () => {
  const { calls } = readMeasured()
  if (calls === undefined) throw new Error('no calls were measured')
  const other = { ...calls, values: { ...calls.values, concurrentCalls: 411 } }
  expect(capacityPage({ ...readMeasured(), calls: other })).not.toBe(capacityPage(readMeasured()))
})

test('what was not measured is said so, and nothing is computed from it', () => {
  const page = capacityPage({})
  expect(page).toContain('Not kept yet: `npm run bench -- takeover --card`')
  expect(page).not.toContain('customers |')
})

describe('with all of it measured', () => {
  const run = (values: Record<string, number>) => ({ command: 'c', date: '2026-11-28', on: 'a machine', values })
  const all = (explained: number) =>
    capacityPage({
      calls: run({ concurrentCalls: 400, cpuMsPerCall: 146, asteriskMsPerCall: 77, pinCheckMs: 27, callSeconds: 41 }),
      kept: run({ salesPerSecondKeptSync: 2_000 }),
      takeover: run({
        ...{ databaseBytesPerSale: 1_500, logBytesPerSale: 4_000, walBytesPerSale: 6_000 },
        ...{ bareMachineBaseSeconds: 2, bareMachineSecondsPer100k: 10, bareMachineLinearity: explained },
      }),
    })

  test('customers need what the formulas say, and limits are the most for whom one is enough', () => {
    const cells = (what: string) =>
      (
        all(1)
          .split('\n')
          .find(line => line.startsWith(`| ${what}`)) ?? ''
      )
        .split('|')
        .slice(2, -1)
        .map(cell => cell.trim())
    expect(cells('sales on an average day')).toEqual(['13,334', '1,333,334', '133,333,334'])
    expect(cells('writers')).toEqual(['1', '1', '12'])
    expect(cells('change log of a day')).toEqual(['53.3 MB', '5.33 GB', '533 GB'])
    // 1,400 sales in the busiest second are 2,520,000 in that hour: 84,000,000 customers.
    expect(all(1)).toContain('up to about 84,000,000 customers. Branches')
  })

  test('no line, nothing computed from it', () => {
    expect(all(0.95)).toContain('A machine without books would take')
    expect(all(0.5)).toContain('no line shows')
    expect(all(0.5)).not.toContain('A machine without books would take')
  })
})

describe('needs', () => {
  const bearing: Bearing = {
    callsPerMachine: 400n,
    callsPerProcess: 1_000n,
    salesPerSecondPerWriter: 2_000n,
    databaseBytesPerSale: 1_500n,
    logBytesPerSale: 4_000n,
    walBytesPerSale: 6_000n,
  }

  test('of 10⁷ customers, by hand', () => {
    // 10⁷ · 4 / 30, rounded up; · 1.5 · 0.15 in the busiest hour; twice its average in the busiest second.
    expect(needsOf(10_000_000n, bearing)).toMatchObject({
      ...{ salesPerDay: 1_333_334n, busyHourSales: 300_000n, salesInBusiestSecond: 167n, writers: 1n },
      databaseBytesPerYear: 1_333_334n * 365n * 1_500n,
      logBytesPerDay: 5_333_336_000n,
    })
  })

  test('stay exact where numbers would not', () => {
    expect(needsOf(10n ** 15n, { ...bearing, databaseBytesPerSale: 1_501n }).databaseBytesPerYear).toBe(
      133_333_333_333_334n * 365n * 1_501n,
    )
  })

  test('calls that find no place: as in tables of Erlang B', () => {
    // ITU-T E.501's formula, of which these are usual tables' values: 1 % of 10 erlangs takes 18 lines, 0.1 % of 20 takes 35.
    expect(linesFor(10, 0.01)).toBe(18n)
    expect(linesFor(20, 0.001)).toBe(35n)
    expect(linesFor(0, 0.001)).toBe(1n)
    // Where the recursion ends and lines are as many as erlangs, there is no step.
    expect(Number(linesFor(636_000, 0.001)) / 636_000).toBeCloseTo(1, 3)
    expect(linesFor(10 ** 9, 0.001)).toBe(10n ** 9n)
  })
})

test('a report is kept as ours, references and facts, to four digits', () => {
  const figure = { name: 'x', ours: 1_234.56, reference: 0.000123456, ratio: 1, goal: '', met: true }
  expect(valuesOf({ bench: 'b', figures: [figure], facts: [{ name: 'y', value: 7 }] })).toEqual({
    ...{ x: 1_235, xReference: 0.0001235, y: 7 },
  })
})

test('a line through three points that lie on one explains all of them, and less when one does not', () => {
  const on = (x: number) => ({ x, y: 3 + 2 * x })
  const line = lineThrough([1, 2, 4].map(on))
  expect(line.base).toBeCloseTo(3)
  expect(line.slope).toBeCloseTo(2)
  expect(line.explained).toBeCloseTo(1)
  expect(lineThrough([on(1), { x: 2, y: 20 }, on(4)]).explained).toBeLessThan(0.5)
})
