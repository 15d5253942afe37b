/** Letters of every size: cut into bundles that pass, refused when they are written, or replaced when they never can. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refused } from '../../../src/mail/inbox.ts'
import { encodeContent } from '../../../src/mail/letter.ts'
import { LetterTooLarge, letterLimit } from '../../../src/mail/outbox.ts'
import { alarmsOf, batch, inTown, type Office, order } from './offices.ts'

const names = (...numbers: number[]) => numbers.map(n => order(n).order)

const outcomes = async ({ store }: Office) =>
  (
    await store.read(tx => tx.all<{ outcome: string | null }>('SELECT outcome FROM clearing_outbox ORDER BY sequence'))
  ).map(({ outcome }) => outcome)

/** As a version wrote it that knew no limit. */
async function writeUnlimited({ id, store, mail }: Office, to: Office, sequence: number, size: number): Promise<void> {
  const place = { epoch: 1n, sequence: BigInt(sequence) }
  const body = batch(sequence, size)
  const content = encodeContent({ kind: 'letter', from: id, to: to.id, ...place, type: 'voucher-batch', body })
  await store.execute(async tx => {
    await tx.run(
      `INSERT INTO counterparty VALUES (?, ?, ?, 0, 0)
       ON CONFLICT DO UPDATE SET next_outgoing = excluded.next_outgoing`,
      ...[id, to.id, place.sequence + 1n],
    )
    await tx.run(
      'INSERT INTO clearing_outbox (tenant, peer, epoch, sequence, type, content) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, to.id, place.epoch, place.sequence, 'voucher-batch', content],
    )
  })
  mail.wake()
}

describe('bundles', () => {
  test('of letters of any size pass below the receiver’s limit, in their order', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 100_000, max: 250_000 })), {
      minLength: 1,
      maxLength: 70,
    })
    const passes = fc.asyncProperty(sizes, lengths =>
      inTown(async town => {
        const [bank, shop] = await town.pair()
        town.transport.mostBytes = 1 << 20
        town.forecast.push({ lost: 'there' })
        for (const [i, size] of lengths.entries()) await town.writeLarge(bank, shop, i + 1, size)
        await bank.mail.idle()
        expect(shop.taken).toEqual(lengths.map((_, i) => order(i + 1).order))
        const total = lengths.reduce((sum, size) => sum + size, 0)
        expect(town.transport.carried.length).toBeLessThanOrEqual(3 + Math.ceil(total / 300_000) + lengths.length / 32)
      }),
    )
    await fc.assert(passes, { numRuns: 10 })
  })

  test('become smaller for a peer that takes less', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.transport.mostBytes = 30_000
      town.forecast.push({ lost: 'there' })
      for (let n = 1; n <= 20; n++) await town.writeLarge(bank, shop, n, 20_000)
      await bank.mail.idle()
      expect(shop.taken).toEqual(names(...Array.from({ length: 20 }, (_, i) => i + 1)))
      expect(await alarmsOf(bank)).toEqual([])
    }))
})

describe('a letter', () => {
  test('over the limit is refused when it is written, and nothing of its command remains', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await expect(town.writeLarge(bank, shop, 1, letterLimit)).rejects.toThrow(LetterTooLarge)
      await town.writeLarge(bank, shop, 2, letterLimit - 1_000)
      await bank.mail.idle()
      expect(shop.taken).toEqual(names(2))
      expect(await alarmsOf(bank)).toEqual([])
    }))

  test('over the limit that was written before gives way to a void one, and those behind it pass', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      await writeUnlimited(bank, shop, 2, 2 * letterLimit)
      await town.write(bank, shop, 3)
      await bank.mail.idle()
      expect(shop.taken).toEqual(names(1, 3))
      expect(await outcomes(bank)).toEqual(['accepted', 'refused', 'accepted'])
      expect(await alarmsOf(bank)).toEqual(['undeliverable-letter', 'letter-refused'])
    }))

  test('that gave way to a void one and is played back accuses nobody', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await writeUnlimited(bank, shop, 1, 2 * letterLimit)
      const [recorded = new Uint8Array()] = await town.outbox(bank)
      await bank.mail.idle()
      const { answers } = await town.send(bank, shop, [recorded])
      expect(answers[0]?.content).toMatchObject({ kind: 'receipt', outcome: 'refused' })
      expect(await alarmsOf(shop)).toEqual([])
    }))

  test('that a peer refuses as too large whatever happens gives way, too', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.transport.mostBytes = 50_000
      await town.writeLarge(bank, shop, 1, 100_000)
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      expect(shop.taken).toEqual(names(2))
      expect(await outcomes(bank)).toEqual(['refused', 'accepted'])
      expect(await alarmsOf(bank)).toEqual(['undeliverable-letter', 'letter-refused'])
    }))

  test('whose receipt was lost before it gave way keeps the outcome that it had', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.verdict = refused('nothing was ordered')
      town.forecast.push({ lost: 'back' })
      await town.writeLarge(bank, shop, 1, 100_000)
      await town.runtime.sleep(1)
      // From now on it takes less than it once did.
      town.transport.mostBytes = 50_000
      await bank.mail.idle()
      expect(shop.taken).toEqual(names(1))
      const [row] = await bank.store.read(tx =>
        tx.all<{ outcome: string }>('SELECT outcome FROM clearing_outbox WHERE replaced IS NOT NULL'),
      )
      expect(row?.outcome).toBe('refused')
      const alarms = await bank.store.read(tx => tx.all<{ detail: string }>('SELECT detail FROM clearing_alarm'))
      expect(alarms.at(-1)?.detail).toContain('nothing was ordered')
    }))
})
