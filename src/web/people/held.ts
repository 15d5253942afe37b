/** What was read back to somebody and waits for their signature: in their session, and nowhere else. */
import type { IntentId } from '../../ids.ts'

/** More is kept of nobody; the oldest gives way. */
const mostHeld = 20

export class HeldForms<T> {
  readonly #held = new Map<IntentId, T>()

  hold(intent: IntentId, held: T): void {
    this.#held.set(intent, held)
    const [oldest] = this.#held.keys()
    if (this.#held.size > mostHeld && oldest !== undefined) this.#held.delete(oldest)
  }

  held(intent: IntentId | undefined): T | undefined {
    return intent && this.#held.get(intent)
  }
}

/** What was read back and waits for its maker's signature. */
export interface HeldProposal {
  readonly kind: string
  readonly request: Readonly<Record<string, unknown>>
  readonly why: string
  readonly content: Uint8Array
  readonly digest: string
  /** What the passkey signs, base64url. */
  readonly challenge: string
}
