/** Who a card is, as data objects: what it is personalised with by its issuer, and what it tells a terminal. */
import { fromHex, joined, toHex } from '../../bytes.ts'
import { type AccountNumber, type InstitutionId, parseAccountNumber, parseInstitutionId } from '../../ids.ts'
import type { SigningAlgorithm, SigningPublicKey } from '../cose/signing.ts'
import { uint, uintIn } from '../messages/layout.ts'
import { type CardNumber, parseCardNumber } from '../numbers.ts'
import { agreedKeyLength } from '../personal-password.ts'
import { pinInBlock } from '../pin-block.ts'
import { readTlvs, tags, tlv } from './tlv.ts'

export interface CardHolder {
  readonly number: CardNumber
  readonly issuer: InstitutionId
  readonly account: AccountNumber
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** What a terminal learns before anybody keys a PIN. */
export interface CardIdentity extends CardHolder {
  /** Digits of the PIN, set when the card was made. */
  readonly pinLength: number
  readonly key: SigningPublicKey
}

/** What an issuer puts into a card. The four last are secrets but for the issuer's public key (X25519). */
export interface CardPerson extends CardHolder {
  /** ISO 9564 format 2 blocks. */
  readonly pin: Uint8Array
  readonly puk: Uint8Array
  readonly issuerKey: Uint8Array
  readonly agreedKey: Uint8Array
}

export const algorithmNumbers = { Ed25519: 1, 'P-256': 2 } as const satisfies Record<SigningAlgorithm, number>

export function algorithmNumbered(number: number | undefined): SigningAlgorithm | undefined {
  return (['Ed25519', 'P-256'] as const).find(name => algorithmNumbers[name] === number)
}

export function publicKeyObject(key: Uint8Array): Uint8Array {
  return tlv(tags.publicKey, tlv(tags.point, key))
}

/** The key in a public key data object. */
export function readPublicKey(template: Uint8Array | undefined): Uint8Array | undefined {
  return template && readTlvs(template)?.get(tags.point)
}

export function encodePerson(person: CardPerson): Uint8Array {
  return joined(
    holderObjects(person),
    tlv(tags.pin, person.pin),
    tlv(tags.puk, person.puk),
    tlv(tags.issuerKey, person.issuerKey),
    tlv(tags.agreedKey, person.agreedKey),
  )
}

/** Undefined when a part is missing, or is not what it should be. */
export function readPerson(data: Uint8Array): CardPerson | undefined {
  const objects = readTlvs(data)
  const holder = objects && readHolder(objects)
  const [pin, puk] = [objects?.get(tags.pin), objects?.get(tags.puk)]
  const [issuerKey, agreedKey] = [objects?.get(tags.issuerKey), objects?.get(tags.agreedKey)]
  if (holder === undefined || objects?.size !== 8) return undefined
  if (pin === undefined || puk === undefined || !pinInBlock(pin) || !pinInBlock(puk)) return undefined
  if (issuerKey?.length !== agreedKeyLength || agreedKey?.length !== agreedKeyLength) return undefined
  return { ...holder, pin, puk, issuerKey, agreedKey }
}

export function encodeIdentity(identity: CardIdentity): Uint8Array {
  return joined(
    holderObjects(identity),
    tlv(tags.pinLength, uint(identity.pinLength, 1)),
    tlv(tags.algorithm, uint(algorithmNumbers[identity.key.algorithm], 1)),
    publicKeyObject(identity.key.bytes),
  )
}

/** Undefined when a part is missing, or is not what it should be. */
export function readIdentity(data: Uint8Array): CardIdentity | undefined {
  const objects = readTlvs(data)
  const holder = objects && readHolder(objects)
  const [pinLength] = objects?.get(tags.pinLength) ?? []
  const algorithm = algorithmNumbered(objects?.get(tags.algorithm)?.[0])
  const bytes = readPublicKey(objects?.get(tags.publicKey))
  if (holder === undefined || pinLength === undefined || algorithm === undefined || bytes === undefined)
    return undefined
  return { ...holder, pinLength, key: { algorithm, bytes } }
}

function holderObjects({ number, issuer, account, expiresAt }: CardHolder): Uint8Array {
  const text = new TextEncoder()
  return joined(
    tlv(tags.cardNumber, fromHex(number)),
    tlv(tags.issuer, text.encode(issuer)),
    tlv(tags.account, text.encode(account)),
    tlv(tags.expiresAt, uint(expiresAt, 4)),
  )
}

function readHolder(objects: ReadonlyMap<number, Uint8Array>): CardHolder | undefined {
  const textIn = (tag: number) => new TextDecoder().decode(objects.get(tag))
  const number = parseCardNumber(toHex(objects.get(tags.cardNumber) ?? new Uint8Array()))
  const [issuer, account] = [parseInstitutionId(textIn(tags.issuer)), parseAccountNumber(textIn(tags.account))]
  const expiresAt = objects.get(tags.expiresAt)
  if (number === undefined || issuer === undefined || account === undefined || expiresAt?.length !== 4) return undefined
  return { number, issuer, account, expiresAt: uintIn(expiresAt) }
}
