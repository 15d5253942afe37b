import { describe, expect, test } from 'vitest'
import { openAccount } from '../../../src/ledger/accounts.ts'
import {
  businessDate,
  businessDateMigrations,
  type Calendar,
  closeDate,
  datesToClose,
} from '../../../src/ledger/business-date.ts'
import { accountId } from '../../../src/ledger/chart.ts'
import { dateByClock } from '../../../src/ledger/cut-off.ts'
import { ledgerMigrations } from '../../../src/ledger/schema.ts'
import { CNY } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const calendar: Calendar = { tenant: institutionId('harbour'), timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
const at = (text: string) => Date.parse(text)
const head = { chain: 'main', seq: 1n, hash: 'aa' }

const chain = 'main'

/** Books whose events have these dates, one after the other. */
async function openBook(...dates: readonly string[]) {
  const migrations = [...ledgerMigrations, ...businessDateMigrations]
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  await store.execute(async tx => {
    await establish(tx, institutionId('harbour'))
    for (const businessDate of dates)
      await openAccount(tx, { account: accountId('vault', businessDate), asset: CNY, chain, at: 0, businessDate })
  })
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
    const leap = await openBook('2028-02-27')
    expect(await due(leap, '2028-03-01T12:00:00+08:00')).toEqual(['2028-02-27', '2028-02-28', '2028-02-29'])
    const store = await openBook('2026-01-01')
    await store.execute(tx => closeDate(tx, institutionId('harbour'), '2026-12-30', head, 0))
    expect(await due(store, '2027-01-01T22:00:00+08:00')).toEqual(['2026-12-31'])
    expect(await due(store, '2026-12-30T12:00:00+08:00')).toEqual([])
    expect(await due(await openBook(), '2026-12-30T12:00:00+08:00')).toEqual([])
  })

  test('what was booked before the date of the first event is closed, too', async () => {
    // Opened in the Shanghai morning of the 27th; then the institution moved to a zone where it was the 26th.
    const store = await openBook('2026-11-27', '2026-11-26')
    expect(await due(store, '2026-11-27T12:00:00+08:00')).toEqual(['2026-11-26'])
    expect(await due(store, '2026-11-28T12:00:00+08:00')).toEqual(['2026-11-26', '2026-11-27'])
  })
})

const due = (store: Store, now: string) => store.read(tx => datesToClose(tx, calendar, chain, at(now)))
