/** Replies answer one bundle: whoever recorded them cannot make anybody believe anything with them. */

import { describe, expect, test } from 'vitest'
import { resume, resumePeer } from '../../../src/mail/suspension.ts'
import type { Row } from '../../../src/store/store.ts'
import { approvedByTwo } from '../../support/approved.ts'
import { alarmsOf, inTown, type Office, order, type Town } from './offices.ts'

const orders = (...numbers: number[]) => numbers.map(n => order(n).order)

const isSuspended = async (office: Office) => {
  const row = await office.store.read(tx => tx.one<{ suspended: bigint }>('SELECT suspended FROM clearing_peer'))
  return row?.suspended === 1n
}

const waiting = (office: Office) =>
  office.store.read(tx => tx.all('SELECT sequence FROM clearing_outbox WHERE outcome IS NULL'))

/** The shop's memory of letters is gone; what comes back brings it back. */
async function forget({ store }: Office): Promise<() => Promise<void>> {
  const inbox = await store.read(tx => tx.all<Row>('SELECT * FROM clearing_inbox'))
  const last = await store.read(tx => tx.one<{ last: bigint }>('SELECT last_incoming AS last FROM counterparty'))
  await store.execute(async tx => {
    await tx.run('DELETE FROM clearing_inbox')
    await tx.run('UPDATE counterparty SET last_incoming = 0')
  })
  return () =>
    store.execute(async tx => {
      await tx.run('DELETE FROM clearing_inbox')
      for (const row of inbox) {
        const marks = Object.keys(row).map(() => '?')
        await tx.run(
          `INSERT INTO clearing_inbox (${Object.keys(row).join(', ')}) VALUES (${marks.join(', ')})`,
          ...Object.values(row),
        )
      }
      await tx.run('UPDATE counterparty SET last_incoming = ?', last?.last ?? 0n)
    })
}

/** The bank has sent two letters and is suspended, as the shop asks for the first again. */
async function lostReceipts(town: Town): Promise<{ bank: Office; shop: Office; remember: () => Promise<void> }> {
  const [bank, shop] = await town.pair()
  await town.write(bank, shop, 1)
  await bank.mail.idle()
  const remember = await forget(shop)
  await town.write(bank, shop, 2)
  await bank.mail.idle()
  expect(await isSuspended(bank)).toBe(true)
  return { bank, shop, remember }
}

describe('a reply that was recorded', () => {
  test('changes nothing when it is played back, whatever it says', () =>
    inTown(async town => {
      const { bank, shop, remember } = await lostReceipts(town)
      await remember()
      await town.runtime.sleep(180_000)
      const replies = town.transport.carried.flatMap(({ answer }) => answer ?? [])
      expect(replies.length).toBeGreaterThan(2)
      expect(await isSuspended(bank)).toBe(false)
      const alarms = await alarmsOf(bank)

      for (const answeredWith of replies) town.forecast.push({ answeredWith })
      await town.write(bank, shop, 4)
      while (town.forecast.length > 0) {
        expect(await isSuspended(bank)).toBe(false)
        expect(await waiting(bank)).toHaveLength(1)
        await town.runtime.sleep(1_000)
      }
      await bank.mail.idle()
      expect(await waiting(bank)).toHaveLength(0)
      expect(await alarmsOf(bank)).toEqual(alarms)
      expect(shop.taken.at(-1)).toBe(order(4).order)
    }))

  test('that called a letter not due suspends nobody once those before it have their receipts', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      // One letter to a delivery.
      town.transport.mostBytes = 30_000
      town.forecast.push({ lost: 'there' })
      await town.writeLarge(bank, shop, 2, 20_000)
      await town.writeLarge(bank, shop, 3, 20_000)
      const [, , third = new Uint8Array()] = await town.outbox(bank)
      const early = await town.send(bank, shop, [third])
      expect(early.answers[0]?.content).toMatchObject({ kind: 'not-due', due: 2n })
      // Both are too large together; then the second alone, and the third.
      town.forecast.push({}, {}, { answeredWith: early.answer })
      await bank.mail.idle()
      expect(town.forecast).toEqual([])
      expect(await isSuspended(bank)).toBe(false)
      expect(await alarmsOf(bank)).toEqual([])
      expect(shop.taken).toEqual(orders(1, 2, 3))
    }))

  test('is no answer to a question', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const question = { batch: order(1).order, serial: 1n }
      expect(await shop.mail.ask(bank.id, 'is-sold', question, 1_000)).toEqual({ sold: false })
      const answeredWith = town.transport.carried.at(-1)?.answer ?? new Uint8Array()
      town.forecast.push({ answeredWith })
      await expect(shop.mail.ask(bank.id, 'is-sold', question, 1_000)).rejects.toThrow('did not answer')
    }))
})

describe('a suspended peer', () => {
  test('that was resumed is sent to as soon as anybody looks, not at the next probe', () =>
    inTown(async town => {
      const { bank, shop, remember } = await lostReceipts(town)
      await remember()
      // As its announcement of a new epoch does, which wakes the mail.
      await bank.store.execute(tx => resume(tx, bank.id, shop.id))
      bank.mail.wake()
      const beganMs = town.runtime.monotonicMs()
      await bank.mail.idle()
      expect(await waiting(bank)).toEqual([])
      expect(town.runtime.monotonicMs() - beganMs).toBeLessThan(10_000)
    }))

  test('is sent its next letter now and then, is complained of once, and resumes when it has the others', () =>
    inTown(async town => {
      const { bank, shop, remember } = await lostReceipts(town)
      await town.runtime.sleep(600_000)
      expect(await isSuspended(bank)).toBe(true)
      expect(await alarmsOf(bank)).toEqual(['peer-lost-receipts'])
      const sent = town.transport.carried.length
      expect(sent).toBeLessThan(20)
      await remember()
      await town.write(bank, shop, 3)
      await town.runtime.sleep(120_000)
      expect(await isSuspended(bank)).toBe(false)
      expect(await waiting(bank)).toEqual([])
      expect(shop.taken).toEqual(orders(1, 2, 3))
    }))

  test('resumes by two people', () =>
    inTown(async town => {
      const { bank, shop } = await lostReceipts(town)
      const by = await approvedByTwo()
      const resumed = () => bank.store.execute(tx => resumePeer(tx, bank.id, shop.id, by))
      expect(await isSuspended(bank)).toBe(true)
      // They made sure that the shop needs nothing of letter 1, and it counts it as taken.
      await shop.store.execute(tx => tx.run('UPDATE counterparty SET last_incoming = 1'))
      expect(await resumed()).toEqual({ outcome: 'resumed' })
      expect(await resumed()).toEqual({ outcome: 'not-suspended' })
      await bank.mail.meetPeers()
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1, 2))
    }))
})
