/** The demonstration's books begin on the business date of the calendar that its file gives them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openDemo } from '../../../demo/demo.ts'
import { demoIds, demoText } from '../../../demo/institutions.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'
import { readSnapshot } from '../../../src/store/open.ts'
import { isoDate } from '../../support/wall-clock.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-demo-calendar-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [hour, day] = [3_600_000, 86_400_000]

test('books are opened by the zone of the file', async () => {
  // The last noon in London: in Shanghai it is evening, and in Kiritimati the next day has begun.
  const now = systemRuntime.wallNow()
  const since = (now - 12 * hour) % day
  const runtime: Runtime = { ...systemRuntime, wallNow: () => systemRuntime.wallNow() - since }
  const file = join(folder, 'tonebank.yaml')
  writeFileSync(
    file,
    demoText.replaceAll(/^ {4}id: .*$/gm, line => `${line}\n    timeZone: Pacific/Kiritimati`),
  )
  await openDemo(file, runtime, () => {}, { hashCost: { memoryKiB: 8, passes: 1 } })
  const tomorrow = isoDate(now - since + day)
  const dates = new Set<string>()
  for (const id of demoIds)
    for (const { date } of await readSnapshot({ folder: join(folder, 'institutions', id) }, tx =>
      tx.all<{ date: string }>('SELECT DISTINCT business_date AS date FROM journal'),
    ))
      dates.add(date)
  expect([...dates]).toEqual([tomorrow])
}, 60_000)
