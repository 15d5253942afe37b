/**
 * Who has proved a password in this call. A session is a random token in this process's memory; it ends by itself, and is
 * dead at once when the voucher's generation in the database is not the one it was made for.
 */

import { createHash } from 'node:crypto'
import type { VoucherNumber } from '../ids.ts'
import { type Runtime, randomId } from '../runtime.ts'
import type { VoucherSession } from './merchant.ts'

export interface OpenSession {
  readonly number: VoucherNumber
  readonly generation: bigint
}

/** More calls than this at once are more than an institution has lines. */
const mostSessions = 10_000

export class Sessions {
  readonly #runtime: Runtime
  readonly #lifeMs: number
  /** By the token's hash: a dump of this memory opens no session. */
  readonly #open = new Map<string, OpenSession & { readonly endsAtMs: number }>()

  constructor(runtime: Runtime, lifeMs: number) {
    this.#runtime = runtime
    this.#lifeMs = lifeMs
  }

  begin(session: OpenSession): VoucherSession {
    const token = randomId(this.#runtime)
    this.#open.set(hashOf(token), { ...session, endsAtMs: this.#runtime.monotonicMs() + this.#lifeMs })
    if (this.#open.size > mostSessions) {
      const [oldest] = this.#open.keys()
      if (oldest !== undefined) this.#open.delete(oldest)
    }
    return { voucher: session.number, token }
  }

  /** Its work is done. */
  end({ token }: VoucherSession): void {
    this.#open.delete(hashOf(token))
  }

  /** Undefined when there is no such session, or its time is over. */
  find({ voucher, token }: VoucherSession): OpenSession | undefined {
    const session = this.#open.get(hashOf(token))
    if (session === undefined || session.number !== voucher) return undefined
    return this.#runtime.monotonicMs() < session.endsAtMs ? session : undefined
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
