/**
 * Where a provider is. Its name may have several addresses, and be told another of them each time that somebody asks: calls are admitted from
 * all, and one is spoken to for as long as it answers.
 */
import { lookup } from 'node:dns/promises'
import { isIPv4 } from 'node:net'
import { type Runtime, withDeadline } from '../../runtime.ts'

/** IPv4 addresses of a name, as it is now. Rejects where there are none. */
export type LookUp = (host: string) => Promise<readonly string[]>

const lookUpMs = 5_000
/** How often it is asked whether the name has other addresses now. */
const everyMs = 300_000
/** How long an address is admitted after the name was last known to have it: names of many addresses tell a few at a time. */
const keptMs = 3_600_000

export class ProviderAddresses {
  readonly #host: string
  readonly #lookUp: LookUp
  readonly #runtime: Runtime
  /** In the order of the latest answer. */
  #listed: readonly string[] = []
  /** When each was last among them, on the monotonic clock. */
  readonly #listedAtMs = new Map<string, number>()
  #askedAtMs = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | undefined
  #spokenTo: string | undefined
  /** What did not answer, if it is another one's turn. */
  #silent: string | undefined

  constructor(host: string, lookUp: LookUp, runtime: Runtime) {
    this.#host = host
    this.#lookUp = lookUp
    this.#runtime = runtime
    if (isIPv4(host)) this.#spokenTo = host
  }

  admits(address: string): boolean {
    const listedAtMs = this.#listedAtMs.get(address) ?? Number.NEGATIVE_INFINITY
    return address === this.#spokenTo || this.#runtime.monotonicMs() - listedAtMs < keptMs
  }

  /** Which to speak to. Rejects where the name leads nowhere. */
  async current(): Promise<string> {
    if (isIPv4(this.#host)) return this.#host
    if (this.#spokenTo === undefined) {
      await this.#ask().catch(error => {
        if (this.#listed.length === 0) throw error
      })
      this.#spokenTo ??= this.#next()
      return this.#spokenTo
    }
    if (this.#runtime.monotonicMs() - this.#askedAtMs >= everyMs) void this.#ask().catch(() => {})
    return this.#spokenTo
  }

  /** The one spoken to does not: it is the next one's turn, after another look where there are some. */
  unanswered(): void {
    if (isIPv4(this.#host) || this.#spokenTo === undefined) return
    this.#silent = this.#spokenTo
    this.#spokenTo = undefined
  }

  #next(): string {
    const [first = ''] = this.#listed
    if (this.#silent === undefined) return first
    // In an order of their own: that of the answers may change each time.
    const all = [...this.#listed].sort()
    return all.find(address => address > (this.#silent ?? '')) ?? all[0] ?? first
  }

  /** One at a time, for whoever waits. */
  #ask(): Promise<void> {
    this.#asking ??= this.#askAnew().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #askAnew(): Promise<void> {
    this.#askedAtMs = this.#runtime.monotonicMs()
    const asked = this.#lookUp(this.#host)
    const listed = await withDeadline(this.#runtime, `the addresses of ${this.#host}`, lookUpMs, asked)
    if (listed.length === 0) throw new Error(`${this.#host} has no address`)
    this.#listed = listed
    const nowMs = this.#runtime.monotonicMs()
    for (const address of listed) this.#listedAtMs.set(address, nowMs)
    for (const [address, atMs] of this.#listedAtMs) if (nowMs - atMs >= keptMs) this.#listedAtMs.delete(address)
  }
}

/** By whatever this machine asks for names. */
export const lookUpAll: LookUp = async host =>
  (await lookup(host, { family: 4, all: true })).map(({ address }) => address)
