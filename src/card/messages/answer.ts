/**
 * What goes up: the answer of card and holder. It holds what the receiver cannot put together itself, in a fixed layout. As sound
 * it is encrypted to the receiver; as digits it is as short as it can be, in two frames.
 */

import { encodeCanonical } from '../../canonical.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { encrypt0, openEncrypt0 } from '../cose/encrypt0.ts'
import type { Opener, Random } from '../cose/hpke.ts'
import { type SigningAlgorithm, signatureLength } from '../cose/signing.ts'
import {
  type CardNumber,
  packAccountNumber,
  packCardNumber,
  packedNumberBytes,
  unpackAccountNumber,
  unpackCardNumber,
} from '../numbers.ts'
import { verifications, type Witness } from '../order.ts'
import { type PasswordForm, type SealedPassword, sealedPasswordLength } from '../personal-password.ts'
import { fieldsIn, type Layout, lay, uint, uintIn } from './layout.ts'

/** What a receiver needs of the other end to rebuild what was signed, to verify it, and to forward it. */
export interface Answer {
  readonly card: CardNumber
  readonly account: AccountNumber
  readonly witness: Witness
  /** Of the card's key: a receiver that does not know the card forwards what it verified nothing of. */
  readonly algorithm: SigningAlgorithm
  /** 64 bytes. */
  readonly signature: Uint8Array
  readonly password: SealedPassword
}

const answerVersion = 1

function layoutOf(form: PasswordForm) {
  return {
    /** Version in the high half; one bit of algorithm; how the holder was verified in the low three. */
    versionAndKind: 1,
    counter: 4,
    card: packedNumberBytes,
    account: packedNumberBytes,
    signature: signatureLength,
    password: sealedPasswordLength[form],
  } as const satisfies Layout
}

export const answerLayouts = { sound: layoutOf('hpke'), digits: layoutOf('agreed') } as const

const algorithmNumbers = { Ed25519: 0, 'P-256': 1 } as const satisfies Record<SigningAlgorithm, number>

function kindOf(algorithm: SigningAlgorithm, verified: Witness['verified']): number {
  return answerVersion * 16 + algorithmNumbers[algorithm] * 8 + verifications[verified]
}

function encodeAnswer(answer: Answer): Uint8Array {
  return lay(layoutOf(answer.password.form), {
    versionAndKind: uint(kindOf(answer.algorithm, answer.witness.verified), 1),
    counter: uint(answer.witness.counter, 4),
    card: packCardNumber(answer.card),
    account: packAccountNumber(answer.account),
    signature: answer.signature,
    password: answer.password.bytes,
  })
}

function parseAnswer(form: PasswordForm, message: Uint8Array): Answer | undefined {
  const fields = fieldsIn(layoutOf(form), message)
  if (fields === undefined) return undefined
  const kind = uintIn(fields.versionAndKind)
  const algorithm = (['Ed25519', 'P-256'] as const).find(name => kindOf(name, 'pin') === kind)
  const [card, account] = [unpackCardNumber(fields.card), unpackAccountNumber(fields.account)]
  const counter = uintIn(fields.counter)
  if (algorithm === undefined || card === undefined || account === undefined || counter === 0) return undefined
  const password = { form, bytes: fields.password }
  return { card, account, witness: { counter, verified: 'pin' }, algorithm, signature: fields.signature, password }
}

/** For the receiver alone: a COSE_Encrypt0 of 195 bytes. `receiverKey`: 32 bytes of X25519. */
export function encryptAnswer(
  random: Random,
  { receiver, receiverKey }: { readonly receiver: InstitutionId; readonly receiverKey: Uint8Array },
  answer: Answer,
): Promise<Uint8Array> {
  if (answer.password.form !== 'hpke') throw new RangeError('as sound the password is sealed to the issuer by HPKE')
  return encrypt0(random, receiverKey, encodeAnswer(answer), { aad: contextOf(receiver) })
}

/** Undefined when it is not for this receiver, was changed on its way, or is no answer. */
export async function decryptAnswer(
  receiver: InstitutionId,
  open: Opener,
  message: Uint8Array,
): Promise<Answer | undefined> {
  try {
    return parseAnswer('hpke', await openEncrypt0(open, message, { aad: contextOf(receiver) }))
  } catch {
    return undefined
  }
}

function contextOf(receiver: InstitutionId): Uint8Array {
  return encodeCanonical(['tonebank answer', answerVersion, receiver])
}

/** 103 bytes, of which the password alone is encrypted. */
export function encodeDigitAnswer(answer: Answer): Uint8Array {
  if (answer.password.form !== 'agreed') throw new RangeError('as digits the password is sealed under the agreed key')
  return encodeAnswer(answer)
}

/** Undefined when it is no answer. */
export function parseDigitAnswer(message: Uint8Array): Answer | undefined {
  return parseAnswer('agreed', message)
}
