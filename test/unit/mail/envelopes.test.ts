/** Whose envelope is believed, and how a peer is pinned. */

import { describe, expect, test } from 'vitest'
import { decodeCanonical, encodeCanonical } from '../../../src/canonical.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import { seal } from '../../../src/keys/hpke.ts'
import { decodeBundle, encodeBundle } from '../../../src/mail/bundle.ts'
import { openEnvelope, sealEnvelope } from '../../../src/mail/envelope.ts'
import { encodeContent } from '../../../src/mail/letter.ts'
import { fingerprint, ownCard, pinnedPeers, pinPeer } from '../../../src/mail/peers.ts'
import { institutionId } from '../../support/ids.ts'
import { inTown, type Office, peersOf } from './offices.ts'

describe('envelopes', () => {
  test('are believed from a pinned peer only, whole, and by whom they are for', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const other = await town.openOffice('other', [bank, shop])
      const [toShop] = await peersOf(bank, 'shop')
      if (toShop === undefined) throw new Error('not pinned')
      const content = { kind: 'query', from: bank.id, to: shop.id, id: '1', type: 'x', question: 1 } as const
      const bytes = await sealEnvelope(town.writer(bank), toShop, content)
      const open = async (office: Office, envelope: Uint8Array, known = true) => {
        const peers = await office.store.read(tx => pinnedPeers(tx, office.id))
        return openEnvelope(
          town.writer(office),
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
      const forged = await sealEnvelope({ ...town.writer(other), institution: bank.id }, toShop, content)
      await expect(open(shop, forged)).rejects.toThrow('cannot be believed')
      // Content that names another sender than the envelope.
      const [fromOther] = await peersOf(other, 'shop')
      if (fromOther === undefined) throw new Error('not pinned')
      await expect(open(shop, await sealEnvelope(town.writer(other), fromOther, content))).rejects.toThrow(
        'other parties',
      )
    }))

  test('cannot be passed on by whom they were for, nor signed by another', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const other = await town.openOffice('other', [bank, shop])
      const content = { kind: 'query', from: bank.id, to: shop.id, id: '1', type: 'x', question: 1 } as const
      const [fromBank] = await peersOf(other, 'bank')
      /** Sealed to `other` in the bank's name, with this content and signature inside. */
      const passOn = async (signed: Office, to: InstitutionId) => {
        const encoded = encodeContent({ ...content, to })
        const signature = await signed.keys.sign('envelope', encoded)
        const receiving = other.keys.publicKey('receive')
        const signer = bank.keys.publicKey('envelope').keyId
        const address = { version: 1, from: 'bank', to: 'other', signer, sealedTo: receiving.keyId }
        const context = encodeCanonical(['tonebank envelope', 1, 'bank', 'other', signer, receiving.keyId])
        const plain = encodeCanonical([encoded, signature.bytes])
        const { bytes: sealed } = await seal(town.runtime, receiving, plain, context)
        return openEnvelope(town.writer(other), () => fromBank, encodeCanonical({ ...address, sealed }))
      }
      // The way of making them is right: what the bank itself signed for the other is believed.
      expect((await passOn(bank, other.id)).content).toEqual({ ...content, to: 'other' })
      await expect(passOn(bank, shop.id)).rejects.toThrow('other parties')
      await expect(passOn(shop, other.id)).rejects.toThrow('signature is wrong')
    }))

  test('of strangers get an empty answer, and garbage none', () =>
    inTown(async town => {
      const [, shop] = await town.pair()
      const answer = decodeBundle(await town.transport.again(shop.id, encodeBundle([new Uint8Array([1, 2, 3])])))
      expect(answer).toEqual([new Uint8Array()])
      await expect(town.transport.again(shop.id, new Uint8Array([255, 0, 7]))).rejects.toThrow()
      expect(shop.taken).toEqual([])
    }))
})

describe('pinning', () => {
  test('needs the compared fingerprint and two people', () =>
    inTown(async town => {
      const [bank, shop] = await town.pair()
      const card = ownCard(institutionId('third'), shop.keys)
      const by = (compared: { fingerprint: string; maker: string; checker: string }) =>
        bank.store.execute(tx => pinPeer(tx, bank.id, card, { ...compared, at: 0 }))
      const right = fingerprint(card)
      expect(right).toMatch(/^(\d{5} ){7}\d{5}$/)
      expect(await by({ fingerprint: right, maker: 'mei', checker: 'mei' })).toEqual({ outcome: 'one-person-only' })
      const other = fingerprint(ownCard(institutionId('fourth'), shop.keys))
      expect(await by({ fingerprint: other, maker: 'mei', checker: 'chen' })).toEqual({
        outcome: 'other-fingerprint',
        found: right,
      })
      expect(await by({ fingerprint: right, maker: 'mei', checker: 'chen' })).toEqual({ outcome: 'pinned' })
    }))
})
