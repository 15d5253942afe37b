/** What a room had to put off until a counterparty could be written to, it writes to one that is pinned later, too. */
import { expect, test } from 'vitest'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { inTown, order } from './offices.ts'

test('a room hears of a counterparty that is pinned while it runs, once, before anything is taken of it', () =>
  inTown(async town => {
    const met: string[] = []
    const bank = await town.openOffice('bank', [], {
      startsClosed: true,
      opened: async peer => {
        met.push(peer)
        await bank.store.execute(tx =>
          writeLetter(tx, { from: bank.id, to: peer, type: 'stock-order', body: order(1) }),
        )
      },
    })
    const shop = await town.openOffice('shop', [bank])
    expect(met).toEqual(['shop'])
    await bank.mail.idle()
    expect(shop.taken).toEqual([order(1).order])
    await bank.mail.meetPeers()
    expect(met).toEqual(['shop'])
  }))
