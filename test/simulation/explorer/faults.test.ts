/** The explorer is worth its name only if it finds faults: each of these is put into a copy of the scripts, and found. */
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { faults, scriptsWith } from './faults.ts'
import { inProcesses } from './shares.ts'
import type { Exploration } from './tally.ts'

let found: Exploration[] = []
/** The last copy is as it should be. The smaller line is enough for that: `explorer.test.ts` explores both in full. */
const copies = [...faults, undefined]

beforeAll(async () => {
  const works = copies.map((fault, number) => ({
    line: fault?.line ?? 'merchant',
    scripts: scriptsWith(fault, number),
    untilFirstFinding: true,
  }))
  found = await inProcesses(works)
}, 600_000)

afterAll(() => rmSync('.cache/faults', { recursive: true, force: true }))

describe('the explorer', () => {
  test.each(faults.map(({ name }, number) => [name, number] as const))('finds: %s', (_, number) => {
    expect(found[number]?.findings).not.toEqual([])
  })

  test('finds nothing in a copy without a fault', () => {
    expect(found.at(-1)?.findings).toEqual([])
  })

  test('has at least twenty faults to find', () => {
    expect(faults.length).toBeGreaterThanOrEqual(20)
  })
})
