/** How often callers reach the clerks: one caller, those who show no number, and those whom nobody vouches for. */
import { expect, test } from 'vitest'
import { careConfig, careOffice } from '../../../src/institution/care.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

function office() {
  const runtime = new VirtualRuntime()
  const care = careConfig.parse({ hours: {}, perCallerAnHour: 2 })
  const callBacks = { ask: async () => ({ outcome: 'full' }) as const }
  const { admits } = careOffice({ care, timeZone: 'UTC' }, callBacks, runtime)
  /** How many of `count` are admitted. */
  const admitted = (count: number, number: (i: number) => string | undefined, attested?: true) =>
    Array.from({ length: count }, (_, i) =>
      admits({ channel: 'telephone', number: number(i), ...(attested && { attested }) }),
    ).filter(each => each).length
  return { runtime, admitted }
}

test('one caller reaches them so many times an hour, and again later', async () => {
  const { runtime, admitted } = office()
  expect([admitted(5, () => '2001', true), admitted(5, () => '2002', true)]).toEqual([2, 2])
  await runtime.run(() => runtime.sleep(1_800_000))
  expect(admitted(5, () => '2001', true)).toBe(1)
})

test('who shows another number each time reaches them fifty times as often at most, and leaves them to those who are vouched for', async () => {
  const { runtime, admitted } = office()
  expect(admitted(300, i => `forged-${i}`)).toBe(100)
  expect(admitted(1, () => undefined)).toBe(0)
  expect(admitted(30, i => `desk${i}`, true)).toBe(30)
  await runtime.run(() => runtime.sleep(3_600_000))
  expect(admitted(300, i => `other-${i}`)).toBe(100)
})

test('who shows no number shares ten times as much with all who do', () => {
  const { admitted } = office()
  expect([admitted(50, () => undefined), admitted(1, () => '2001')]).toEqual([20, 1])
})

test('who shows the number of somebody who is vouched for keeps them from nothing', () => {
  const { admitted } = office()
  expect(admitted(10, () => 'victim')).toBe(2)
  expect(admitted(10, () => 'victim', true)).toBe(2)
})

test('one number that nobody vouches for uses up nothing of what is there for the others', () => {
  const { admitted } = office()
  expect(admitted(1_000, () => 'hammering')).toBe(2)
  expect(admitted(300, i => `forged-${i}`)).toBe(98)
})
