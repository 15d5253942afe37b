/**
 * What is sealed to a person. Their key signs with Ed25519; the same key receives by X25519 under the birational map of
 * RFC 7748, section 4.1, as HPKE and Ed25519 may share a key pair (Thormarker, eprint 2021/509).
 */
import { createHash } from 'node:crypto'
import type { Runtime } from '../runtime.ts'
import { openWithPrivate, sealTo } from './hpke.ts'

const p = (1n << 255n) - 19n

/** Seals `plain` to whoever has the private half of an Ed25519 public key. `context` says what it is, and opens nothing else. */
export function sealToPerson(
  runtime: Runtime,
  publicKey: Uint8Array,
  plain: Uint8Array,
  context: Uint8Array,
): Promise<Uint8Array> {
  return runtime.offThread(sealTo(runtime, montgomeryOf(publicKey), plain, context))
}

/** `seed`: the 32 bytes of the Ed25519 private key. @throws Unopenable */
export function openAsPerson(seed: Uint8Array, sealed: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
  // RFC 8032, section 5.1.5: the scalar is the first half of the hash; X25519 clamps it by itself.
  const scalar = createHash('sha512').update(seed).digest().subarray(0, 32)
  return openWithPrivate(scalar, sealed, context)
}

/** u = (1 + y) / (1 - y), RFC 7748, section 4.1. The sign of x, the highest bit, plays no part. */
function montgomeryOf(publicKey: Uint8Array): Uint8Array {
  const y = BigInt(`0x${Buffer.from(publicKey).reverse().toString('hex')}`) & ((1n << 255n) - 1n)
  const u = (((1n + y) % p) * inverse((1n - y + p) % p)) % p
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse()
}

/** By Fermat: a to the power of p - 2. */
function inverse(a: bigint): bigint {
  let [result, base, exponent] = [1n, a, p - 2n]
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % p
    base = (base * base) % p
  }
  return result
}
