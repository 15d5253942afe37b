/** Alarms stay open until somebody acknowledges them, once, by number. */
import { expect, test } from 'vitest'
import { raiseAlarm } from '../../../src/alarm.ts'
import { acknowledgeAlarms, alarmBookMigrations, openAlarms } from '../../../src/institution/alarm-book.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openStore } from '../../../src/store/open.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]

test('an alarm is open until it is acknowledged', async () => {
  const migrations = [...clearingMigrations, ...alarmBookMigrations]
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  await store.execute(async tx => {
    await establish(tx, harbour)
    for (const detail of ['one', 'two']) {
      await raiseAlarm(tx, harbour, { peer: lantern, kind: 'other-content', detail, at: 5 })
    }
  })
  const open = () => store.read(tx => openAlarms(tx, harbour))
  const [one] = await open()
  const acknowledge = (numbers: readonly bigint[]) =>
    store.execute(tx => acknowledgeAlarms(tx, harbour, numbers, 'Ann Lee', 6))
  expect(await acknowledge([one?.number ?? 0n, 99n])).toBe(1)
  expect(await acknowledge([one?.number ?? 0n])).toBe(0)
  expect((await open()).map(({ detail }) => detail)).toEqual(['two'])
  await store.close()
})
