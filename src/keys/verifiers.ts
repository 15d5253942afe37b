/**
 * Verifiers of PINs and passwords: Argon2id of the secret, encrypted under the pepper key. A stolen database alone is of
 * no use against six digits; that the pepper is kept elsewhere is what protects them, and `docs/security.md` says so.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { HashCost, HashPool, Urgency } from './hash-pool.ts'
import type { KeyStore, Wrapped } from './keys.ts'

/** What is stored: one line of text, `v1 <memoryKiB> <passes> <salt> <key id> <wrapped hash>`, bytes in base64url. */
export type Verifier = string

export type Verification = 'right' | 'wrong' | 'busy'

export class Verifiers {
  readonly #runtime: Runtime
  readonly #keys: KeyStore
  readonly #pool: HashPool
  readonly #cost: HashCost
  #decoy: Promise<Verifier> | undefined

  constructor(options: {
    readonly runtime: Runtime
    readonly keys: KeyStore
    readonly pool: HashPool
    /** Of new verifiers; each keeps the cost it was made with. */
    readonly cost: HashCost
  }) {
    this.#runtime = options.runtime
    this.#keys = options.keys
    this.#pool = options.pool
    this.#cost = options.cost
  }

  /** `owner` is whose and what: `pin 6200100007`. A verifier copied to another owner's row does not verify there. */
  async make(secret: Secret, owner: string, urgency: 'background'): Promise<Verifier>
  async make(secret: Secret, owner: string, urgency: Urgency): Promise<Verifier | 'busy'>
  async make(secret: Secret, owner: string, urgency: Urgency): Promise<Verifier | 'busy'> {
    const salt = this.#runtime.random(16)
    const hash = await this.#pool.hash(secret, salt, this.#cost, urgency)
    if (hash === 'busy') return 'busy'
    return format({ cost: this.#cost, salt, wrapped: await this.#keys.wrap(hash, `verifier ${owner}`) })
  }

  /**
   * Compares. `stored` undefined stands for an owner that does not exist: the answer is `wrong` after the same work.
   * @throws Unopenable when the verifier belongs to another owner, was changed, or its pepper key is gone.
   */
  async verify(stored: Verifier | undefined, secret: Secret, owner: string): Promise<Verification> {
    const decoy = await this.#makeDecoy()
    const { cost, salt, wrapped } = parse(stored ?? decoy)
    const hash = await this.#pool.hash(secret, salt, cost, 'caller')
    if (hash === 'busy') return 'busy'
    const expected = await this.#keys.unwrap(wrapped, `verifier ${stored === undefined ? decoyOwner : owner}`)
    const same = timingSafeEqual(hash, expected)
    return same && stored !== undefined ? 'right' : 'wrong'
  }

  /** The same verifier under the pepper key of today, after a rotation; the secret is not needed. */
  async rewrap(stored: Verifier, owner: string): Promise<Verifier> {
    const { cost, salt, wrapped } = parse(stored)
    if (!this.#keys.isOutdated(wrapped)) return stored
    const hash = await this.#keys.unwrap(wrapped, `verifier ${owner}`)
    return format({ cost, salt, wrapped: await this.#keys.wrap(hash, `verifier ${owner}`) })
  }

  /** Nobody's: a wrapped value that no hash equals. */
  #makeDecoy(): Promise<Verifier> {
    this.#decoy ??= this.#keys
      .wrap(this.#runtime.random(32), `verifier ${decoyOwner}`)
      .then(wrapped => format({ cost: this.#cost, salt: this.#runtime.random(16), wrapped }))
    return this.#decoy
  }
}

const decoyOwner = 'nobody'

interface Parts {
  readonly cost: HashCost
  readonly salt: Uint8Array
  readonly wrapped: Wrapped
}

function format({ cost, salt, wrapped }: Parts): Verifier {
  return `v1 ${cost.memoryKiB} ${cost.passes} ${base64(salt)} ${wrapped.keyId} ${base64(wrapped.bytes)}`
}

function parse(stored: Verifier): Parts {
  const [version, memoryKiB, passes, salt, keyId, bytes, ...more] = stored.split(' ')
  if (version !== 'v1' || salt === undefined || keyId === undefined || bytes === undefined || more.length > 0) {
    throw new Error('not a verifier')
  }
  return {
    cost: { memoryKiB: Number(memoryKiB), passes: Number(passes) },
    salt: Buffer.from(salt, 'base64url'),
    wrapped: { keyId, bytes: Buffer.from(bytes, 'base64url') },
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
