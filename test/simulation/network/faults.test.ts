/**
 * Copies of the code that have a fault are found out by the stories: some of those that `npm run simulate -- --faults` puts in,
 * each by the seed that found it last, or by one of the first twenty. In the code as it is the same seeds find nothing.
 */
import { expect, test } from 'vitest'
import { edited } from '../../support/edit-once.ts'
import type { Fault } from './copies.ts'
import { findFaults, recorded } from './find-faults.ts'
import { moneyFaults } from './money-faults.ts'
import { tell } from './story.ts'

const some = [
  'a bank heeds no ceiling',
  'a payment that is asked for again is made again',
  'records that lost books may have sold are sold again',
  'institutions ask nobody at their start which of their heads they hold',
  'institutions believe any reply, whatever bundle it answers',
]

test('faults of the money are found, and nothing where there is none', async () => {
  const faults = some.flatMap((name): Fault[] => moneyFaults.filter(each => each.name === name))
  const found = await findFaults(faults, 20)
  expect(Object.keys(found).sort()).toEqual(some.toSorted())
  for (const seed of new Set(Object.values(found).map(by => by.seed))) {
    const { faults } = await tell(seed)
    expect(faults, `seed ${seed}`).toEqual([])
  }
})

test('each of them fits the code as it is, and has a seed by which it was found', () => {
  for (const fault of moneyFaults) expect(edited(`src/${fault.file}`, fault)).toContain(fault.replace)
  expect(moneyFaults.length).toBeGreaterThanOrEqual(30)
  expect(Object.keys(recorded()).sort()).toEqual(moneyFaults.map(({ name }) => name).sort())
})
