/**
 * Institutions that write to each other and nothing else: a mail office each, over an in-process mail whose weather the
 * test makes.
 */

import { alarms } from '../../../src/alarm.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { isHeadSignedBy, signHead } from '../../../src/ledger/heads.ts'
import { decodeBundle } from '../../../src/mail/bundle.ts'
import { openEnvelope } from '../../../src/mail/envelope.ts'
import { accepted, type Verdict } from '../../../src/mail/inbox.ts'
import { type Mail, type MailOffice, openMail } from '../../../src/mail/mail.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { fingerprint, ownCard, type Peer, pinnedPeers, pinPeer } from '../../../src/mail/peers.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { yuan } from '../../../src/money.ts'
import { establish } from '../../../src/store/institution.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { institutionId } from '../../support/ids.ts'
import { type InProcessMail, inProcessMail, type Weather } from '../../support/in-process-mail.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

export type Delivery = ReturnType<Weather['next']>

export interface Office {
  readonly id: InstitutionId
  readonly store: Store
  readonly keys: KeyStore
  readonly mail: Mail
  /** The orders that it has taken, by id. */
  readonly taken: string[]
}

class Town {
  readonly runtime = new VirtualRuntime({ seed: 4 })
  /** What befalls the next deliveries, one after another; fair afterwards. */
  readonly forecast: Delivery[] = []
  readonly transport: InProcessMail = inProcessMail(this.runtime, { next: () => this.forecast.shift() ?? {} })
  /** What every office says of an order. */
  verdict: Verdict = accepted
  /** The newest head of every office's ledger. */
  head = { chain: 'main', seq: 1n, hash: 'ab'.repeat(32) }
  /** Keys that sign heads in place of an institution's own. */
  headKeys: KeyStore | undefined
  readonly #offices: Office[] = []

  /** Pinned by `others`, and they by it. */
  async openOffice(name: string, others: readonly Office[] = []): Promise<Office> {
    const id = institutionId(name)
    const keys = await memoryKeys(this.runtime)
    const store = openStore({ runtime: this.runtime, at: { memory: 'empty' }, migrations: clearingMigrations })
    await store.execute(tx => establish(tx, id))
    const taken: string[] = []
    const office: MailOffice = {
      institution: id,
      store,
      runtime: this.runtime,
      keys,
      transports: this.transport,
      letters: {
        'stock-order': {
          judge: async (_tx, _from, { order }) => {
            taken.push(order)
            return this.verdict
          },
        },
      },
      queries: { 'is-sold': async () => ({ sold: false }) },
      heads: async () => [this.head],
      signHead: async (head, at) => (await signHead(this.headKeys ?? keys, id, head, at)).signature,
      isHeadSignedBy,
      deliveryDeadlineMs: 5_000,
      troubled: () => {},
    }
    const opened = { id, store, keys, mail: await openMail(office), taken }
    for (const other of others) {
      await pin(opened, other)
      await pin(other, opened)
    }
    this.#offices.push(opened)
    return opened
  }

  async pair(): Promise<[Office, Office]> {
    const bank = await this.openOffice('bank')
    return [bank, await this.openOffice('shop', [bank])]
  }

  /** Orders vouchers by letter, and does not wait for the answer. */
  async write(from: Office, to: Office, n: number): Promise<void> {
    await from.store.execute(tx => writeLetter(tx, { from: from.id, to: to.id, type: 'stock-order', body: order(n) }))
    from.mail.wake()
  }

  /** What envelopes are sealed and opened with. */
  writer({ id, keys }: Office) {
    return { institution: id, keys, runtime: this.runtime }
  }

  /** Carries the same bytes to the shop once more, and opens what comes back. */
  async receiptOf(bank: Office, shop: Office, bytes: Uint8Array) {
    const [answer] = decodeBundle(await this.transport.again(shop.id, bytes))
    const [peer] = await peersOf(bank, shop.id)
    const opened = await openEnvelope(this.writer(bank), () => peer, answer ?? new Uint8Array())
    return { encoded: opened.encoded, signature: opened.signature }
  }

  async close(): Promise<void> {
    for (const { mail, store } of this.#offices) {
      await mail.close()
      await store.close()
    }
  }
}

/** A test's story in a town of its own. */
export async function inTown(story: (town: Town) => Promise<void>): Promise<void> {
  const town = new Town()
  try {
    await town.runtime.run(() => story(town))
  } finally {
    await town.close()
  }
}

export const order = (n: number) => ({
  order: n.toString(16).padStart(32, '0'),
  payee: institutionId('shop'),
  amount: yuan(20n),
  count: 5,
})

export const alarmsOf = async ({ id, store }: Office) =>
  (await store.read(tx => alarms(tx, id))).map(({ kind }) => kind)

export async function peersOf(office: Office, id: string): Promise<Peer[]> {
  return (await office.store.read(tx => pinnedPeers(tx, office.id))).filter(peer => peer.institution === id)
}

async function pin(self: Office, other: Office): Promise<void> {
  const card = ownCard(other.id, other.keys)
  const compared = { fingerprint: fingerprint(card), maker: 'mei', checker: 'chen', at: 0 }
  await self.store.execute(tx => pinPeer(tx, self.id, card, compared))
  await self.mail.meetPeers()
}
