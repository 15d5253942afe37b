/** Making a card somebody's, at the bank that issues it: the card makes its own key, and takes what it is personalised with. */
import type { Secret } from '../secret.ts'
import { ins, status } from './apdu/apdu.ts'
import { applicationId } from './apdu/application.ts'
import { algorithmNumbers, type CardPerson, encodePerson, readPublicKey } from './apdu/identity.ts'
import { type Absence, ask, CardRemoved, type SecureElement } from './apdu/secure-element.ts'
import { identityObject, readTlvs, tags, tlv } from './apdu/tlv.ts'
import type { SigningAlgorithm, SigningPublicKey } from './cose/signing.ts'
import { pinBlock } from './pin-block.ts'

/** PIN and PUK have 4 to 12 digits each. How many the PIN has is set with it for the card's life. */
export interface NewCard extends Omit<CardPerson, 'pin' | 'puk'> {
  readonly algorithm: SigningAlgorithm
  readonly pin: Secret
  readonly puk: Secret
}

export type Issued =
  /** The public key is what two people enrol. */
  | { readonly outcome: 'issued'; readonly key: SigningPublicKey }
  | { readonly outcome: 'not-ours' }
  /** It is somebody's. */
  | { readonly outcome: 'already-issued' }
  | { readonly outcome: 'removed'; readonly why: Absence }
  | { readonly outcome: 'failed'; readonly status: number }

export async function issueCard(element: SecureElement, card: NewCard): Promise<Issued> {
  try {
    await element.begin()
    return await write(element, card)
  } catch (error) {
    if (error instanceof CardRemoved) return { outcome: 'removed', why: error.absence }
    throw error
  } finally {
    await element.end()
  }
}

async function write(element: SecureElement, { algorithm, pin, puk, ...holder }: NewCard): Promise<Issued> {
  const selected = await ask(element, { ins: ins.select, p1: 0x04, p2: 0, data: applicationId })
  if (selected.status !== status.done) return { outcome: 'not-ours' }
  const template = tlv(tags.authentication, tlv(tags.algorithm, Uint8Array.of(algorithmNumbers[algorithm])))
  const made = await ask(element, { ins: ins.generateKeyPair, p1: 0x80, p2: 0, data: template })
  if (made.status === status.notNow) return { outcome: 'already-issued' }
  const bytes = readPublicKey(readTlvs(made.data)?.get(tags.publicKey))
  if (made.status !== status.done || bytes === undefined) return { outcome: 'failed', status: made.status }
  const data = encodePerson({ ...holder, pin: pinBlock(pin), puk: pinBlock(puk) })
  const written = await ask(element, { ins: ins.putData, p1: identityObject >> 8, p2: identityObject & 255, data })
  if (written.status !== status.done) return { outcome: 'failed', status: written.status }
  return { outcome: 'issued', key: { algorithm, bytes } }
}
