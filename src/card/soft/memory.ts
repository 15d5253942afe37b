/** What a soft card keeps: all that must outlive a loss of power, as bytes for an injected store. */
import { z } from 'zod'
import { bytes } from '../../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../../canonical.ts'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import { type CardNumber, parseCardNumber } from '../numbers.ts'
import { greatestCounter } from '../order.ts'
import { agreedKeyLength } from '../personal-password.ts'
import { pinBlockLength } from '../pin-block.ts'

/** Keeps a card's memory: a file, a database of a browser, an array in a test. It holds the card's secrets in clear. */
export interface CardStore {
  /** Undefined for a card that is as it came from the factory. */
  load(): Promise<Uint8Array | undefined>
  /** Resolves when the bytes would outlive a loss of power, and never before: a counter that goes back signs twice. */
  save(memory: Uint8Array): Promise<void>
}

export const pinTries = 3
/** After so many wrong PUKs the card is of no use to anybody. */
export const pukTries = 5

const keyPair = z.strictObject({
  algorithm: z.enum(['Ed25519', 'P-256']),
  privateBytes: bytes.refine(key => key.length === 32),
  bytes: bytes.refine(key => key.length === 32 || key.length === 65),
})
const block = bytes.refine(block => block.length === pinBlockLength)
const key = bytes.refine(key => key.length === agreedKeyLength)
const cardNumber = z.string().refine((text): text is CardNumber => parseCardNumber(text) !== undefined)

const shape = z.strictObject({
  version: z.literal(1),
  isTerminated: z.boolean(),
  key: keyPair.nullable(),
  counter: z.int().min(0).max(greatestCounter),
  pinTries: z.int().min(0).max(pinTries),
  pukTries: z.int().min(0).max(pukTries),
  person: z
    .strictObject({
      number: cardNumber,
      issuer: institutionIdShape,
      account: accountNumberShape,
      /** Seconds since 1970. */
      expiresAt: z.int().nonnegative(),
      pin: block,
      puk: block,
      issuerKey: key,
      agreedKey: key,
    })
    .nullable(),
})

export type CardMemory = z.output<typeof shape>

export const factoryMemory: CardMemory = {
  ...{ version: 1, isTerminated: false, key: null, counter: 0, pinTries, pukTries, person: null },
}

export function encodeMemory(memory: CardMemory): Uint8Array {
  return encodeCanonical(memory)
}

/** @throws Error when the bytes are no card's memory: nothing is signed with what is left of one. */
export function decodeMemory(bytes: Uint8Array): CardMemory {
  return shape.parse(decodeCanonical(bytes))
}
