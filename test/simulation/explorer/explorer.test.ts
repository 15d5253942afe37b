/**
 * Every conversation of all lines, in every way that it can go. The explorer is worth its name only if it finds faults: each of
 * a list is put into a copy of the scripts, and found. It takes some minutes of two cores, which it shares with other
 * simulations for most of the time; what shows little that is new is left to `npm run explore`, every night.
 */
import { rmSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { faults } from './faults.ts'
import { findFaults, type Search } from './find-faults.ts'
import { report } from './report.ts'
import { exploreAll, explorers } from './shares.ts'

/** By day or by night. */
let walked: ReadonlySet<string> = new Set()
const processes = explorers()

afterAll(() => {
  processes.end()
  rmSync('.cache/faults', { recursive: true, force: true })
})

test('all lines do what the specification says, wherever a call goes and whatever befalls it', async () => {
  const explored = await exploreAll(processes, 'by day')
  walked = new Set(Object.values(explored).flatMap(({ paths, left }) => [...paths, ...left]))
  const { text, isRight } = report(explored)
  console.log(text)
  expect(isRight, text).toBe(true)
}, 1_800_000)

describe('the explorer', () => {
  let search: Search

  test('finds nothing in a copy without a fault, on the paths on which faults are found', async () => {
    search = await findFaults(processes, walked)
    expect(search.foundWithoutFault).toEqual([])
  }, 1_800_000)

  test.each(faults.map(({ name }) => name))('finds: %s', name => {
    expect(search.foundOn[name]).toBeDefined()
  })

  test('has at least forty faults to find', () => {
    expect(faults.length).toBeGreaterThanOrEqual(40)
  })
})
