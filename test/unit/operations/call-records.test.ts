/** Records of calls: a customer's are found, nobody's digits are in them, and each date is erased when its time is over. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { signInquiry } from '../../../src/bank/call-inquiries.ts'
import { yuan } from '../../../src/money.ts'
import { CallRecords } from '../../../src/operations/call-records.ts'
import { callHandlers } from '../../../src/operations/handlers.ts'
import { LogFile } from '../../../src/operations/log-file.ts'
import { recordedBank } from '../../../src/operations/recorded-bank.ts'
import { type Call, CallOver } from '../../../src/phone/call.ts'
import { CallGone } from '../../../src/phone/line.ts'
import type { CallScript } from '../../../src/phone/serve-call.ts'
import { now } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

const dayMs = 86_400_000
let folder: string
let runtime: VirtualRuntime
const troubles: unknown[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-calls-'))
  runtime = new VirtualRuntime({ seed: 681 })
  troubles.length = 0
})
afterEach(() => rmSync(folder, { recursive: true }))

const recordsFor = (keepDays: number) =>
  new CallRecords({
    ...{ runtime, folder, timeZone: 'Asia/Shanghai', keepDays, key: new Secret('a key') },
    troubled: error => void troubles.push(error),
  })

const callOf = (id: string) => ({ id }) as Call
const files = () => readdirSync(join(folder, 'calls')).toSorted()
const written = () =>
  files()
    .map(name => readFileSync(join(folder, 'calls', name), 'utf8'))
    .join('')
/** Once everything lies on the disk, there are so many. */
const kept = async (lines: number) => {
  await runtime.sleep(1)
  expect(existsSync(join(folder, 'calls')) ? written().split('\n').length - 1 : 0).toBe(lines)
}

test('a customer’s calls have when, line, how long, and what was asked for; not one digit that was keyed', () =>
  runtime.run(async () => {
    const world = await openWorld({ runtime })
    const { bank, customers, harbour, staff } = world
    const { ada, bo } = customers
    const records = recordsFor(90)
    const script = records.recording('bank', async (call, record) => {
      const own = recordedBank(bank, record)
      if (call.id === 'wrong') {
        await own.signIn({ account: bo.account, pin: new Secret('000000'), origin: aPhone })
        throw new CallOver()
      }
      const { account, pin } = call.id === 'of bo' ? bo : ada
      await own.signIn({ account, pin: new Secret(pin), origin: aPhone })
      await runtime.sleep(61_000)
      const from = { origin: aPhone, channel: 'telephone' } as const
      await own.transfer({
        ...from,
        intent: intentId(call.id),
        from: account,
        to: customers.cai.account,
        amount: yuan(13n),
      })
      throw new CallGone()
    })
    for (const id of ['one', 'of bo', 'wrong']) await script(callOf(id)).catch(() => {})
    await kept(3)
    const [call, ...others] = await runtime.work(records.of(ada.account))
    expect(others).toEqual([])
    expect(call).toMatchObject({ call: 'one', line: 'bank', seconds: 61, how: 'caller-left' })
    expect(call?.did.map(({ what, outcome }) => [what, outcome])).toEqual([
      ['signIn', 'signed-in'],
      ['transfer', 'transferred'],
    ])
    const text = written()
    for (const digits of [ada.account, ada.pin, bo.account, customers.cai.account, '000000', '1300'])
      expect(text, digits).not.toContain(digits)
    expect(await runtime.work(records.of(bo.account)), 'a wrong PIN is nobody’s call').toHaveLength(1)

    const handlers = callHandlers(harbour, records)
    const asker = { tell: () => {}, listen: () => {} }
    const inquiry = signInquiry(
      staff.maker,
      institutionId('harbour'),
      { account: ada.account, why: 'she asked' },
      now({ runtime }),
    )
    const ask = (asked: typeof inquiry) => runtime.work(Promise.resolve(handlers['customers.calls']?.(asked, asker)))
    expect(await ask(inquiry)).toMatchObject({ outcome: 'shown', keepDays: 90, calls: [{ call: 'one' }] })
    expect(await ask({ ...inquiry, account: bo.account })).toEqual({ outcome: 'bad-signature' })
    expect(await ask({ ...inquiry, why: 'he asked' })).toEqual({ outcome: 'bad-signature' })
    const noted = readFileSync(join(folder, 'call-inquiries.ndjson'), 'utf8').trim().split('\n')
    expect(noted).toHaveLength(1)
    expect(JSON.parse(noted[0] ?? '')).toMatchObject({ why: 'she asked', signer: staff.maker.keyId })
    expect(noted.join()).not.toContain(ada.account)
    await runtime.sleep(200 * dayMs)
    await runtime.work(records.erase())
    expect(existsSync(join(folder, 'call-inquiries.ndjson')), 'who asked is not erased').toBe(true)
    expect(await runtime.work(records.of(ada.account))).toEqual([])
    await world.close()
  }))

test('a request that outlives its caller is recorded with its outcome', () =>
  runtime.run(async () => {
    const records = recordsFor(90)
    const script: CallScript = records.recording('bank', async (_, record) => {
      const late = runtime.sleep(5_000).then(() => record.did('sellVoucher', 'sold'))
      record.waitsFor(late)
      record.signedIn('622800000017' as Parameters<typeof record.signedIn>[0])
      throw new CallGone()
    })
    await script(callOf('gone')).catch(() => {})
    await runtime.sleep(6_000)
    await kept(1)
    expect(written()).toContain('"outcome":"sold"')
  }))

test('each date goes once its time is over, and no date sooner', () =>
  runtime.run(async () => {
    const records = recordsFor(3)
    const script = records.recording('bank', async () => {})
    const over = new AbortController()
    const erasing = records.keepErasing(over.signal)
    for (let day = 1; day <= 6; day++) {
      await script(callOf(`${day}`))
      await kept(Math.min(day, 4))
      expect(files()).toHaveLength(Math.min(day, 4))
      await runtime.sleep(dayMs)
      await kept(Math.min(day, 3))
    }
    expect(await runtime.work(records.oldest())).toBe(files()[0]?.slice(0, 10))
    writeFileSync(join(folder, 'calls', 'somebody’s note.txt'), 'stays')
    await runtime.sleep(10 * dayMs)
    await runtime.work(new Promise(resolve => setImmediate(resolve)))
    expect(files()).toEqual(['somebody’s note.txt'])
    over.abort()
    await erasing
    expect(troubles).toEqual([])
  }))

test('lines of a log that are too old are erased, in files that were rotated too, and it is written on', () => {
  const line = (day: number, text: string) => `{"level":30,"time":"2026-11-${day}T10:00:00.000Z","step":"${text}"}\n`
  const log = new LogFile({ folder, lostLine: () => '', mostBytes: 200 })
  for (const day of [10, 11, 12, 13, 14, 15, 16]) log.write(line(day, `of ${day}`))
  const all = () =>
    readdirSync(folder)
      .map(name => readFileSync(join(folder, name), 'utf8'))
      .join('')
  expect(all()).toContain('of 10')
  log.forgetBefore(Date.parse('2026-11-14T00:00:00Z'))
  for (const day of [10, 11, 12, 13]) expect(all()).not.toContain(`of ${day}"`)
  for (const day of [14, 15, 16]) expect(all()).toContain(`of ${day}"`)
  log.write(line(17, 'of 17'))
  expect(all()).toContain('of 17')
  log.forgetBefore(Date.parse('2027-01-01T00:00:00Z'))
  expect(all()).toBe('')
  log.close()
})
