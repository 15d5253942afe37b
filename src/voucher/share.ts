/**
 * The bank's share of a voucher record: payment and backup password, encrypted by the payee so that only that bank can
 * open it, and only as what it is: the context names payee, bank, batch, serial, number and amount.
 */

import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { seal } from '../keys/hpke.ts'
import { type KeyStore, type PublicKey, Unopenable } from '../keys/keys.ts'
import type { Money } from '../money.ts'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'

/** Which record it is. Both ends know it; it never travels with the share. */
export interface ShareContext {
  readonly payee: string
  readonly bank: string
  readonly batch: string
  readonly serial: bigint
  readonly number: string
  readonly amount: Money
}

export interface Share {
  readonly password: Secret
  readonly backup: Secret
}

const plainShare = z.tuple([z.string().regex(/^\d{8}$/), z.string().regex(/^\d{12}$/)])
/** The id of the bank's key, then what was sealed to it. A payee of version 0.1.0 sealed without the voucher's number. */
const sealedShare = z.union([
  z.tuple([z.literal(2), z.string(), bytes]),
  z.tuple([z.string(), bytes]).transform(([keyId, sealed]): [1, string, Uint8Array] => [1, keyId, sealed]),
])

export async function sealShare(
  runtime: Runtime,
  bank: PublicKey,
  context: ShareContext,
  share: Share,
): Promise<Uint8Array> {
  const plain = encodeCanonical([share.password.reveal(), share.backup.reveal()])
  const { keyId, bytes } = await seal(runtime, bank, plain, contextBytes(2, context))
  return encodeCanonical([2, keyId, bytes])
}

/** @throws Unopenable when it is not for this bank, of another record, or no share at all. */
export async function openShare(
  keys: KeyStore,
  context: ShareContext & { readonly share: Uint8Array },
): Promise<Share> {
  const [version, keyId, bytes] = readAs(sealedShare, context.share)
  const plain = await keys.open({ keyId, bytes }, contextBytes(version, context))
  const [password, backup] = readAs(plainShare, plain)
  return { password: new Secret(password), backup: new Secret(backup) }
}

/** Whoever reads what a payee sealed must be able to refuse it: an error of another kind would stop all its letters. */
function readAs<T>(shape: z.ZodType<T>, encoded: Uint8Array): T {
  try {
    return shape.parse(decodeCanonical(encoded))
  } catch {
    // Without the cause, which may quote what was read.
    throw new Unopenable()
  }
}

function contextBytes(version: 1 | 2, { payee, bank, batch, serial, number, amount }: ShareContext): Uint8Array {
  const { code, scale } = amount.asset
  const face = [amount.minor, code, scale]
  return encodeCanonical(
    version === 1
      ? ['tonebank voucher share', payee, bank, batch, serial, ...face]
      : ['tonebank voucher share 2', payee, bank, batch, serial, number, ...face],
  )
}
