/** Letters, questions and signed heads between two institutions, in every weather. */

import { describe, expect, test } from 'vitest'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { heldHeads, keepHeads } from '../../../src/mail/held-heads.ts'
import { accepted, refused } from '../../../src/mail/inbox.ts'
import type { ContentOf } from '../../../src/mail/letter.ts'
import { institutionId } from '../../support/ids.ts'
import { alarmsOf, type Delivery, inTown, order } from './offices.ts'

const orders = (...numbers: number[]) => numbers.map(n => order(n).order)

describe('letters', () => {
  test.each([
    ['lost on their way', [{ lost: 'there' }, { lost: 'there' }]],
    ['whose receipts are lost', [{ lost: 'back' }, { lost: 'back' }]],
    ['repeated', [{ repeated: true }, { repeated: true }]],
    ['late', [{ lateMs: 9_000 }, { lateMs: 9_000 }]],
  ] satisfies [string, Delivery[]][])('%s are taken once each, in their order', (_how, weather) =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.forecast.push(...weather)
      await town.write(bank, shop, 1)
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      await town.write(bank, shop, 3)
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1, 2, 3))
      expect(await alarmsOf(bank)).toEqual([])
      expect(await alarmsOf(shop)).toEqual([])
    }),
  )

  test('that come again change nothing and get the same receipt', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      const letters = await town.outbox(bank)
      const receipt = async () => (await town.send(bank, shop, letters)).answers[0]
      const receipts = [await receipt(), await receipt()]
      town.head = { ...town.head, seq: 2n }
      receipts.push(await receipt())
      expect(receipts[0]?.content.kind).toBe('receipt')
      expect(receipts[1]).toEqual(receipts[0])
      expect(receipts[2]).toEqual(receipts[0])
      expect(shop.taken).toEqual(orders(1))
    }))

  test('that come twice at the same moment are one letter', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.forecast.push({ lost: 'there' })
      await town.write(bank, shop, 1)
      await town.runtime.sleep(1)
      const letters = await town.outbox(bank)
      const [one, two] = await Promise.all([town.send(bank, shop, letters), town.send(bank, shop, letters)])
      expect(one.answers).toEqual(two.answers)
      expect(shop.taken).toEqual(orders(1))
      expect(await alarmsOf(shop)).toEqual([])
    }))

  test('of another content under a known number raise an alarm on both sides, and nothing more is sent', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      // The bank has lost its memory: it uses its numbers again.
      await bank.store.execute(async tx => {
        await tx.run('DELETE FROM clearing_outbox')
        await tx.run('UPDATE counterparty SET next_outgoing = 1')
      })
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1))
      expect(await alarmsOf(shop)).toEqual(['other-content'])
      expect(await alarmsOf(bank)).toEqual(['accused-of-other-content'])
      const sent = town.transport.carried.length
      await town.write(bank, shop, 3)
      await bank.mail.idle()
      expect(town.transport.carried.length).toBe(sent)
    }))

  test('that a peer asks for again, having given receipts, raise an alarm', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      await shop.store.execute(async tx => {
        await tx.run('DELETE FROM clearing_inbox')
        await tx.run('UPDATE counterparty SET last_incoming = 0')
      })
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      expect(await alarmsOf(bank)).toEqual(['peer-lost-receipts'])
    }))

  test('that are refused are refused for good, and people hear of it', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.verdict = refused('no such vouchers')
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      town.verdict = accepted
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      expect(await alarmsOf(bank)).toEqual(['letter-refused'])
      const outcomes = await bank.store.read(tx =>
        tx.all<{ outcome: string }>('SELECT outcome FROM clearing_outbox ORDER BY sequence'),
      )
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'accepted'])
    }))

  test('wait for a peer who is away, and leave when a process starts again', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await shop.mail.close()
      await town.write(bank, shop, 1)
      await town.runtime.sleep(60_000)
      expect(shop.taken).toEqual([])
      await bank.mail.close()
      expect(
        await bank.store.read(tx => tx.all('SELECT sequence FROM clearing_outbox WHERE outcome IS NULL')),
      ).toHaveLength(1)
    }))
})

describe('questions', () => {
  test('are answered, and an old answer is none to a new question', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const question = { batch: order(1).order, serial: 1n }
      expect(await shop.mail.ask(bank.id, 'is-sold', question, 1_000)).toEqual({ sold: false })
      town.forecast.push({ lost: 'there' })
      await expect(shop.mail.ask(bank.id, 'is-sold', question, 1_000)).rejects.toThrow('no answer within')
      town.forecast.push({ lateMs: 5_000 })
      await expect(shop.mail.ask(bank.id, 'is-sold', question, 1_000)).rejects.toThrow('no answer within')
      await expect(shop.mail.ask(institutionId('nobody'), 'is-sold', question, 1_000)).rejects.toThrow(
        'not a pinned peer',
      )
    }))
})

describe('heads of a peer’s ledger', () => {
  test('come with its receipts and are kept', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      expect(await bank.store.read(tx => heldHeads(tx, bank.id, shop.id))).toMatchObject([
        { ...town.head, signer: 'shop' },
      ])
    }))

  test('that its ledger key did not sign raise an alarm, and are no evidence to keep', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      town.headKeys = await memoryKeys(town.runtime)
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      expect(await alarmsOf(bank)).toEqual(['forged-head'])
      expect(await bank.store.read(tx => heldHeads(tx, bank.id, shop.id))).toEqual([])
      expect(shop.taken).toEqual(orders(1))
    }))

  test('that contradict each other raise an alarm', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const keep = (seq: bigint, hash: string, before?: ContentOf<'receipt'>) =>
        bank.store.execute(tx => keepHeads(tx, bank.id, shop.id, receipt(seq, hash), before, 0))
      await keep(5n, 'aa'.repeat(32))
      await keep(7n, 'bb'.repeat(32))
      expect(await alarmsOf(bank)).toEqual([])
      await keep(7n, 'cc'.repeat(32))
      expect(await alarmsOf(bank)).toEqual(['forked-ledger'])
      // Signed before, in a receipt of the other stream.
      await keep(4n, 'dd'.repeat(32), receipt(3n, 'ee'.repeat(32)))
      expect(await alarmsOf(bank)).toEqual(['forked-ledger'])
      await keep(6n, 'dd'.repeat(32), receipt(7n, 'bb'.repeat(32)))
      expect(await alarmsOf(bank)).toEqual(['forked-ledger', 'forked-ledger'])
    }))
})

function receipt(seq: bigint, hash: string): ContentOf<'receipt'> {
  const signature = { keyId: 'ledger-1', bytes: new Uint8Array(64) }
  return {
    kind: 'receipt',
    from: institutionId('shop'),
    to: institutionId('bank'),
    digest: new Uint8Array(32),
    outcome: 'accepted',
    reason: '',
    at: 0n,
    epoch: 1n,
    heads: [{ chain: 'main', seq, hash, signature }],
  }
}
