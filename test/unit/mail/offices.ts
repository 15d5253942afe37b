/**
 * Institutions that write to each other and nothing else: a mail office each, over an in-process mail whose weather the
 * test makes.
 */

import { alarms } from '../../../src/alarm.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { KeyStore, PublicPurpose } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { isHeadSignedBy, signHead } from '../../../src/ledger/signed-heads.ts'
import { decodeBundle, encodeBundle } from '../../../src/mail/bundle.ts'
import { freshNonce, openReply, sealEnvelope } from '../../../src/mail/envelope.ts'
import { accepted, type Verdict } from '../../../src/mail/inbox.ts'
import type { Content } from '../../../src/mail/letter.ts'
import { type Mail, type MailOffice, openMail } from '../../../src/mail/mail.ts'
import { type WaitingLetter, writeLetter } from '../../../src/mail/outbox.ts'
import { changeTo } from '../../../src/mail/own-keys.ts'
import { fingerprint, ownCard, type Peer, pinnedPeers, pinPeer } from '../../../src/mail/peers.ts'
import { clearingMigrations } from '../../../src/mail/schema.ts'
import { openWaiting, sealBody, writeSealedLetter } from '../../../src/mail/sealed-letters.ts'
import { readSigned, signContent } from '../../../src/mail/signed.ts'
import { yuan } from '../../../src/money.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { establish } from '../../../src/store/tenants.ts'
import { approvedByTwo } from '../../support/approved.ts'
import { institutionId, voucherNumber } from '../../support/ids.ts'
import { type InProcessMail, inProcessMail, type Weather } from '../../support/in-process-mail.ts'
import { type CopyableRecordKeys, recordKeysInMemory } from '../../support/record-keys-in-memory.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

export type Delivery = ReturnType<Weather['next']>

export interface Office {
  readonly id: InstitutionId
  readonly store: Store
  readonly keys: KeyStore
  readonly recordKeys: CopyableRecordKeys
  readonly mail: Mail
  /** The orders and batches that it has taken, by id. */
  readonly taken: string[]
}

export class Town {
  readonly runtime = new VirtualRuntime({ seed: 4 })
  /** What befalls the next deliveries, one after another; fair afterwards. */
  readonly forecast: Delivery[] = []
  readonly transport: InProcessMail = inProcessMail(this.runtime, { next: () => this.forecast.shift() ?? {} })
  /** What every office says of an order. */
  verdict: Verdict = accepted
  /** The newest head of every office's ledger. */
  head = { chain: 'main', seq: 1n, hash: 'ab'.repeat(32) }
  /** What the offices complain about where nobody waits. */
  readonly troubles: unknown[] = []
  /** Keys that sign heads in place of an institution's own. */
  headKeys: KeyStore | undefined
  readonly #offices: Office[] = []

  /** Pinned by `others`, and they by it. `rest`: what else its rooms do. */
  async openOffice(name: string, others: readonly Office[] = [], rest: Partial<MailOffice> = {}): Promise<Office> {
    const id = institutionId(name)
    const keys = await memoryKeys(this.runtime)
    const store = openStore({ runtime: this.runtime, at: { memory: 'empty' }, migrations: clearingMigrations })
    await store.execute(tx => establish(tx, id))
    const taken: string[] = []
    const recordKeys = recordKeysInMemory(this.runtime)
    const office: MailOffice = {
      institution: id,
      recordKeys,
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
        'day-end-lines': {
          judge: async (_tx, _from, { from }) => {
            taken.push(`part ${from}`)
            return this.verdict
          },
        },
        'voucher-batch': {
          judge: async (_tx, _from, { batch }) => {
            taken.push(batch)
            return this.verdict
          },
        },
      },
      queries: { 'is-sold': async () => ({ sold: false }) },
      heads: async () => [this.head],
      signHead: async (head, at, keyId) =>
        (await signHead(this.headKeys ?? keys, id, head, at, this.headKeys ? undefined : keyId)).signature,
      isHeadSignedBy,
      deliveryDeadlineMs: 5_000,
      troubled: error => this.troubles.push(error),
      ...rest,
    }
    const opened = { id, store, keys, recordKeys, mail: await openMail(office), taken }
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

  /** Changes a key as two people would have decided it; its peers know it and nothing waits afterwards. */
  async rotate(office: Office, purpose: PublicPurpose): Promise<void> {
    const { id, keys, store, mail } = office
    const key = await mail.changeKey(purpose)
    const by = { origin: 'decided', decision: 'd', at: this.runtime.wallNow() } as const
    await store.execute(tx => changeTo(tx, id, keys, key, by))
    await mail.keysChanged()
    for (let round = 0; round < 2; round++) for (const each of this.#offices) await each.mail.idle()
  }

  /** Sends a part of a file in the bulk stream. */
  async writeBulk(from: Office, to: Office, n: number): Promise<void> {
    const body = { number: 1n, from: BigInt(n), lines: new Uint8Array(1_000) }
    const letter = { from: from.id, to: to.id, type: 'day-end-lines', body, stream: 'bulk' } as const
    await from.store.execute(tx => writeLetter(tx, letter))
    from.mail.wake()
  }

  /** Delivers vouchers by letter: about `size` bytes of them. */
  async writeLarge(from: Office, to: Office, n: number, size: number): Promise<void> {
    const body = batch(n, size)
    const { recordKeys } = from
    const letter = { from: from.id, to: to.id, type: 'voucher-batch', body } as const
    const sealed = await sealBody({ recordKeys, runtime: this.runtime }, letter)
    await from.store.execute(tx => writeSealedLetter(tx, sealed))
    from.mail.wake()
  }

  /** What envelopes are sealed and opened with. */
  writer({ id, keys }: Office) {
    return { institution: id, keys, runtime: this.runtime }
  }

  /** Seals contents to a peer as its courier would, under a nonce of its own, and reads what comes back. */
  async send(from: Office, to: Office, contents: readonly (Content | Uint8Array)[], nonce = freshNonce(this.runtime)) {
    const [peer] = await peersOf(from, to.id)
    if (peer === undefined) throw new Error('not pinned')
    const signed = await Promise.all(contents.map(content => signContent(this.writer(from), content)))
    const bundle = encodeBundle({ contents: signed, log: null })
    const envelope = await sealEnvelope(this.writer(from), peer, { kind: 'bundle', nonce }, bundle)
    const answer = await this.transport.again(to.id, envelope)
    const answers = decodeBundle(await openReply(this.writer(from), peer, nonce, answer)).contents
    return { envelope, answer, answers: answers.map(each => (each ? readSigned(from.id, peer, each) : undefined)) }
  }

  /** Everything that waits or was receipted for the only peer, oldest first: what a courier would send, and has sent. */
  async outbox({ id: institution, store, recordKeys }: Office): Promise<readonly Uint8Array[]> {
    const rows = await store.read(tx =>
      tx.all<Pick<WaitingLetter, Exclude<keyof WaitingLetter, 'digest'>> & { peer: InstitutionId }>(
        'SELECT peer, epoch, sequence, type, content, replaced FROM clearing_outbox ORDER BY epoch, sequence',
      ),
    )
    const [first] = rows
    if (first === undefined) return []
    const { letters } = await openWaiting({ institution, store, recordKeys }, first.peer, rows)
    return letters.map(({ content }) => content)
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

export const batch = (n: number, size: number) => ({
  batch: n.toString(16).padStart(32, '0'),
  order: n.toString(16).padStart(32, '0'),
  payee: institutionId('shop'),
  amount: yuan(20n),
  records: [{ serial: 1n, number: voucherNumber('6180123456'), share: new Uint8Array(size) }],
})

export const alarmsOf = async ({ id, store }: Office) =>
  (await store.read(tx => alarms(tx, id))).map(({ kind }) => kind)

export async function peersOf(office: Office, id: string): Promise<Peer[]> {
  return (await office.store.read(tx => pinnedPeers(tx, office.id))).filter(peer => peer.institution === id)
}

async function pin(self: Office, other: Office): Promise<void> {
  const card = ownCard(other.id, other.keys)
  const compared = { fingerprint: fingerprint(card), by: await approvedByTwo(), at: 0 }
  await self.store.execute(tx => pinPeer(tx, self.id, card, compared))
  await self.mail.meetPeers()
}
