/** Heads of change logs: they go with every bundle, either way, and who holds them can tell whose books changed. */
import { describe, expect, test } from 'vitest'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { Gate } from '../../../src/mail/gate.ts'
import {
  heldLogHeads,
  isLogHeadOf,
  keepLogHead,
  LogHeadExchange,
  type SignedLogHead,
} from '../../../src/mail/log-heads.ts'
import { ownCard } from '../../../src/mail/peers.ts'
import { alarmsOf, inTown, type Office, order, type Town } from './offices.ts'

const held = (holder: Office, of: Office) => holder.store.read(tx => heldLogHeads(tx, holder.id, of.id))

const ownHead = async (town: Town, office: Office): Promise<SignedLogHead> => {
  const heads = new LogHeadExchange(
    { ...town.writer(office), store: office.store, troubled: () => {} },
    new Gate(false),
  )
  const head = await heads.own(office.id)
  if (head === null) throw new Error('nothing was written')
  return head
}

describe('a head of the change log', () => {
  test('goes with bundles and replies, and is kept at the other end', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      await town.runtime.sleep(1)
      for (const [holder, of] of [
        [bank, shop],
        [shop, bank],
      ] as const) {
        const heads = await held(holder, of)
        expect(heads.length, `${holder.id} holds heads of ${of.id}`).toBeGreaterThan(0)
        for (const head of heads) {
          expect(isLogHeadOf(of.id, of.keys.publicKeys(), head)).toBe(true)
          expect(isLogHeadOf(holder.id, of.keys.publicKeys(), head)).toBe(false)
          expect(isLogHeadOf(of.id, of.keys.publicKeys(), { ...head, sequence: head.sequence + 1n })).toBe(false)
          const row = await of.store.read(tx =>
            tx.one<{ hash: Uint8Array }>('SELECT hash FROM change_log WHERE sequence = ?', head.sequence),
          )
          expect(row?.hash).toEqual(head.hash)
        }
      }
    }))

  test('goes with questions and answers, too', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      await shop.mail.ask(bank.id, 'is-sold', { batch: order(1).order, serial: 1n }, 1_000)
      await town.runtime.sleep(1)
      expect(await held(bank, shop)).toHaveLength(1)
      expect(await held(shop, bank)).toHaveLength(1)
    }))

  test('is told to its owner, who may have lost it, and none that is not the owner’s counts', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      expect(await bank.mail.heldOfUs(shop.id, 1_000)).toEqual({ head: null, next: { epoch: 1n, sequence: 1n } })
      await town.write(bank, shop, 1)
      await bank.mail.idle()
      await town.runtime.sleep(1)
      const highest = (await held(shop, bank)).at(-1)
      expect(await bank.mail.heldOfUs(shop.id, 1_000)).toMatchObject({
        head: { epoch: 1n, sequence: highest?.sequence },
      })
      // The shop shows one that another signed.
      const others = await memoryKeys(town.runtime)
      const forged = await ownHead(town, { ...bank, keys: others })
      await shop.store.execute(tx => keepLogHead(tx, shop.id, bank.id, { ...forged, sequence: 999n }, 0))
      await expect(bank.mail.heldOfUs(shop.id, 1_000)).rejects.toThrow('not ours')
    }))

  test('that another key signed is not kept, and raises an alarm', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const peer = { ...ownCard(bank.id, bank.keys), suspended: false }
      const heads = new LogHeadExchange(
        { ...town.writer(shop), store: shop.store, troubled: () => {} },
        new Gate(false),
      )
      heads.note(peer, await ownHead(town, { ...bank, keys: await memoryKeys(town.runtime) }))
      await town.runtime.sleep(1)
      expect(await held(shop, bank)).toEqual([])
      expect(await alarmsOf(shop)).toEqual(['forged-head'])
    }))

  test('that contradicts another raises one alarm, and both are kept', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const head = await ownHead(town, bank)
      const keep = (changed: Partial<SignedLogHead>) =>
        shop.store.execute(tx => keepLogHead(tx, shop.id, bank.id, { ...head, ...changed }, 0))
      await keep({})
      await keep({})
      // Late: a bundle may be overtaken by the next.
      await keep({ sequence: head.sequence - 1n })
      expect(await alarmsOf(shop)).toEqual([])
      await keep({ hash: new Uint8Array(32) })
      await keep({ hash: new Uint8Array(32) })
      expect(await alarmsOf(shop)).toEqual(['forked-log'])
      expect(await held(shop, bank)).toHaveLength(3)
      await keep({ epoch: 9n })
      expect(await alarmsOf(shop)).toEqual(['forked-log', 'epoch-jump'])
      expect(await held(shop, bank)).toHaveLength(3)
    }))
})
