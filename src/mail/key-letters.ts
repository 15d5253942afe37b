/**
 * New keys between institutions. Whoever changes one tells every counterparty by a letter, signed with the key that it knows; it
 * is taken at the letter's place in the stream. The counterparty answers by a letter of its own, in the same commit: all that it
 * wrote for the older key stands before it. Once that has come, nothing is made for the older key any more.
 *
 *     new key ──1 letter──▶ taken there, `key-taken` written ──2 letter──▶ confirmed: the older key may be destroyed
 *                           the receipt of `key-taken` ──3──▶ there the older key counts no more
 */
import { verify } from 'node:crypto'
import { encodeCanonical } from '../canonical.ts'
import type { InstitutionId } from '../ids.ts'
import { ed25519PublicKey, type KeyStore, type PublicKey } from '../keys/keys.ts'
import { accepted, refused } from './inbox.ts'
import type { Letter } from './messages.ts'
import { writeLetter } from './outbox.ts'
import { noteConfirmed, noteTaken } from './own-keys.ts'
import { endOlderKeys, takePeerKey } from './peer-keys.ts'
import type { LetterHandlers } from './reception.ts'

type NewKey = Letter<'new-key'>

/** That whoever tells a key has its private half. A receiving key cannot sign, and proves itself by opening what comes. */
export async function proofOf(keys: KeyStore, institution: InstitutionId, key: PublicKey): Promise<Uint8Array | null> {
  if (key.purpose === 'receive') return null
  return (await keys.sign(key.purpose, statementOf(institution, key), key.keyId)).bytes
}

function isProved(institution: InstitutionId, { purpose, key, proof }: NewKey): boolean {
  if (purpose === 'receive') return proof === null
  if (proof === null) return false
  return verify(null, statementOf(institution, { purpose, ...key }), ed25519PublicKey(key.bytes), proof)
}

function statementOf(institution: InstitutionId, { purpose, keyId, bytes }: PublicKey): Uint8Array {
  return encodeCanonical(['tonebank new key', 1, institution, purpose, keyId, bytes])
}

interface Parts {
  readonly institution: InstitutionId
  readonly now: () => number
  /** After a commit that changed which keys count. */
  readonly changed: () => void
}

export function keyLetters({ institution: self, now, changed }: Parts): LetterHandlers {
  return {
    'new-key': {
      judge: async (tx, peer, body, _prepared, place) => {
        if (!isProved(peer, body)) return refused('the new key has not signed for itself')
        const { purpose, replaces } = body
        const key = { purpose, ...body.key }
        const { outcome } = await takePeerKey(tx, self, peer, { key, since: now(), toldAt: place, replaces })
        if (outcome === 'out-of-line') return refused('it does not follow a key that is known here')
        // An older one that is sent again, as to books that lost it, and has been replaced since.
        if (outcome === 'older') return accepted
        await writeLetter(tx, { from: self, to: peer, type: 'key-taken', body: { purpose, keyId: key.keyId } })
        return accepted
      },
      afterwards: changed,
      answered: async (tx, peer, place, { outcome }) => {
        if (outcome === 'accepted') await noteTaken(tx, self, peer, place, now())
      },
    },
    'key-taken': {
      judge: async (tx, peer, { keyId }) =>
        (await noteConfirmed(tx, self, peer, keyId, now())) ? accepted : refused('it was not told of such a key'),
      afterwards: changed,
      answered: async (tx, peer, _place, { outcome }, taken) => {
        if (outcome === 'accepted' && taken !== undefined) await endOlderKeys(tx, self, peer, taken, now())
      },
    },
  }
}

export const isKeyLetter = (type: string): boolean => type === 'new-key' || type === 'key-taken'
