import { describe, expect, test } from 'vitest'
import {
  businessDate,
  businessDateMigrations,
  type Calendar,
  closeDate,
  datesToClose,
} from '../../../src/ledger/business-date.ts'
import { dateByClock } from '../../../src/ledger/cut-off.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const calendar: Calendar = { tenant: institutionId('harbour'), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
const at = (text: string) => Date.parse(text)
const head = { chain: 'main', seq: 1n, hash: 'aa' }

async function openBook() {
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: businessDateMigrations })
  await store.execute(tx => establish(tx, institutionId('harbour')))
  return store
}

describe('business dates', () => {
  test('end at the cut-off in the institution’s zone', () => {
    expect(dateByClock(calendar, at('2026-03-31T22:59:59+08:00'))).toBe('2026-03-31')
    expect(dateByClock(calendar, at('2026-03-31T23:00:00+08:00'))).toBe('2026-04-01')
    expect(dateByClock(calendar, at('2026-12-31T23:30:00+08:00'))).toBe('2027-01-01')
  })

  test('an event never gets a closed date, even when the clock jumps back', async () => {
    const store = await openBook()
    await store.execute(tx => closeDate(tx, institutionId('harbour'), '2026-03-31', head, 0))
    const stamp = (text: string) => store.read(tx => businessDate(tx, calendar, at(text)))
    expect(await stamp('2026-03-31T10:00:00+08:00')).toBe('2026-04-01')
    expect(await stamp('2026-04-05T10:00:00+08:00')).toBe('2026-04-05')
  })

  test('missed nights are due in order, over a leap day and a year’s end', async () => {
    const store = await openBook()
    const due = (opened: string, now: string) => store.read(tx => datesToClose(tx, calendar, opened, at(now)))
    expect(await due('2028-02-27', '2028-03-01T12:00:00+08:00')).toEqual(['2028-02-27', '2028-02-28', '2028-02-29'])
    await store.execute(tx => closeDate(tx, institutionId('harbour'), '2026-12-30', head, 0))
    expect(await due('2026-01-01', '2027-01-01T22:00:00+08:00')).toEqual(['2026-12-31'])
    expect(await due('2026-01-01', '2026-12-30T12:00:00+08:00')).toEqual([])
  })
})
