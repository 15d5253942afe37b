/**
 * The flows (RFC 5626, section 2) of all telephones: over UDP all datagrams of one address and port, over TCP one
 * connection. There are only so many, in all and of one address. When one more comes, the one that was silent for longest
 * makes room: one that nobody needs, or else one of a registration, which comes back; none that a call needs.
 */
import type { Runtime } from '../../runtime.ts'
import type { Claims } from './claims.ts'
import type { Address } from './translation.ts'

/** As many as there are RTP ports for, and some that register or try. */
const mostFlows = 2_048
const mostOfOneAddress = 1_536
/**
 * Silence after which a flow without a claim is over. More than the three minutes for which an INVITE may wait for its
 * final answer (RFC 3261, section 16.6, timer C).
 */
const silenceMs = 200_000

export interface Flow {
  readonly phone: Address
  readonly claims: Claims
  /** Whether the telephone has kept somebody waiting for longer than it may. */
  isLate(nowMs: number): boolean
  /** Gives everything back; may be called again. */
  close(): void
}

export class Flows {
  readonly #runtime: Runtime
  readonly #limits: { readonly most: number; readonly mostOfOneAddress: number }
  /** When each was last used; the one that was silent for longest comes first. */
  readonly #usedAtMs = new Map<Flow, number>()
  readonly #ofAddress = new Map<string, number>()

  constructor(runtime: Runtime, limits = { most: mostFlows, mostOfOneAddress }) {
    this.#runtime = runtime
    this.#limits = limits
  }

  /** False when there is no room, and none can be made. */
  admit(flow: Flow): boolean {
    const { address } = flow.phone
    if ((this.#ofAddress.get(address) ?? 0) >= this.#limits.mostOfOneAddress && !this.#makeRoom(address)) return false
    if (this.#usedAtMs.size >= this.#limits.most && !this.#makeRoom()) return false
    this.#usedAtMs.set(flow, this.#runtime.monotonicMs())
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1)
    return true
  }

  /** Something passed. */
  used(flow: Flow): void {
    if (this.#usedAtMs.delete(flow)) this.#usedAtMs.set(flow, this.#runtime.monotonicMs())
  }

  /** Closes it and forgets it. */
  end(flow: Flow): void {
    flow.close()
    if (!this.#usedAtMs.delete(flow)) return
    const { address } = flow.phone
    const left = (this.#ofAddress.get(address) ?? 0) - 1
    if (left > 0) this.#ofAddress.set(address, left)
    else this.#ofAddress.delete(address)
  }

  /** Ends those that are over: silent for long and needed by nobody, or late. */
  sweep(): void {
    const nowMs = this.#runtime.monotonicMs()
    for (const [flow, usedAtMs] of this.#usedAtMs) {
      const isSilent = nowMs - usedAtMs > silenceMs && !flow.claims.areOpen(nowMs)
      if (isSilent || flow.isLate(nowMs)) this.end(flow)
    }
  }

  /** Ends those of an address that neither a call nor a registration needs. */
  endOf(address: string): void {
    const nowMs = this.#runtime.monotonicMs()
    for (const flow of this.#usedAtMs.keys()) {
      if (flow.phone.address === address && !flow.claims.areOpen(nowMs)) this.end(flow)
    }
  }

  /** Asterisk has begun anew. */
  forgetCalls(): void {
    for (const flow of this.#usedAtMs.keys()) flow.claims.forgetCalls()
  }

  endAll(): void {
    for (const flow of this.#usedAtMs.keys()) this.end(flow)
  }

  get size(): number {
    return this.#usedAtMs.size
  }

  /** Whether a call or a registration needs one of an address. */
  isNeededAt(address: string): boolean {
    const nowMs = this.#runtime.monotonicMs()
    for (const flow of this.#usedAtMs.keys())
      if (flow.phone.address === address && flow.claims.areOpen(nowMs)) return true
    return false
  }

  /** Whether a call stands by this Call-ID, by whichever flow. */
  isOfCall(call: string): boolean {
    const nowMs = this.#runtime.monotonicMs()
    for (const { claims } of this.#usedAtMs.keys()) if (claims.isOfCall(call, nowMs)) return true
    return false
  }

  #makeRoom(address?: string): boolean {
    const nowMs = this.#runtime.monotonicMs()
    const flows = [...this.#usedAtMs.keys()].filter(({ phone }) => address === undefined || phone.address === address)
    const going =
      flows.find(({ claims }) => !claims.areOpen(nowMs)) ?? flows.find(({ claims }) => !claims.isInCall(nowMs))
    if (going !== undefined) this.end(going)
    return going !== undefined
  }
}
