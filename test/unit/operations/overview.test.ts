/** What operators are shown of an institution: its calls by their steps, and the state of its books. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { raiseAlarm } from '../../../src/alarm.ts'
import { openAlarms } from '../../../src/institution/alarm-book.ts'
import { unevenBalances } from '../../../src/ledger/trial-balance.ts'
import { lastAudit, noteAudit } from '../../../src/operations/audit-note.ts'
import { CallBook } from '../../../src/operations/call-book.ts'
import { CallRecords } from '../../../src/operations/call-records.ts'
import { overviewOf } from '../../../src/operations/overview.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { now } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-overview-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const begins: TranscriptEvent = { event: 'answered-call', dialled: '9001', resumed: false }
const asked = (step: string): TranscriptEvent => ({ event: 'asked', step, classes: ['valid'], secret: false })
const leaves: TranscriptEvent = { event: 'ended', how: 'caller-left' }

test('a call is seen by its step, for as long as it lasts', async () => {
  const runtime = new VirtualRuntime()
  const book = new CallBook(runtime)
  const tell = book.beside(() => {}, 'call-1', 'bank')
  tell(begins)
  await runtime.run(async () => {
    await runtime.sleep(2_000)
    tell(asked('sign-in.account'))
    await runtime.sleep(500)
  })
  expect(book.inProgress()).toEqual([{ line: 'bank', step: 'sign-in.account', callMs: 2_500, stepMs: 500 }])
  const qualities = new Map([['call-1', { lossPercent: 1.5, jitterMs: 4 }]])
  expect(book.inProgress(qualities)).toMatchObject([{ lossPercent: 1.5, jitterMs: 4 }])
  tell(leaves)
  expect(book.inProgress()).toEqual([])
})

test('who leaves or gives up is counted at the step, who says goodbye is not', () => {
  const book = new CallBook(new VirtualRuntime())
  const story = (events: readonly TranscriptEvent[], call: string) => {
    const tell = book.beside(() => {}, call, 'bank')
    for (const event of [begins, ...events]) tell(event)
  }
  story([leaves], 'a')
  story([asked('buy.amount'), leaves], 'b')
  story([asked('bank.menu'), asked('buy.amount'), { event: 'ended', how: 'gave-up' }], 'c')
  story([asked('bank.menu'), { event: 'ended', how: 'said-goodbye' }], 'd')
  expect(book.givenUp()).toEqual([
    { line: 'bank', step: 'buy.amount', count: 2 },
    { line: 'bank', step: 'none', count: 1 },
  ])
})

test('the last audit is noted in the folder of the books; a folder that is not there is no trouble', () => {
  expect(lastAudit(folder)).toBe(undefined)
  noteAudit(folder, { at: 1_795_312_800_000, findings: 2 })
  expect(lastAudit(folder)).toEqual({ at: 1_795_312_800_000, findings: 2 })
  noteAudit(join(folder, 'nowhere'), { at: 1, findings: 0 })
})

test('a bank shows its stock, its alarms, its day ends and whether its books are even', async () => {
  const runtime = new VirtualRuntime()
  const world = await openWorld({ runtime })
  const { harbour } = world
  const { store } = harbour
  const standing = { ready: true, state: 'serving', calls: 0 } as const
  const tenant = world.bank.id
  const kept = { timeZone: 'Asia/Shanghai', keepDays: 30, key: new Secret('a key'), troubled: () => {} }
  const records = new CallRecords({ runtime, folder, ...kept })
  let isFull = false
  const overview = overviewOf({
    ...{
      runtime,
      folder,
      calls: new CallBook(runtime),
      standing: () => standing,
      health: async () => (isFull ? { healthy: false, why: 'no room' } : { healthy: true }),
      soundQualities: async () => new Map(),
    },
    open: {
      ...{ store, stock: harbour.teller.stock, records, callBacks: harbour.callBacks },
      handlers: {
        'alarms.list': async () => [...(await store.read(tx => openAlarms(tx, tenant)))],
        'settle.list': async () => [],
      },
    },
  })
  await runtime.run(async () => {
    const seen = await overview()
    expect(seen).toMatchObject({
      standing,
      isWritable: true,
      calls: [],
      uneven: [],
      audit: undefined,
      dayEnds: [],
      alarms: [],
    })
    isFull = true
    await runtime.sleep(4_000)
    expect(await overview()).toMatchObject({ isWritable: false })
    expect(seen.callBacks).toEqual({ count: 0, since: undefined })
    expect(seen.callRecords).toEqual({ keepDays: 30, oldest: undefined })
    expect(seen.stock.map(({ amount }) => amount.minor)).toEqual([2_000n, 5_000n, 10_000n, 20_000n, 50_000n])
    // ¥500.00 was never delivered.
    expect(seen.stock.at(-1)).toMatchObject({ payee: world.payee.id, count: 0, isLow: true })
    const delivered = await store.read(tx => tx.all('SELECT number FROM stock WHERE minor = 5000'))
    // Three of ¥50.00 are sold.
    expect(seen.stock[1]?.count).toBe(delivered.length - 3)
    expect(seen.stock[0]?.isLow).toBe(false)

    const alarm = {
      peer: world.payee.id,
      kind: 'day-end-late',
      detail: 'of 2026-11-21, voucher 6210048275510394',
    } as const
    await store.execute(tx => raiseAlarm(tx, tenant, { ...alarm, at: now({ runtime }) }))
    noteAudit(folder, { at: 7, findings: 0 })
    expect((await overview()).alarms).toEqual([])
    await runtime.sleep(4_000)
    expect(await overview()).toMatchObject({
      alarms: [{ ...alarm, detail: 'of 2026-11-21, voucher •••' }],
      audit: { at: 7, findings: 0 },
    })

    // Somebody changed a balance by hand.
    await store.execute(tx => tx.run("UPDATE balance SET posted = posted + 1 WHERE account = 'vault'"))
    expect(await store.read(unevenBalances)).toMatchObject([{ asset: 'CNY' }])
    await runtime.sleep(61_000)
    expect((await overview()).uneven).toHaveLength(1)
  })
  await runtime.run(() => world.close())
})
