/** Epochs: announced, one after another, with heads that must fit across them. */
import { describe, expect, test } from 'vitest'
import { allowEpoch, beginNewEpoch, type ChainStart } from '../../../src/mail/epochs.ts'
import { heldHeads, keepHeads } from '../../../src/mail/held-heads.ts'
import type { ContentOf } from '../../../src/mail/letter.ts'
import { approvedByTwo } from '../../support/approved.ts'
import { alarmsOf, inTown, type Office, order } from './offices.ts'

const orders = (...numbers: number[]) => numbers.map(n => order(n).order)

const begin = async (office: Office, shown: bigint, starts: readonly ChainStart[] = []) => {
  const epoch = await office.store.execute(tx => beginNewEpoch(tx, office.id, { shown, starts }))
  office.mail.wake()
  return epoch
}

const hash = (letter: string) => letter.repeat(64)

/** A receipt of the shop's, with one head of its ledger. */
const keep = (bank: Office, shop: Office, epoch: bigint, seq: bigint, rowHash: string) =>
  bank.store.execute(tx => {
    const signature = { keyId: 'ledger-1', bytes: new Uint8Array(64) }
    const receipt: ContentOf<'receipt'> = {
      ...{ kind: 'receipt', from: shop.id, to: bank.id, digest: new Uint8Array(32) },
      ...{ outcome: 'accepted', reason: '', at: 0n, epoch },
      heads: [{ chain: 'main', seq, hash: rowHash, signature }],
    }
    return keepHeads(tx, bank.id, shop.id, receipt, undefined, 0)
  })

describe('a new epoch', () => {
  test('is announced in its first letter, and the stream goes on in it', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      expect(await begin(bank, 1n)).toBe(2n)
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1, 2))
      expect(await alarmsOf(shop)).toEqual(['peer-recovered'])
      expect(await alarmsOf(bank)).toEqual([])
    }))

  test('is one above the highest that anybody has seen, and waits until the last has been received', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      town.forecast.push({ lost: 'there' })
      await town.write(bank, shop, 2)
      expect(await begin(bank, 0n)).toBe(2n)
      await bank.mail.idle()
      expect(await begin(bank, 2n)).toBe(3n)
      await town.write(bank, shop, 3)
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1, 2, 3))
    }))

  test('is announced to a peer that was pinned since, too', () =>
    inTown(async town => {
      const bank = await town.openOffice('bank')
      expect(await begin(bank, 6n)).toBe(7n)
      const shop = await town.openOffice('shop', [bank])
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      expect(shop.taken).toEqual(orders(1))
      await town.write(shop, bank, 2)
      await shop.mail.idle()
      expect(await alarmsOf(shop)).toEqual(['peer-recovered'])
    }))

  test.each([3n, 1_000n, (1n << 63n) - 2n])(
    'that leaves others out (%s after 1) is refused, with one alarm, until two people allow it',
    far =>
      inTown(async town => {
        const [bank, shop] = await town.pair()
        await town.write(bank, shop, 1)
        await bank.mail.idle()
        expect(await begin(bank, far - 1n)).toBe(far)
        await town.write(bank, shop, 2)
        await town.runtime.sleep(120_000)
        expect(shop.taken).toEqual(orders(1))
        expect(await alarmsOf(shop)).toEqual(['epoch-jump'])
        const by = await approvedByTwo(town.runtime)
        expect(await shop.store.execute(tx => allowEpoch(tx, shop.id, bank.id, far, by))).toEqual({
          outcome: 'allowed',
        })
        await bank.mail.idle()
        expect(shop.taken).toEqual(orders(1, 2))
      }),
  )

  test('that is not announced is refused, with an alarm', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      const letter = { kind: 'letter', from: bank.id, to: shop.id, type: 'stock-order', body: order(2) } as const
      const { answers } = await town.send(bank, shop, [{ ...letter, epoch: 2n, sequence: 1n }])
      expect(answers[0]?.content).toMatchObject({ kind: 'not-due', epoch: 1n, due: 2n })
      expect(await alarmsOf(shop)).toEqual(['unannounced-epoch'])
      expect(shop.taken).toEqual(orders(1))
    }))

  test('of a far number is believed of nobody at first contact', () =>
    inTown(async town => {
      const bank = await town.openOffice('bank')
      await begin(bank, (1n << 63n) - 2n)
      const shop = await town.openOffice('shop', [bank])
      await town.write(bank, shop, 1)
      await town.runtime.sleep(60_000)
      expect(shop.taken).toEqual([])
      expect(await alarmsOf(shop)).toEqual(['epoch-jump'])
    }))

  test('has its receipts believed once it was announced', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      // Its announcement is on its way for a while.
      town.forecast.push({ lost: 'there' }, {}, { lost: 'there' }, {})
      await begin(shop, 1n)
      await town.write(bank, shop, 2)
      await bank.mail.idle()
      await shop.mail.idle()
      expect(shop.taken).toEqual(orders(1, 2))
      expect(await alarmsOf(bank)).toEqual(['peer-recovered'])
    }))
})

describe('heads of a ledger', () => {
  const start = (seq: bigint, rowHash: string): ChainStart => ({ chain: 'main', seq, hash: rowHash })

  const recovered = async (town: Parameters<Parameters<typeof inTown>[0]>[0], starts: readonly ChainStart[]) => {
    const [bank, shop] = await town.pair()
    await town.write(shop, bank, 1)
    await shop.mail.idle()
    await keep(bank, shop, 1n, 10n, hash('a'))
    await keep(bank, shop, 1n, 20n, hash('b'))
    await begin(shop, 1n, starts)
    await shop.mail.idle()
    return { bank, shop }
  }

  test('above the announced start are lost, and no fork', () =>
    inTown(async town => {
      const { bank, shop } = await recovered(town, [start(15n, hash('c'))])
      const details = await bank.store.read(tx => tx.all<{ detail: string }>('SELECT detail FROM clearing_alarm'))
      expect(details.map(({ detail }) => detail)).toEqual(['epoch 2 began; rows 16 to 20 of chain main are lost there'])
      await keep(bank, shop, 2n, 16n, hash('d'))
      await keep(bank, shop, 2n, 20n, hash('e'))
      expect(await alarmsOf(bank)).toEqual(['peer-recovered'])
      // An auditor of the shop's books is handed what they should still have.
      const held = await bank.store.read(tx => heldHeads(tx, bank.id, shop.id))
      const known = held.filter(({ seq }) => seq >= 10n).map(({ seq, hash: [first] }) => `${seq}${first}`)
      expect(known).toEqual(['10a', '16d', '20e'])
    }))

  test.each([
    ['another hash for a row below the start', 2n, 10n, hash('f')],
    ['another hash for the row at the start', 2n, 15n, hash('f')],
    ['a row below the start', 2n, 14n, hash('f')],
  ])('that show %s are a fork, whatever the epoch', (_what, epoch, seq, rowHash) =>
    inTown(async town => {
      const { bank, shop } = await recovered(town, [start(15n, hash('c'))])
      await keep(bank, shop, epoch, seq, rowHash)
      expect(await alarmsOf(bank)).toContain('forked-ledger')
    }),
  )

  test('of a later epoch must fit those of the first where nothing was lost', () =>
    inTown(async town => {
      const { bank, shop } = await recovered(town, [start(20n, hash('b'))])
      expect(await alarmsOf(bank)).toEqual(['peer-recovered'])
      await keep(bank, shop, 2n, 20n, hash('b'))
      expect(await alarmsOf(bank)).toEqual(['peer-recovered'])
      await keep(bank, shop, 2n, 20n, hash('f'))
      expect(await alarmsOf(bank)).toEqual(['peer-recovered', 'forked-ledger'])
    }))

  test('of an announced start that contradicts what is held are a fork', () =>
    inTown(async town => {
      const { bank } = await recovered(town, [start(10n, hash('f'))])
      expect(await alarmsOf(bank)).toEqual(['forked-ledger', 'peer-recovered'])
    }))
})
