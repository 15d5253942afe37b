/** Two streams of letters to one peer: what is large waits for its own kind alone. */
import { describe, expect, test } from 'vitest'
import { beginNewEpoch } from '../../../src/mail/epochs.ts'
import { alarmsOf, inTown, type Office, order } from './offices.ts'

const placesOf = async ({ store }: Office) =>
  store.read(tx =>
    tx.all<{ epoch: bigint; sequence: bigint; type: string }>(
      'SELECT epoch, sequence, type FROM clearing_outbox ORDER BY epoch, sequence',
    ),
  )

describe('the bulk stream', () => {
  test('lets other letters pass while its own are under way', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.forecast.push({ lateMs: 4_000 })
      await town.writeBulk(bank, shop, 1)
      await town.runtime.sleep(100)
      await town.write(bank, shop, 1)
      await town.runtime.sleep(1_000)
      expect(shop.taken).toEqual([order(1).order])
      await bank.mail.idle()
      expect(shop.taken).toEqual([order(1).order, 'part 1'])
      expect(await alarmsOf(bank)).toEqual([])
    }))

  test('has numbers of its own, and its letters arrive in their order, each once', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.forecast.push({ lost: 'back' }, { repeated: true }, { lost: 'there' })
      for (const n of [1, 2, 3]) await town.writeBulk(bank, shop, n)
      await bank.mail.idle()
      for (const { bytes } of [...town.transport.carried]) await town.transport.again(shop.id, bytes)
      expect(shop.taken).toEqual(['part 1', 'part 2', 'part 3'])
      expect((await placesOf(bank)).map(({ sequence }) => sequence - (1n << 40n))).toEqual([1n, 2n, 3n])
      expect([await alarmsOf(bank), await alarmsOf(shop)]).toEqual([[], []])
    }))

  test('goes on in a new epoch once the first stream has announced it', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.writeBulk(bank, shop, 1)
      await bank.mail.idle()
      await bank.store.execute(tx => beginNewEpoch(tx, bank.id, { shown: 1n, starts: [] }))
      // The announcement is late, and the letter that depends on it is early.
      town.forecast.push({ lateMs: 3_000 })
      await town.writeBulk(bank, shop, 2)
      await bank.mail.idle()
      expect(shop.taken).toEqual(['part 1', 'part 2'])
      expect(await alarmsOf(shop)).toEqual(['peer-recovered'])
      expect(await alarmsOf(bank)).toEqual([])
    }))

  test('is sent again from where a peer that lost it asks for it', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await town.writeBulk(bank, shop, 1)
      await bank.mail.idle()
      // The shop's books as they were before the part came.
      await shop.store.execute(async tx => {
        await tx.run(`DELETE FROM clearing_inbox WHERE type = 'day-end-lines'`)
        await tx.run('UPDATE bulk_stream SET last_incoming = last_incoming - 1')
      })
      await shop.store.execute(tx => beginNewEpoch(tx, shop.id, { shown: 1n, starts: [] }))
      shop.mail.wake()
      await shop.mail.idle()
      await bank.mail.idle()
      // No stream waits for the other.
      expect(shop.taken.filter(each => each !== 'part 1')).toEqual([order(1).order])
      expect(shop.taken.filter(each => each === 'part 1')).toHaveLength(2)
    }))
})
