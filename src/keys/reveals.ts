/**
 * The backup password reveals the payment password (patent row P9), though neither is stored: an X25519 pair is derived
 * from the backup password, only its public half is kept, and each payment password is encrypted to it. Whoever has the
 * backup password derives the private half again.
 */
import { hkdfSync } from 'node:crypto'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { HashCost, HashPool } from './hash-pool.ts'
import { openWith, publicHalf, sealTo } from './hpke.ts'
import { type KeyStore, Unopenable } from './keys.ts'

/** What is stored for each voucher: `v1 <memoryKiB> <passes> <salt> <key id> <wrapped share> <public half>`. */
export type Reveal = string
/** What is stored beside it, anew after each password change: the encrypted payment password. */
export type Revealable = string

export type Revealed =
  | { readonly outcome: 'revealed'; readonly password: Secret }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'busy' }

export class Reveals {
  readonly #runtime: Runtime
  readonly #keys: KeyStore
  readonly #pool: HashPool
  readonly #cost: HashCost

  constructor(options: {
    readonly runtime: Runtime
    readonly keys: KeyStore
    readonly pool: HashPool
    readonly cost: HashCost
  }) {
    this.#runtime = options.runtime
    this.#keys = options.keys
    this.#pool = options.pool
    this.#cost = options.cost
  }

  /** When the record is made. `owner`: the voucher number. */
  async makeReveal(backup: Secret, owner: string): Promise<Reveal> {
    const salt = this.#runtime.random(16)
    // The pepper's part: without the key store, twelve digits could be tried against the public half.
    const share = this.#runtime.random(32)
    const hash = await this.#pool.hash(backup, salt, this.#cost, 'background')
    if (hash === 'busy') throw new Error('background work is never refused')
    const wrapped = await this.#keys.wrap(share, `reveal ${owner}`)
    const half = await this.#runtime.offThread(publicHalf(seedOf(hash, share)))
    const { memoryKiB, passes } = this.#cost
    return ['v1', memoryKiB, passes, base64(salt), wrapped.keyId, base64(wrapped.bytes), base64(half)].join(' ')
  }

  /** When the record is made, and after each change of the payment password. Needs no backup password. */
  async keepRevealable(reveal: Reveal, password: Secret, owner: string): Promise<Revealable> {
    const { half } = parse(reveal)
    const sealing = sealTo(this.#runtime, half, Buffer.from(password.reveal()), contextOf(owner))
    return base64(await this.#runtime.offThread(sealing))
  }

  /** The payment password of now, for whoever knows the backup password. Count the tries before calling this. */
  async reveal(reveal: Reveal, revealable: Revealable, backup: Secret, owner: string): Promise<Revealed> {
    const { cost, salt, wrapped } = parse(reveal)
    const hash = await this.#pool.hash(backup, salt, cost, 'caller')
    if (hash === 'busy') return { outcome: 'busy' }
    const share = await this.#keys.unwrap(wrapped, `reveal ${owner}`)
    try {
      const sealed = Buffer.from(revealable, 'base64url')
      const plain = await this.#runtime.offThread(openWith(seedOf(hash, share), sealed, contextOf(owner)))
      return { outcome: 'revealed', password: new Secret(Buffer.from(plain).toString()) }
    } catch (error) {
      if (error instanceof Unopenable) return { outcome: 'wrong' }
      throw error
    }
  }

  /** The same under the pepper key of today, after a rotation. */
  async rewrap(reveal: Reveal, owner: string): Promise<Reveal> {
    const { cost, salt, wrapped, half } = parse(reveal)
    if (!this.#keys.isOutdated(wrapped)) return reveal
    const share = await this.#keys.unwrap(wrapped, `reveal ${owner}`)
    const now = await this.#keys.wrap(share, `reveal ${owner}`)
    return ['v1', cost.memoryKiB, cost.passes, base64(salt), now.keyId, base64(now.bytes), base64(half)].join(' ')
  }
}

function seedOf(hash: Uint8Array, share: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', hash, share, 'tonebank reveal', 32))
}

function contextOf(owner: string): Uint8Array {
  return Buffer.from(`tonebank reveal ${owner}`)
}

function parse(stored: Reveal) {
  const [version, memoryKiB, passes, salt, keyId, bytes, half, ...more] = stored.split(' ')
  if (version !== 'v1' || !salt || !keyId || !bytes || !half || more.length > 0) throw new Error('not a reveal')
  return {
    cost: { memoryKiB: Number(memoryKiB), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64url'),
    wrapped: { keyId, bytes: Buffer.from(bytes, 'base64url') },
    half: Buffer.from(half, 'base64url'),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
