/** What a peer makes of a new key, of one that is not believed, and of what comes late for an old one. */
import { expect, test } from 'vitest'
import type { PublicPurpose } from '../../../src/keys/keys.ts'
import { decodeBundle, encodeBundle } from '../../../src/mail/bundle.ts'
import { freshNonce, openReply, sealEnvelope } from '../../../src/mail/envelope.ts'
import { proofOf } from '../../../src/mail/key-letters.ts'
import { writeLetter } from '../../../src/mail/outbox.ts'
import { keysOf } from '../../../src/mail/peers.ts'
import { alarmsOf, inTown, type Office, peersOf, type Town } from './offices.ts'

const known = async (by: Office, of: Office, purpose: PublicPurpose) => {
  const [peer] = await peersOf(by, of.id)
  return peer === undefined ? [] : keysOf(peer, purpose).map(({ keyId }) => keyId)
}

test('a bundle that was sealed to a key that is gone is refused with the reason, and arrives sealed anew', () =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    await town.write(bank, shop, 1)
    await bank.mail.idle()
    const old = shop.keys.publicKey('receive')
    town.forecast.push({ lateMs: 4_000 })
    await town.writeBulk(bank, shop, 1)
    await town.runtime.sleep(0)
    await town.rotate(shop, 'receive')
    await bank.mail.idle()
    expect(shop.keys.publicKeys()).not.toContainEqual(old)
    expect(shop.taken).toEqual([expect.any(String), 'part 1'])
    expect(town.troubles.map(String)).toEqual([expect.stringContaining(`sealed to ${old.keyId}, which is no key`)])
  }))

test('whoever plays back what was sealed to an old key is told the same, for the price of one answer', () =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    const old = shop.keys.publicKey('receive')
    await town.rotate(shop, 'receive')
    const [peer] = await peersOf(bank, shop.id)
    if (peer === undefined) throw new Error('not pinned')
    const nonce = freshNonce(town.runtime)
    const bundle = encodeBundle({ contents: [], log: null })
    const to = { ...peer, receiving: old }
    const late = await sealEnvelope(town.writer(bank), to, { kind: 'bundle', nonce }, bundle)
    const answer = await town.transport.again(shop.id, late, bank.id)
    const reply = decodeBundle(await openReply(town.writer(bank), peer, nonce, answer))
    expect(reply).toMatchObject({ contents: [], refused: expect.stringContaining('no key of ours any more') })
    expect(await town.transport.again(shop.id, late, bank.id)).toBe(answer)
  }))

test('an old signing key counts until its owner has shown that it uses the new one, and no longer', () =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    const old = bank.keys.publicKey('envelope')
    const replayed = await signedBy(town, bank, shop, old.keyId)
    // The receipt of `key-taken` is lost a few times: the shop cannot know yet.
    town.forecast.push({}, { lost: 'back' }, { lost: 'back' })
    await town.rotate(bank, 'envelope')
    expect(await known(shop, bank, 'envelope')).toEqual([bank.keys.publicKey('envelope').keyId])
    expect(await town.transport.again(shop.id, replayed, bank.id), 'nobody answers it').toHaveLength(0)
    await town.write(bank, shop, 2)
    await bank.mail.idle()
    expect(shop.taken).toHaveLength(1)
  }))

test.each([
  ['one that has not signed for itself', { proof: new Uint8Array(64) }, 'has not signed for itself'],
  ['one without a proof', { proof: null }, 'has not signed for itself'],
  ['one that follows another than is known', { replaces: ['envelope-9-000000000000'] }, 'does not follow a key'],
])('%s is not taken', (_what, wrong, reason) =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    const old = bank.keys.publicKey('envelope')
    const { purpose, ...key } = await bank.keys.make('envelope')
    const proof = await proofOf(bank.keys, bank.id, { purpose, ...key })
    const body = { purpose, key, replaces: [old.keyId], proof, ...wrong }
    await bank.store.execute(tx => writeLetter(tx, { from: bank.id, to: shop.id, type: 'new-key', body }))
    bank.mail.wake()
    await bank.mail.idle()
    expect(await known(shop, bank, 'envelope')).toEqual([old.keyId])
    expect(await alarmsOf(bank)).toEqual(['letter-refused'])
    const refused = await bank.store.read(tx => tx.all<{ detail: string }>('SELECT detail FROM clearing_alarm'))
    expect(refused[0]?.detail).toContain(reason)
  }),
)

test('whoever says that a key was taken which was never told is refused', () =>
  inTown(async town => {
    const [bank, shop] = await town.pair()
    const body = { purpose: 'receive', keyId: shop.keys.publicKey('receive').keyId } as const
    await bank.store.execute(tx => writeLetter(tx, { from: bank.id, to: shop.id, type: 'key-taken', body }))
    bank.mail.wake()
    await bank.mail.idle()
    expect(await alarmsOf(bank)).toEqual(['letter-refused'])
    expect(await alarmsOf(shop)).toEqual([])
  }))

test('who was pinned with a card of before a change is written to with the key that it knows, once it has not answered', () =>
  inTown(async town => {
    const bank = await town.openOffice('bank')
    const other = await town.openOffice('other', [bank])
    const key = await bank.mail.changeKey('envelope')
    // A change whose commit was lost, as with books that were put back: the other end knows the newer key only.
    bank.keys.use(key.keyId)
    const shop = await town.openOffice('shop', [bank])
    await bank.mail.meetPeers()
    await town.write(bank, shop, 1)
    await town.write(bank, other, 2)
    await bank.mail.idle()
    expect([shop.taken, other.taken]).toEqual([[expect.any(String)], [expect.any(String)]])
  }))

async function signedBy(town: Town, from: Office, to: Office, keyId: string): Promise<Uint8Array> {
  const [peer] = await peersOf(from, to.id)
  if (peer === undefined) throw new Error('not pinned')
  const nonce = freshNonce(town.runtime)
  const writer = { ...town.writer(from), signing: () => keyId }
  return sealEnvelope(writer, peer, { kind: 'bundle', nonce }, encodeBundle({ contents: [], log: null }))
}
