/** Whose envelope is believed, and how a peer is pinned. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeCanonical } from '../../../src/canonical.ts'
import { seal } from '../../../src/keys/hpke.ts'
import { encodeBundle } from '../../../src/mail/bundle.ts'
import { believeEnvelope, freshNonce, openEnvelope, openReply, sealEnvelope } from '../../../src/mail/envelope.ts'
import { encodeContent } from '../../../src/mail/letter.ts'
import { fingerprint, ownCard, pinnedPeers, pinPeer } from '../../../src/mail/peers.ts'
import { readSigned, signContent } from '../../../src/mail/signed.ts'
import { approvedByTwo } from '../../support/approved.ts'
import { institutionId } from '../../support/ids.ts'
import { inTown, type Office, peersOf, type Town } from './offices.ts'

const plain = Uint8Array.of(1, 2, 3)

async function opened(town: Town, office: Office, envelope: Uint8Array, known = true): Promise<Uint8Array> {
  const peers = await office.store.read(tx => pinnedPeers(tx, office.id))
  const peerOf = (id: string) => (known ? peers.find(peer => peer.institution === id) : undefined)
  return openEnvelope(town.writer(office), believeEnvelope(town.writer(office), peerOf, envelope))
}

async function peerOf(office: Office, id: string) {
  const [peer] = await peersOf(office, id)
  if (peer === undefined) throw new Error('not pinned')
  return peer
}

describe('envelopes', () => {
  test('are believed from a pinned peer only, whole, and by whom they are for', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const other = await town.openOffice('other', [bank, shop])
      const nonce = freshNonce(town.runtime)
      const bytes = await sealEnvelope(town.writer(bank), await peerOf(bank, 'shop'), { kind: 'bundle', nonce }, plain)
      expect(await opened(town, shop, bytes)).toEqual(plain)
      await expect(opened(town, other, bytes)).rejects.toThrow('it is for shop')
      await expect(opened(town, shop, bytes, false)).rejects.toThrow('not pinned')
      for (let at = 0; at < bytes.length; at += 3) {
        const changed = Uint8Array.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        await expect(opened(town, shop, changed), `byte ${at}`).rejects.toThrow('cannot be believed')
        await expect(opened(town, shop, bytes.subarray(0, at)), `${at} bytes`).rejects.toThrow('cannot be believed')
      }
      // Sealed by another in the bank's name: the signature is what counts.
      const pretender = { ...town.writer(other), institution: bank.id }
      const forged = await sealEnvelope(pretender, await peerOf(bank, 'shop'), { kind: 'bundle', nonce }, plain)
      await expect(opened(town, shop, forged)).rejects.toThrow('signing key')
    }))

  test('cannot be signed anew by another, who has not seen what is in them', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const other = await town.openOffice('other', [bank, shop])
      /** What `sealEnvelope` makes, with a context of our own choice. */
      const make = async (author: Office, context: 'own' | 'of the bank') => {
        const receiving = shop.keys.publicKey('receive')
        const header = (office: Office) =>
          encodeCanonical({
            kind: 'bundle',
            from: office.id,
            to: 'shop',
            nonce: new Uint8Array(16),
            signer: office.keys.publicKey('envelope').keyId,
            sealedTo: receiving.keyId,
          })
        const sealedFor = context === 'own' ? header(author) : header(bank)
        const info = encodeCanonical(['tonebank envelope', 2, sealedFor])
        const { bytes: sealed } = await seal(town.runtime, receiving, plain, info)
        const head = header(author)
        const digest = createHash('sha256').update(sealed).digest()
        const signature = await author.keys.sign('envelope', encodeCanonical(['tonebank envelope', 2, head, digest]))
        return Buffer.concat([Buffer.from('TBE2'), Buffer.from([0, head.length]), head, signature.bytes, sealed])
      }
      // The way of making them is right.
      expect(await opened(town, shop, await make(other, 'own'))).toEqual(plain)
      await expect(opened(town, shop, await make(other, 'of the bank'))).rejects.toThrow('cannot be opened')
    }))

  test('that reply answer one bundle, and no other', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const nonce = freshNonce(town.runtime)
      const toShop = await peerOf(bank, 'shop')
      const toBank = await peerOf(shop, 'bank')
      const reply = await sealEnvelope(town.writer(shop), toBank, { kind: 'reply', nonce }, plain)
      expect(await openReply(town.writer(bank), toShop, nonce, reply)).toEqual(plain)
      await expect(openReply(town.writer(bank), toShop, freshNonce(town.runtime), reply)).rejects.toThrow(
        'answers another bundle',
      )
      const bundle = await sealEnvelope(town.writer(shop), toBank, { kind: 'bundle', nonce }, plain)
      await expect(openReply(town.writer(bank), toShop, nonce, bundle)).rejects.toThrow('no reply')
    }))

  test('hold contents that name their parties and are signed by their sender', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const content = { kind: 'query', from: bank.id, to: shop.id, id: '1', type: 'x', question: 1 } as const
      const bankAtShop = await peerOf(shop, 'bank')
      const signed = await signContent(town.writer(bank), content)
      expect(readSigned(shop.id, bankAtShop, signed)?.content).toEqual(content)
      expect(readSigned(institutionId('other'), bankAtShop, signed)).toBeUndefined()
      expect(readSigned(shop.id, bankAtShop, await signContent(town.writer(shop), content))).toBeUndefined()
      const named = await signContent(town.writer(bank), { ...content, from: institutionId('other') })
      expect(readSigned(shop.id, bankAtShop, named)).toBeUndefined()
      expect(readSigned(shop.id, bankAtShop, [encodeContent({ ...content, id: '2' }), signed[1]])).toBeUndefined()
    }))

  test('that cannot be believed, and garbage, get an answer of no bytes', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      expect(await town.transport.again(shop.id, new Uint8Array([255, 0, 7]))).toEqual(new Uint8Array())
      const garbage = encodeBundle({ contents: [[plain, plain]], log: null })
      const nonce = freshNonce(town.runtime)
      const toShop = await peerOf(bank, 'shop')
      for (const [kind, content] of [
        ['bundle', plain],
        ['reply', garbage],
      ] as const) {
        const envelope = await sealEnvelope(town.writer(bank), toShop, { kind, nonce }, content)
        expect(await town.transport.again(shop.id, envelope)).toEqual(new Uint8Array())
      }
      expect(shop.taken).toEqual([])
    }))
})

describe('pinning', () => {
  test('needs the compared fingerprint', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const card = ownCard(institutionId('third'), shop.keys)
      const by = await approvedByTwo()
      const pin = (compared: string) =>
        bank.store.execute(tx => pinPeer(tx, bank.id, card, { fingerprint: compared, by, at: 0 }))
      const right = fingerprint(card)
      expect(right).toMatch(/^(\d{5} ){7}\d{5}$/)
      const other = fingerprint(ownCard(institutionId('fourth'), shop.keys))
      expect(await pin(other)).toEqual({
        outcome: 'other-fingerprint',
        found: right,
      })
      expect(await pin(right)).toEqual({ outcome: 'pinned' })
    }))
})
