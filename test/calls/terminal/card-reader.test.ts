/**
 * The card in a real reader, as far as software goes: a card of ours in a virtual one, under the machine's own card service. A program of
 * others' (opensc-tool) and our terminal talk to it, and it is taken out at the worst moments.
 */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { toHex } from '../../../src/bytes.ts'
import { CardRemoved, type SecureElement } from '../../../src/card/apdu/secure-element.ts'
import { CardSession } from '../../../src/card/card-session.ts'
import { decodeMemory } from '../../../src/card/soft/memory.ts'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { personalise } from '../../../src/operations/card-file.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { CardInReader } from '../../../src/terminal/reader/card-in-reader.ts'
import { chooseReader, listReaders } from '../../../src/terminal/reader/readers.ts'
import { answerToReset } from '../../../src/terminal/reader/virtual-card.ts'
import { heard } from '../../simulation/conversations/callers.ts'
import { balanceOf, paying, townWithCard } from '../../simulation/conversations/card-payer.ts'
import type { HeldCard } from '../../support/cards.ts'
import { CardService, type Inserted } from '../harness/card-service.ts'

let service: CardService
let all: Awaited<ReturnType<typeof townWithCard>>

beforeAll(async () => {
  service = await CardService.start()
  process.env['PCSCLITE_CSOCK_NAME'] = service.socket
  all = await townWithCard()
})
afterEach(() => service.empty())
afterAll(async () => {
  delete process.env['PCSCLITE_CSOCK_NAME']
  await service?.stop()
})

const random = (length: number) => systemRuntime.random(length)
const soft = ({ store }: Pick<HeldCard, 'store'>) => SoftCard.insert(store, random)
const memoryOf = async ({ store }: HeldCard) => decodeMemory((await store.load()) ?? new Uint8Array())

function inReader(waitMs = 10_000, onWaiting = () => {}): CardInReader {
  return new CardInReader({ reader: service.names[0], waitMs, onWaiting, runtime: systemRuntime })
}

/** What opensc-tool says that a card answered to each command: its status word, in hexadecimal. */
async function statuses(...apdus: readonly string[]): Promise<string[]> {
  const said = await service.run(
    ...(['opensc-tool', '--reader', '0', '--card-driver', 'default'] as const),
    ...apdus.flatMap(apdu => ['--send-apdu', apdu]),
  )
  return [...said.matchAll(/SW1=0x(..), SW2=0x(..)/g)].map(([, sw1, sw2]) => `${sw1}${sw2}`)
}

test('a program of others’ reads its answer to reset, selects it, reads who it is and tries its PIN', async () => {
  service.insert(await soft(all.card))
  await service.full()
  const atr = await service.run('opensc-tool', '--reader', '0', '--atr')
  expect(atr.replaceAll(':', '')).toContain(toHex(answerToReset))

  const select = '00A4040009F0544F4E4542414E4B00'
  const pin = all.card.pin.reveal()
  const block = (digits: string) => `2${digits.length}${digits}`.padEnd(16, 'F')
  const verify = (digits: string) => `0020008008${block(digits)}`
  expect(
    await statuses(
      '00CA9F1700',
      ...[select, '00CA9F1700', '00CA9F3600', '00CA010000', '00CA7F4900', '00CA010100'],
      ...['00200080', verify('1234'), verify('000000'), verify(pin), '00200080'],
      ...['002A9E9A', '00FF000000', '0100000000'],
    ),
  ).toEqual([
    '6985',
    ...['9000', '9000', '9000', '9000', '9000', '6A88'],
    ...['63C3', '6A80', '63C2', '9000', '9000'],
    ...['6700', '6D00', '6881'],
  ])
  // Read by us, in a session that nobody else gets into; the PIN that the other program verified is forgotten.
  const card = inReader()
  const opened = await CardSession.open(card)
  expect(opened).toMatchObject({ outcome: 'ready', session: { identity: { number: all.card.number } } })
  await expect(statuses(select)).rejects.toThrow(/./)
  await card.end()
  expect(await statuses(select, '00200080')).toEqual(['9000', '63C3'])
})

test('readers are listed and told apart, a card is waited for, and each reason for none has its name', async () => {
  const [first, second] = service.names
  const nobodys = await SoftCard.insert({ load: async () => undefined, save: async () => {} }, random)
  expect(chooseReader(await listReaders(systemRuntime), 'no such')).toEqual({ outcome: 'unknown' })
  const inserted: Inserted[] = []
  const card = inReader(10_000, () => inserted.push(service.insert(nobodys)))
  expect(await CardSession.open(card)).toEqual({ outcome: 'not-ours' })
  expect(chooseReader(await listReaders(systemRuntime))).toEqual({
    outcome: 'chosen',
    reader: { name: first, hasCard: true },
  })
  expect(chooseReader(await listReaders(systemRuntime), '00 01')).toMatchObject({ reader: { name: second } })

  await card.begin()
  await expect(inReader().begin()).rejects.toMatchObject({ absence: 'in-use' })
  inserted[0]?.takeOut()
  await expect(card.transmit(Uint8Array.of(0, 0xa4, 4, 0))).rejects.toMatchObject({ absence: 'taken-out' })
  await expect(card.transmit(Uint8Array.of(0, 0xa4, 4, 0))).rejects.toBeInstanceOf(CardRemoved)
  await card.end()
})

test('a card is written in a reader, and is nobody else’s afterwards', async () => {
  const { town } = all
  const drawn = await town.runtime.run(() =>
    town.world.harbour.cards.draw({ account: town.world.customers.bo.account }),
  )
  if (drawn.outcome !== 'drawn') throw new Error(drawn.outcome)
  const blank = await SoftCard.insert({ load: async () => undefined, save: async () => {} }, random)
  service.insert(blank)
  await service.full()
  const key = await personalise(inReader(), drawn.card, 'P-256')
  const opened = await CardSession.open(blank)
  expect(opened).toMatchObject({ outcome: 'ready', session: { identity: { number: drawn.card.number, key } } })
  await expect(personalise(inReader(), drawn.card, 'P-256')).rejects.toThrow('somebody’s already')
})

test('taken out before it signs, and again before its signature is read, it has paid nothing; put in again it pays once', async () => {
  const { town, card } = all
  const before = await balanceOf(town, 'cai')
  const element = inReader()
  const isSigning = (apdu: Uint8Array) => apdu[1] === 0x2a && apdu[2] === 0x9e && (apdu[0] ?? 0) === 0

  /** Taken out when the last part of COMPUTE DIGITAL SIGNATURE comes: before it was done, or after. */
  const insertUntil = async (isDone: boolean) => {
    const real = await soft(card)
    let inserted: Inserted
    const leaving: SecureElement = {
      begin: () => real.begin(),
      end: () => real.end(),
      transmit: async apdu => {
        if (!isSigning(apdu)) return real.transmit(apdu)
        if (isDone) await real.transmit(apdu)
        inserted.takeOut()
        return new Uint8Array()
      },
    }
    inserted = service.insert(leaving)
  }

  for (const [isDone, counter] of [
    [false, 0],
    [true, 1],
  ] as const) {
    await service.empty()
    await insertUntil(isDone)
    const { call, ended, unsettled } = await paying(all, { element })
    expect(ended).toEqual({ outcome: 'declined', why: 'no-card', absence: 'taken-out' })
    expect(heard(call, 'card.declined.no-card')).toHaveLength(1)
    expect(unsettled.current).toBeUndefined()
    expect(await memoryOf(card)).toMatchObject({ counter, pinTries: 3 })
    expect(await balanceOf(town, 'cai')).toBe(before)
  }

  await service.empty()
  service.insert(await soft(card))
  const { ended } = await paying(all, { element })
  expect(ended).toMatchObject({ outcome: 'result', result: { outcome: 'paid' } })
  expect(await memoryOf(card)).toMatchObject({ counter: 2 })
  expect(await balanceOf(town, 'cai')).toBe(before - 80_000n)
  expect(await town.world.audited()).toEqual([])
})
