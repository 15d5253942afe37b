/** Callers who want to be called back: each telephone once, its number outside the books, and gone once somebody has signed that it is done. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type CallBacks,
  callBackMigrations,
  callBacksOf,
  type OpenCallBack,
  signDone,
} from '../../../src/institution/call-backs.ts'
import { callBackIdentity } from '../../../src/institution/call-backs-audit.ts'
import { careConfig, isOpen } from '../../../src/institution/care.ts'
import { addFirstPeople, peopleMigrations } from '../../../src/keys/people.ts'
import { drawSigner, type Signer } from '../../../src/keys/person-key.ts'
import { openRecordKeys, type RecordKeys } from '../../../src/keys/record-keys.ts'
import type { Origin } from '../../../src/origin.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { openStore, readSnapshot } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const tenant = institutionId('harbour')
const [ann, ben, stranger] = ['Ann Lee', 'Ben Ode', 'Cy Fox'].map(
  name => drawSigner(systemRuntime, name).signer,
) as unknown as readonly [Signer, Signer, Signer]
let store: Store
let recordKeys: RecordKeys
let callBacks: CallBacks

beforeEach(async () => {
  const migrations = [...peopleMigrations, ...callBackMigrations]
  store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  recordKeys = openRecordKeys(systemRuntime, { memory: true })
  callBacks = callBacksOf({ store, recordKeys, runtime: systemRuntime, tenant })
  await store.execute(async tx => {
    await establish(tx, tenant)
    await addFirstPeople(tx, tenant, [ann, ben], 1)
  })
})
afterEach(async () => {
  await store.close()
  await recordKeys.close()
})

/** Each telephone asks for itself, unless told otherwise. */
const ask = (telephone: string, origin: Origin = { channel: 'telephone', number: telephone, attested: true }) =>
  callBacks.ask({ telephone, language: 'en', origin })

test('a telephone is called back once, however often it asks, and again when it asks after that', async () => {
  expect(await ask('+865557301')).toEqual({ outcome: 'noted' })
  await ask('2001')
  await ask('2001')
  const [one, two, ...more] = (await callBacks.open()) as [OpenCallBack, OpenCallBack]
  expect([one, two].map(({ number, telephone }) => [number, telephone])).toEqual([
    [1n, '+865557301'],
    [2n, '2001'],
  ])
  expect(more).toEqual([])
  expect(await callBacks.done(ann.keyId, [signDone(ann, tenant, two, 6)])).toEqual({ outcome: 'done', count: 1 })
  await ask('2001')
  expect((await callBacks.open()).map(({ number }) => number)).toEqual([1n, 3n])
})

test('the number stands nowhere in the books, and its key is gone once it is done', async () => {
  await ask('5557301')
  const [one] = (await callBacks.open()) as [OpenCallBack]
  expect(Buffer.from(await store.snapshot()).includes('5557301')).toBe(false)
  expect(await recordKeys.all()).toHaveLength(1)
  await callBacks.done(ben.keyId, [signDone(ben, tenant, one, 6)])
  expect([await recordKeys.all(), await callBacks.open()]).toEqual([[], []])
})

test('nobody signs with the key of another, for another request, or for another institution', async () => {
  await ask('2001')
  await ask('2002')
  const [one, two] = (await callBacks.open()) as [OpenCallBack, OpenCallBack]
  const other = institutionId('lantern')
  expect(await callBacks.done(stranger.keyId, [signDone(stranger, tenant, one, 6)])).toEqual({
    outcome: 'unknown-person',
  })
  for (const signed of [
    signDone(ben, tenant, one, 6),
    { ...signDone(ann, tenant, two, 6), number: one.number },
    { ...signDone(ann, tenant, one, 6), at: 7 },
    signDone(ann, other, one, 6),
  ])
    expect(await callBacks.done(ann.keyId, [signed])).toEqual({ outcome: 'bad-signature' })
  expect(await callBacks.open()).toHaveLength(2)
})

test('an audit finds what nobody signed', async () => {
  await ask('2001')
  const [one] = (await callBacks.open()) as [OpenCallBack]
  await callBacks.done(ann.keyId, [signDone(ann, tenant, one, 6)])
  const found = async (sql = 'SELECT 1') => {
    const database = openMemory(await store.snapshot())
    database.exec(sql)
    return (await readSnapshot({ snapshot: serialize(database) }, callBackIdentity)).map(({ what }) => what)
  }
  expect(await found()).toEqual([])
  for (const sql of [
    'UPDATE call_back_done SET at = 7',
    "UPDATE call_back SET language = 'zh'",
    'UPDATE call_back_done SET signer = (SELECT key_id FROM person WHERE key_id <> signer)',
  ])
    expect(await found(sql)).toEqual(['nobody signed that it is done'])
})

test('one caller fills no list: three new requests a day, of their own telephone or others; who shows no number, or one that nobody vouches for, leaves room for the rest', async () => {
  const runtime = new VirtualRuntime()
  const limited = callBacksOf({ store, recordKeys, runtime, tenant })
  const outcome = async (telephone: string, origin: Omit<Origin & { channel: 'telephone' }, 'channel'>) =>
    (await limited.ask({ telephone, language: 'en', origin: { channel: 'telephone', ...origin } })).outcome
  const desk = { number: 'desk1', attested: true } as const
  for (const telephone of ['2001', '2002', '2003']) expect(await outcome(telephone, desk)).toBe('noted')
  expect(await outcome('2004', desk)).toBe('too-many')
  // Asked again, it is the same.
  expect(await outcome('2003', desk)).toBe('noted')
  expect(await outcome('2004', { number: 'desk2', attested: true })).toBe('noted')
  await runtime.run(() => runtime.sleep(8 * 3_600_000))
  expect(await outcome('2005', desk)).toBe('noted')
  expect(await outcome('2006', desk)).toBe('too-many')
  const ask = async (count: number, origin: (i: number) => { number?: string }) => {
    let noted = 0
    for (let i = 0; i < count; i++) if ((await outcome(`${++telephones}`, origin(i))) === 'noted') noted++
    return noted
  }
  let telephones = 3_000
  expect(await ask(22, () => ({}))).toBe(20)
  expect(await ask(82, i => ({ number: `forged-${i}` }))).toBe(75)
  expect(await outcome('2007', { number: 'desk3', attested: true })).toBe('noted')
  expect(await limited.waiting()).toEqual({ count: 101, since: (await limited.open())[0]?.askedAt })
})

test('callers whom nobody vouches for fill half of the list and no more: not on the next day either, and not all at once', async () => {
  const runtime = new VirtualRuntime()
  const limited = callBacksOf({ store, recordKeys, runtime, tenant })
  let telephones = 3_000
  const outcome = async (number: string | undefined, attested?: true) => {
    const origin = { channel: 'telephone', number, ...(attested && { attested }) } as const
    return (await limited.ask({ telephone: `${++telephones}`, language: 'en', origin })).outcome
  }
  for (let i = 0; i < 60; i++) expect(await outcome(`desk${i}`, true)).toBe('noted')
  for (let i = 0; i < 35; i++) expect(await outcome(`forged-${i}`)).toBe('noted')
  const burst = await Promise.all(Array.from({ length: 20 }, (_, i) => outcome(`burst-${i}`)))
  expect([burst.filter(each => each === 'noted').length, burst.filter(each => each === 'full').length]).toEqual([5, 15])
  for (let day = 0; day < 2; day++) {
    await runtime.run(() => runtime.sleep(24 * 3_600_000))
    expect([await outcome(`day-${day}`), await outcome(undefined)]).toEqual(['full', 'full'])
    expect(await outcome(`desk-${day}`, true)).toBe('noted')
  }
  expect((await limited.waiting()).count).toBe(102)
  expect(await recordKeys.all()).toHaveLength(102)
  // One of the first half is done: no place for them yet, as others have come meanwhile.
  const [first] = (await limited.open()) as [OpenCallBack]
  await limited.done(ann.keyId, [signDone(ann, tenant, first, 6)])
  expect(await outcome('later')).toBe('full')
})

test('who shows the number of somebody who is vouched for takes none of their requests', async () => {
  for (const telephone of ['2001', '2002', '2003', '2004'])
    await ask(telephone, { channel: 'telephone', number: 'desk1' })
  expect(await ask('2004', { channel: 'telephone', number: 'desk1' })).toEqual({ outcome: 'too-many' })
  expect(await ask('2004', { channel: 'telephone', number: 'desk1', attested: true })).toEqual({ outcome: 'noted' })
})

test('what is no telephone number is noted nowhere, and no more than 200 wait', async () => {
  for (const wrong of ['12', '5'.repeat(16), '12*34', 'phone1', ' 2001']) await expect(ask(wrong)).rejects.toThrow()
  for (let i = 0; i < 200; i++) expect(await ask(`${1_000 + i}`)).toEqual({ outcome: 'noted' })
  expect(await ask('9999')).toEqual({ outcome: 'full' })
  expect(await ask('1000')).toEqual({ outcome: 'noted' })
})

test('clerks are there by the clocks of the institution’s own zone', () => {
  const hours = { mon: ['09:00-12:00', '13:00-24:00'], sun: [] }
  const care = careConfig.parse({ hours, clerks: [] })
  // 2026-11-23 was a Monday; Shanghai is 8 hours ahead.
  const at = (text: string) => isOpen(care, 'Asia/Shanghai', { wallNow: () => Date.parse(`2026-11-23T${text}+08:00`) })
  const times = ['08:59:59', '09:00:00', '11:59:59', '12:00:00', '13:00:00', '23:59:59']
  expect(times.map(at)).toEqual([false, true, true, false, true, true])
  expect(isOpen(care, 'Asia/Shanghai', { wallNow: () => Date.parse('2026-11-24T09:30:00+08:00') })).toBe(false)
  expect(isOpen(care, 'UTC', { wallNow: () => Date.parse('2026-11-23T09:30:00+08:00') })).toBe(false)
})

test('what a process that died has left is forgotten: the key of a number that is done, and of one that was never noted', async () => {
  await ask('5557301')
  await ask('2001')
  const [one] = (await callBacks.open()) as [OpenCallBack]
  // It died after the books said so, and before the key was destroyed.
  const destroy = recordKeys.destroy.bind(recordKeys)
  recordKeys.destroy = () => Promise.reject(new Error('the process died'))
  await expect(callBacks.done(ann.keyId, [signDone(ann, tenant, one, 6)])).rejects.toThrow('died')
  recordKeys.destroy = destroy
  await recordKeys.seal([{ record: 'call-back-never-noted', context: 'x', plain: new Uint8Array([1]) }])
  await recordKeys.seal([{ record: 'password of something else', context: 'x', plain: new Uint8Array([1]) }])
  expect(await recordKeys.all()).toHaveLength(4)

  await callBacks.forget()
  expect((await callBacks.open()).map(({ telephone }) => telephone)).toEqual(['2001'])
  expect((await recordKeys.all()).filter(name => name.startsWith('call-back-'))).toHaveLength(1)
  expect(await recordKeys.all()).toHaveLength(2)
})

test('many who ask at the same moment are no more than any that may wait', async () => {
  for (let n = 0; n < 195; n++) await ask(`555${1000 + n}`)
  const asked = await Promise.all(Array.from({ length: 20 }, (_, n) => ask(`777${1000 + n}`)))
  expect(asked.filter(({ outcome }) => outcome === 'noted')).toHaveLength(5)
  expect(await callBacks.open()).toHaveLength(200)
  expect(await recordKeys.all()).toHaveLength(200)
})

test('who asks while keys are forgotten keeps theirs', async () => {
  const all = recordKeys.all.bind(recordKeys)
  recordKeys.all = async prefix => {
    await ask('5557301')
    return all(prefix)
  }
  await callBacks.forget()
  expect((await callBacks.open()).map(({ telephone }) => telephone)).toEqual(['5557301'])
})
