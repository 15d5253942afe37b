import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { alarms } from '../../../src/clearing/alarm.ts'
import { decodeBundle, encodeBundle } from '../../../src/clearing/bundle.ts'
import { decodeCanonical, encodeCanonical } from '../../../src/clearing/canonical.ts'
import { openEnvelope, sealEnvelope } from '../../../src/clearing/envelope.ts'
import { heldHeads, keepHeads } from '../../../src/clearing/heads.ts'
import { accepted, refused, type Verdict } from '../../../src/clearing/inbox.ts'
import { type ContentOf, encodeContent } from '../../../src/clearing/letter.ts'
import { writeLetter } from '../../../src/clearing/outbox.ts'
import { fingerprint, ownCard, type Peer, pinnedPeers, pinPeer } from '../../../src/clearing/peers.ts'
import { openPost, type Post, type PostOffice } from '../../../src/clearing/post.ts'
import { clearingMigrations } from '../../../src/clearing/schema.ts'
import { seal } from '../../../src/keys/hpke.ts'
import type { KeyStore } from '../../../src/keys/keys.ts'
import { memoryKeys } from '../../../src/keys/soft-keys.ts'
import { isHeadSignedBy, signHead } from '../../../src/ledger/heads.ts'
import { yuan } from '../../../src/money.ts'
import { establish } from '../../../src/store/institution.ts'
import { openStore } from '../../../src/store/open.ts'
import type { Store } from '../../../src/store/store.ts'
import { type InProcessPost, inProcessPost, type Weather } from '../../support/in-process-post.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

type Delivery = ReturnType<Weather['next']>

interface Office {
  readonly id: string
  readonly store: Store
  readonly keys: KeyStore
  readonly post: Post
  readonly taken: string[]
}

let runtime: VirtualRuntime
let transport: InProcessPost
let forecast: Delivery[]
let offices: Office[]
let verdict: Verdict
let head: { chain: string; seq: bigint; hash: string }
/** Keys that sign heads in place of an institution's own. */
let headKeys: KeyStore | undefined

beforeEach(() => {
  runtime = new VirtualRuntime({ seed: 4 })
  forecast = []
  offices = []
  verdict = accepted
  headKeys = undefined
  head = { chain: 'main', seq: 1n, hash: 'ab'.repeat(32) }
  transport = inProcessPost(runtime, { next: () => forecast.shift() ?? {} })
})
afterEach(async () => {
  for (const { post, store } of offices) {
    await post.close()
    await store.close()
  }
})

const order = (n: number) => ({ order: n.toString(16).padStart(32, '0'), payee: 'shop', amount: yuan(20n), count: 5 })

async function openOffice(id: string, others: readonly Office[] = []): Promise<Office> {
  const keys = await memoryKeys(runtime)
  const store = openStore({ runtime, at: { memory: 'empty' }, migrations: clearingMigrations })
  await store.execute(tx => establish(tx, id))
  const taken: string[] = []
  const office: PostOffice = {
    institution: id,
    store,
    runtime,
    keys,
    transports: transport,
    letters: {
      'stock-order': {
        judge: async (_tx, _from, { order }) => {
          taken.push(order)
          return verdict
        },
      },
    },
    queries: { 'is-sold': async () => ({ sold: false }) },
    heads: async () => [head],
    signHead: async (head, at) => (await signHead(headKeys ?? keys, id, head, at)).signature,
    isHeadSignedBy,
    deliveryDeadlineMs: 5_000,
    troubled: () => {},
  }
  const post = await openPost(office)
  const opened = { id, store, keys, post, taken }
  for (const other of others) {
    await pin(opened, other)
    await pin(other, opened)
  }
  offices.push(opened)
  return opened
}

async function pin(self: Office, other: Office): Promise<void> {
  const card = ownCard(other.id, other.keys)
  const compared = { fingerprint: fingerprint(card), maker: 'mei', checker: 'chen', at: 0 }
  await self.store.execute(tx => pinPeer(tx, self.id, card, compared))
  await self.post.meetPeers()
}

async function write(from: Office, to: Office, n: number): Promise<void> {
  await from.store.execute(tx => writeLetter(tx, { from: from.id, to: to.id, type: 'stock-order', body: order(n) }))
  from.post.wake()
}

const alarmsOf = async ({ id, store }: Office) => (await store.read(tx => alarms(tx, id))).map(({ kind }) => kind)

async function pair(): Promise<[Office, Office]> {
  const bank = await openOffice('bank')
  return [bank, await openOffice('shop', [bank])]
}

const orders = (...numbers: number[]) => numbers.map(n => order(n).order)

describe('letters', () => {
  test.each([
    ['lost on their way', [{ lost: 'there' }, { lost: 'there' }]],
    ['whose receipts are lost', [{ lost: 'back' }, { lost: 'back' }]],
    ['repeated', [{ repeated: true }, { repeated: true }]],
    ['late', [{ lateMs: 9_000 }, { lateMs: 9_000 }]],
  ] satisfies [string, Delivery[]][])('%s are taken once each, in their order', (_how, weather) =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      forecast.push(...weather)
      await write(bank, shop, 1)
      await write(bank, shop, 2)
      await bank.post.idle()
      await write(bank, shop, 3)
      await bank.post.idle()
      expect(shop.taken).toEqual(orders(1, 2, 3))
      expect(await alarmsOf(bank)).toEqual([])
      expect(await alarmsOf(shop)).toEqual([])
    }),
  )

  test('that come again change nothing and get the same receipt', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      await write(bank, shop, 1)
      await bank.post.idle()
      const bytes = transport.carried[0]?.bytes ?? new Uint8Array()
      const receipts = [await receiptOf(bank, shop, bytes), await receiptOf(bank, shop, bytes)]
      head = { ...head, seq: 2n }
      receipts.push(await receiptOf(bank, shop, bytes))
      expect(receipts[1]).toEqual(receipts[0])
      expect(receipts[2]).toEqual(receipts[0])
      expect(shop.taken).toEqual(orders(1))
    }))

  test('that come twice at the same moment are one letter', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      forecast.push({ lost: 'there' })
      await write(bank, shop, 1)
      await runtime.sleep(1)
      const bytes = transport.carried[0]?.bytes ?? new Uint8Array()
      const [one, two] = await Promise.all([receiptOf(bank, shop, bytes), receiptOf(bank, shop, bytes)])
      expect(one).toEqual(two)
      expect(shop.taken).toEqual(orders(1))
      expect(await alarmsOf(shop)).toEqual([])
    }))

  test('of another content under a known number raise an alarm on both sides, and nothing more is sent', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      await write(bank, shop, 1)
      await bank.post.idle()
      // The bank has lost its memory: it uses its numbers again.
      await bank.store.execute(async tx => {
        await tx.run('DELETE FROM clearing_outbox')
        await tx.run('UPDATE counterparty SET next_outgoing = 1')
      })
      await write(bank, shop, 2)
      await bank.post.idle()
      expect(shop.taken).toEqual(orders(1))
      expect(await alarmsOf(shop)).toEqual(['other-content'])
      expect(await alarmsOf(bank)).toEqual(['accused-of-other-content'])
      const sent = transport.carried.length
      await write(bank, shop, 3)
      await bank.post.idle()
      expect(transport.carried.length).toBe(sent)
    }))

  test('that a peer asks for again, having given receipts, raise an alarm', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      await write(bank, shop, 1)
      await bank.post.idle()
      await shop.store.execute(async tx => {
        await tx.run('DELETE FROM clearing_inbox')
        await tx.run('UPDATE counterparty SET last_incoming = 0')
      })
      await write(bank, shop, 2)
      await bank.post.idle()
      expect(await alarmsOf(bank)).toEqual(['peer-lost-receipts'])
    }))

  test('that are refused are refused for good, and people hear of it', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      verdict = refused('no such vouchers')
      await write(bank, shop, 1)
      await bank.post.idle()
      verdict = accepted
      await write(bank, shop, 2)
      await bank.post.idle()
      expect(await alarmsOf(bank)).toEqual(['letter-refused'])
      const outcomes = await bank.store.read(tx =>
        tx.all<{ outcome: string }>('SELECT outcome FROM clearing_outbox ORDER BY sequence'),
      )
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['refused', 'accepted'])
    }))

  test('wait for a peer who is away, and leave when a process starts again', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      await shop.post.close()
      await write(bank, shop, 1)
      await runtime.sleep(60_000)
      expect(shop.taken).toEqual([])
      await bank.post.close()
      expect(
        await bank.store.read(tx => tx.all('SELECT sequence FROM clearing_outbox WHERE outcome IS NULL')),
      ).toHaveLength(1)
    }))
})

describe('questions', () => {
  test('are answered, and an old answer is none to a new question', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      const question = { batch: order(1).order, serial: 1n }
      expect(await shop.post.ask('bank', 'is-sold', question, 1_000)).toEqual({ sold: false })
      forecast.push({ lost: 'there' })
      await expect(shop.post.ask('bank', 'is-sold', question, 1_000)).rejects.toThrow('no answer within')
      forecast.push({ lateMs: 5_000 })
      await expect(shop.post.ask('bank', 'is-sold', question, 1_000)).rejects.toThrow('no answer within')
      await expect(shop.post.ask('nobody', 'is-sold', question, 1_000)).rejects.toThrow('not a pinned peer')
      void bank
    }))
})

describe('envelopes', () => {
  test('are believed from a pinned peer only, whole, and by whom they are for', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      const other = await openOffice('other', [bank, shop])
      const [toShop] = await peersOf(bank, 'shop')
      if (toShop === undefined) throw new Error('not pinned')
      const content = { kind: 'query', from: 'bank', to: 'shop', id: '1', type: 'x', question: 1 } as const
      const bytes = await sealEnvelope(writer(bank), toShop, content)
      const open = async (office: Office, envelope: Uint8Array, known = true) => {
        const peers = await office.store.read(tx => pinnedPeers(tx, office.id))
        return openEnvelope(
          writer(office),
          id => (known ? peers.find(peer => peer.institution === id) : undefined),
          envelope,
        )
      }
      expect((await open(shop, bytes)).content).toEqual(content)
      await expect(open(other, bytes)).rejects.toThrow('it is for shop')
      await expect(open(shop, bytes, false)).rejects.toThrow('not pinned')
      const envelope = decodeCanonical(bytes) as Record<string, unknown>
      await expect(open(shop, encodeCanonical({ ...envelope, from: 'other' }))).rejects.toThrow('signing key')
      for (let at = 0; at < bytes.length; at += 7) {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        await expect(open(shop, changed), `byte ${at}`).rejects.toThrow('cannot be believed')
      }
      // Sealed by another in the bank's name: the signature is what counts.
      const forged = await sealEnvelope({ ...writer(other), institution: 'bank' }, toShop, content)
      await expect(open(shop, forged)).rejects.toThrow('cannot be believed')
      // Content that names another sender than the envelope.
      const [fromOther] = await peersOf(other, 'shop')
      if (fromOther === undefined) throw new Error('not pinned')
      await expect(open(shop, await sealEnvelope(writer(other), fromOther, content))).rejects.toThrow('other parties')
    }))

  test('cannot be passed on by whom they were for, nor signed by another', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      const other = await openOffice('other', [bank, shop])
      const content = { kind: 'query', from: 'bank', to: 'shop', id: '1', type: 'x', question: 1 } as const
      const [fromBank] = await peersOf(other, 'bank')
      /** Sealed to `other` in the bank's name, with this content and signature inside. */
      const passOn = async (signed: Office, to: string) => {
        const encoded = encodeContent({ ...content, to })
        const signature = await signed.keys.sign('envelope', encoded)
        const receiving = other.keys.publicKey('receive')
        const signer = bank.keys.publicKey('envelope').keyId
        const address = { version: 1, from: 'bank', to: 'other', signer, sealedTo: receiving.keyId }
        const context = encodeCanonical(['tonebank envelope', 1, 'bank', 'other', signer, receiving.keyId])
        const plain = encodeCanonical([encoded, signature.bytes])
        const { bytes: sealed } = await seal(runtime, receiving, plain, context)
        return openEnvelope(writer(other), () => fromBank, encodeCanonical({ ...address, sealed }))
      }
      // The way of making them is right: what the bank itself signed for the other is believed.
      expect((await passOn(bank, 'other')).content).toEqual({ ...content, to: 'other' })
      await expect(passOn(bank, 'shop')).rejects.toThrow('other parties')
      await expect(passOn(shop, 'other')).rejects.toThrow('signature is wrong')
    }))

  test('of strangers get an empty answer, and garbage none', () =>
    runtime.run(async () => {
      const [, shop] = await pair()
      const answer = decodeBundle(await transport.again('shop', encodeBundle([new Uint8Array([1, 2, 3])])))
      expect(answer).toEqual([new Uint8Array()])
      await expect(transport.again('shop', new Uint8Array([255, 0, 7]))).rejects.toThrow()
      expect(shop.taken).toEqual([])
    }))
})

describe('heads of a peer’s ledger', () => {
  test('come with its receipts and are kept', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      await write(bank, shop, 1)
      await bank.post.idle()
      expect(await bank.store.read(tx => heldHeads(tx, 'bank', 'shop'))).toMatchObject([{ ...head, signer: 'shop' }])
    }))

  test('that its ledger key did not sign raise an alarm, and are no evidence to keep', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      headKeys = await memoryKeys(runtime)
      await write(bank, shop, 1)
      await bank.post.idle()
      expect(await alarmsOf(bank)).toEqual(['forged-head'])
      expect(await bank.store.read(tx => heldHeads(tx, 'bank', 'shop'))).toEqual([])
      expect(shop.taken).toEqual(orders(1))
    }))

  test('that contradict each other raise an alarm', () =>
    runtime.run(async () => {
      const [bank] = await pair()
      const keep = (seq: bigint, hash: string) =>
        bank.store.execute(tx => keepHeads(tx, 'bank', 'shop', receipt(seq, hash), 0))
      await keep(5n, 'aa'.repeat(32))
      await keep(7n, 'bb'.repeat(32))
      expect(await alarmsOf(bank)).toEqual([])
      await keep(7n, 'cc'.repeat(32))
      expect(await alarmsOf(bank)).toEqual(['forked-ledger'])
      await keep(6n, 'dd'.repeat(32))
      expect(await alarmsOf(bank)).toEqual(['forked-ledger', 'forked-ledger'])
    }))
})

describe('pinning', () => {
  test('needs the compared fingerprint and two people', () =>
    runtime.run(async () => {
      const [bank, shop] = await pair()
      const card = ownCard('third', shop.keys)
      const by = (compared: { fingerprint: string; maker: string; checker: string }) =>
        bank.store.execute(tx => pinPeer(tx, 'bank', card, { ...compared, at: 0 }))
      const right = fingerprint(card)
      expect(right).toMatch(/^(\d{5} ){7}\d{5}$/)
      expect(await by({ fingerprint: right, maker: 'mei', checker: 'mei' })).toEqual({ outcome: 'one-person-only' })
      const other = fingerprint(ownCard('fourth', shop.keys))
      expect(await by({ fingerprint: other, maker: 'mei', checker: 'chen' })).toEqual({
        outcome: 'other-fingerprint',
        found: right,
      })
      expect(await by({ fingerprint: right, maker: 'mei', checker: 'chen' })).toEqual({ outcome: 'pinned' })
    }))
})

const writer = ({ id, keys }: Office) => ({ institution: id, keys, runtime })

async function peersOf(office: Office, id: string): Promise<Peer[]> {
  return (await office.store.read(tx => pinnedPeers(tx, office.id))).filter(peer => peer.institution === id)
}

async function receiptOf(bank: Office, shop: Office, bytes: Uint8Array) {
  const [answer] = decodeBundle(await transport.again(shop.id, bytes))
  const [peer] = await peersOf(bank, shop.id)
  const opened = await openEnvelope(writer(bank), () => peer, answer ?? new Uint8Array())
  return { encoded: opened.encoded, signature: opened.signature }
}

function receipt(seq: bigint, hash: string): ContentOf<'receipt'> {
  const signature = { keyId: 'ledger-1', bytes: new Uint8Array(64) }
  return {
    kind: 'receipt',
    from: 'shop',
    to: 'bank',
    digest: new Uint8Array(32),
    outcome: 'accepted',
    reason: '',
    at: 0n,
    epoch: 1n,
    heads: [{ chain: 'main', seq, hash, signature }],
  }
}
