/** Alarms stay open until somebody signs, once for each, that they have looked into it as it stands. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { raiseAlarm } from '../../../src/alarm.ts'
import {
  type Acknowledgement,
  acknowledge,
  acknowledgeAlarms,
  alarmBookMigrations,
  type OpenAlarm,
  openAlarms,
} from '../../../src/institution/alarm-book.ts'
import { decisionIdentities } from '../../../src/institution/people-audit.ts'
import { addFirstPeople, peopleMigrations } from '../../../src/keys/people.ts'
import { drawSigner, type Signer } from '../../../src/keys/person-key.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { openMemory, serialize } from '../../../src/store/connection.ts'
import { openStore, readSnapshot } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { institutionId } from '../../support/ids.ts'

const [harbour, lantern] = [institutionId('harbour'), institutionId('lantern')]
const [ann, ben, stranger] = ['Ann Lee', 'Ben Ode', 'Cy Fox'].map(
  name => drawSigner(systemRuntime, name).signer,
) as unknown as readonly [Signer, Signer, Signer]
let store: Store

beforeEach(async () => {
  const migrations = [...clearingMigrations, ...peopleMigrations, ...alarmBookMigrations]
  store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations })
  await store.execute(async tx => {
    await establish(tx, harbour)
    await addFirstPeople(tx, harbour, [ann, ben], 1)
    for (const detail of ['one', 'two']) {
      await raiseAlarm(tx, harbour, { peer: lantern, kind: 'other-content', detail, at: 5 })
    }
  })
})
afterEach(() => store.close())

const open = () => store.read(tx => openAlarms(tx, harbour))
const note = (signer: Signer, ...acknowledgements: readonly Acknowledgement[]) =>
  store.execute(tx => acknowledgeAlarms(tx, harbour, signer.keyId, acknowledgements))
const findings = async (sql?: string) => {
  let snapshot = await store.snapshot()
  if (sql !== undefined) {
    const database = openMemory(snapshot)
    database.exec(sql)
    snapshot = serialize(database)
  }
  const found = await Promise.all(decisionIdentities.map(check => readSnapshot({ snapshot }, check)))
  return found.flat().map(({ where, what }) => `${where}: ${what}`)
}

test('an alarm is open until one person of the institution has signed for it', async () => {
  const [one] = (await open()) as [OpenAlarm]
  const signed = acknowledge(ann, harbour, one, 6)
  expect(await note(ann, signed, { ...signed, number: 99n })).toEqual({ outcome: 'acknowledged', count: 1 })
  expect(await note(ann, signed)).toEqual({ outcome: 'acknowledged', count: 0 })
  expect((await open()).map(({ detail }) => detail)).toEqual(['two'])
  expect(await findings()).toEqual([])
})

test('nobody signs with the key of another, for another alarm, or for another institution', async () => {
  const [one, two] = (await open()) as [OpenAlarm, OpenAlarm]
  expect(await note(stranger, acknowledge(stranger, harbour, one, 6))).toEqual({ outcome: 'unknown-person' })
  for (const signed of [
    acknowledge(stranger, harbour, one, 6),
    acknowledge(ben, harbour, one, 6),
    { ...acknowledge(ann, harbour, two, 6), number: one.number },
    { ...acknowledge(ann, harbour, one, 6), at: 7 },
    acknowledge(ann, lantern, one, 6),
    acknowledge(ann, harbour, { ...one, detail: 'something harmless' }, 6),
  ]) {
    expect(await note(ann, acknowledge(ann, harbour, two, 6), signed)).toEqual({ outcome: 'bad-signature' })
  }
  expect(await open()).toHaveLength(2)
})

test('the audit finds an acknowledgement that nobody signed so', async () => {
  const [one] = (await open()) as [OpenAlarm]
  await note(ann, acknowledge(ann, harbour, one, 6))
  const not = (name: string) => [`alarm ${one.number}: ${name} did not sign that they looked into it`]
  expect(await findings(`UPDATE alarm_acknowledged SET signer = '${ben.keyId}'`)).toEqual(not('Ben Ode'))
  expect(await findings('UPDATE alarm_acknowledged SET at = 7')).toEqual(not('Ann Lee'))
  expect(await findings("UPDATE clearing_alarm SET detail = 'harmless' WHERE number = 1")).toEqual(not('Ann Lee'))
})
