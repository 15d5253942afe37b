/** Nights that were missed, dates that are late, several days at once, over a change of the clocks. */
import { expect, test } from 'vitest'
import { alarms } from '../../../src/alarm.ts'
import { decodeHeader } from '../../../src/clearing/header.ts'
import { isLate } from '../../../src/clearing/late.ts'
import { written } from '../../../src/clearing/report.ts'
import { CNY, yuan } from '../../../src/money.ts'
import { payeeFiles, payWith, settleAll } from '../../support/day-end.ts'
import { institutionId } from '../../support/ids.ts'
import { faultsOf, posted } from '../../support/proof.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

const day = 86_400_000
const hour = 3_600_000

test('30 missed nights are caught up in their order by one waking, over a change of the clocks', async () => {
  // New York puts its clocks forward on 2027-03-14.
  const runtime = new VirtualRuntime({ seed: 5, startsAt: Date.UTC(2026, 10, 22, 2) })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    await world.reconfigureMerchant({ timeZone: 'America/New_York' })
    runtime.jumpWallClock(Date.UTC(2027, 1, 20, 17) - runtime.wallNow())
    await world.lantern.nightly()
    await settleAll(world)
    const before = (await payeeFiles(world.lantern.store)).length
    for (let night = 0; night < 30; night++) {
      if (night % 3 === 0) await payWith(world, world.vouchers.confirmed, `night ${night}`, yuan(1n))
      runtime.jumpWallClock(day)
    }
    await world.lantern.nightly()
    await settleAll(world)
    const files = (await payeeFiles(world.lantern.store)).slice(before)
    expect(files).toHaveLength(30)
    expect(files.every(({ state }) => state === 'reconciled')).toBe(true)
    expect(files.map(({ date }) => date)).toEqual([...files.map(({ date }) => date)].sort())
    expect([files[0]?.date, files.at(-1)?.date]).toEqual(['2027-02-20', '2027-03-21'])
    const rows = await world.lantern.store.read(tx =>
      tx.all<{ date: string; header: Uint8Array; lines: bigint }>(
        'SELECT date, header, lines FROM day_end_file WHERE date >= ? ORDER BY number',
        '2027-02-20',
      ),
    )
    expect(rows.map(({ lines }) => lines)).toEqual(Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? 1n : 0n)))
    const ends = rows.map(({ header }) => Number(decodeHeader(header).cutOff.at))
    const lengths = ends.slice(1).map((end, i) => (end - (ends[i] ?? 0)) / hour)
    expect(lengths.filter(length => length !== 24)).toEqual([23])
    expect(rows[lengths.indexOf(23) + 1]?.date).toBe('2027-03-14')
    expect(await posted(world.harbour.store, 'settlement:lantern')).toBe(1_000n)
    expect(await faultsOf(world)).toEqual([])
    await world.close()
  })
}, 60_000)

test('a date is late from a time of day after its cut-off on', () => {
  const shanghai = { timeZone: 'Asia/Shanghai', cutOffMinutes: 23 * 60 }
  const at = (text: string) => Date.parse(`${text}+08:00`)
  expect(isLate(shanghai, 360, '2026-11-22', at('2026-11-23T05:59'))).toBe(false)
  expect(isLate(shanghai, 360, '2026-11-22', at('2026-11-23T06:00'))).toBe(true)
  expect(isLate(shanghai, 23 * 60 + 30, '2026-11-22', at('2026-11-22T23:29'))).toBe(false)
  expect(isLate(shanghai, 23 * 60 + 30, '2026-11-22', at('2026-11-22T23:30'))).toBe(true)
})

test('a date that is not reconciled in time raises an alarm at both ends, once, and none when it is', async () => {
  const runtime = new VirtualRuntime({ seed: 6 })
  let silent = true
  await runtime.run(async () => {
    const weather = { next: () => (silent ? { lost: 'there' as const } : {}) }
    silent = false
    const world = await openWorld({ runtime, weather })
    const kinds = async (which: 'lantern' | 'harbour') =>
      (await world[which].store.read(tx => alarms(tx, institutionId(which)))).map(
        ({ kind, detail }) => `${kind} ${detail}`,
      )
    silent = true
    runtime.jumpWallClock(day)
    await world.lantern.nightly()
    await world.harbour.nightly()
    await world.lantern.dayEnd.idle()
    for (const end of [world.lantern, world.harbour, world.lantern]) await end.dayEnd.reportLate()
    expect(await kinds('lantern')).toEqual([
      'day-end-late 2026-11-21 is not reconciled: its file is sent',
      'day-end-late 2026-11-22 is not reconciled: its file is sent',
    ])
    expect(await kinds('harbour')).toEqual([
      'day-end-late nothing was settled of 2026-11-21',
      'day-end-late nothing was settled of 2026-11-22',
    ])
    silent = false
    await settleAll(world)
    for (const end of [world.lantern, world.harbour]) await end.dayEnd.reportLate()
    expect((await kinds('lantern')).length + (await kinds('harbour')).length).toBe(4)
    await world.close()
  })
})

test('both ends report the same amounts, as text, as rows for a spreadsheet and as JSON', async () => {
  const runtime = new VirtualRuntime({ seed: 8 })
  await runtime.run(async () => {
    const world = await openWorld({ runtime })
    await payWith(world, world.vouchers.confirmed, 'one', yuan(12n))
    runtime.jumpWallClock(day)
    expect(await world.lantern.dayEnd.planned()).toMatchObject([
      { bank: 'harbour', date: '2026-11-21', totals: { capture: { count: 0n } } },
      { bank: 'harbour', date: '2026-11-22', totals: { capture: { count: 1n, minor: 1_200n } } },
    ])
    await world.lantern.nightly()
    await settleAll(world)
    expect(await world.lantern.dayEnd.planned()).toEqual([])
    const [mine, theirs] = [
      await world.lantern.dayEnd.reports('2026-11-22'),
      await world.harbour.dayEnd.reports('2026-11-22'),
    ]
    expect(mine[0]?.result).toEqual(theirs[0]?.result)
    expect(written(mine, CNY, 'text')).toBe(`2026-11-22  harbour  file 2  reconciled
  capture                  12.00 CNY  1 lines, accepted 1
  posted on 2026-11-23
  sold and not cleared
    opening               150.00 CNY
    + sold                  0.00 CNY
    - captured             12.00 CNY
    - returned              0.00 CNY
    closing               138.00 CNY
  cleared and not paid out
    opening                 0.00 CNY
    + captured             12.00 CNY
    - fee                   0.00 CNY
    - refunded              0.00 CNY
    - paid out              0.00 CNY
    closing                12.00 CNY
`)
    const rows = written(theirs, CNY, 'csv').split('\n')
    expect(rows[0]).toBe('date,peer,number,state,item,count,minor')
    expect(rows).toContain('2026-11-22,lantern,2,result sent,accepted capture,1,1200')
    expect(rows).toContain('2026-11-22,lantern,2,result sent,float closing,,13800')
    expect(JSON.parse(written(mine, CNY, 'json'))).toMatchObject([
      { number: 2, result: { float: { closing: 13_800 } } },
    ])
    await world.close()
  })
})
