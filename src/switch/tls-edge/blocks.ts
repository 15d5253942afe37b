/**
 * Which addresses of the network are shut out, for how long, and why. What an address does wrong is an offence; those of the last
 * minutes add up, and too many close the door to it: for a minute at first, longer each time. In memory only: a start forgives.
 */
import type { Runtime } from '../../runtime.ts'

/**
 * `stranger`: asked for something and did not say who it is, or gave up when it was asked. `wrong-password`: said so, and it was not
 * right. `no-sip`: sent what is no SIP. `no-tls`: began no connection that can be used. `too-many`: connected too often.
 */
export const offences = ['stranger', 'wrong-password', 'no-sip', 'no-tls', 'too-many'] as const
export type Offence = (typeof offences)[number]

/** An address that is shut out. */
export interface Block {
  readonly address: string
  /** What it did last. */
  readonly why: Offence
  /** For how long in all, and how long still, in seconds. */
  readonly seconds: number
  readonly secondsLeft: number
}

const minuteMs = 60_000
const dayMs = 1_440 * minuteMs
/** A telephone whose password was typed wrong tries again once a minute and is never shut out for it. */
const allowed = 10
const forgivenEveryMs = 30_000
/** A minute for a mistake; whoever goes on is no mistake. */
const blockedMs = [1, 5, 30, 240, 1_440].map(minutes => minutes * minuteMs)
/** Addresses kept in mind: over TCP none can be forged. */
const mostAddresses = 4_096

interface Record {
  /** Still to be forgiven, and when that was worked out. */
  offences: number
  atMs: number
  /** How often it was shut out, until a day after the last time. */
  blocks: number
  blockedUntilMs: number
  why: Offence
}

export class Blocks {
  readonly #runtime: Runtime
  readonly #onBlocked: (block: Block) => void
  /** The one that did nothing wrong for longest comes first. */
  readonly #records = new Map<string, Record>()
  readonly #counted = new Map<Offence, number>(offences.map(offence => [offence, 0]))

  /** @param onBlocked is told of each address when it is shut out */
  constructor(runtime: Runtime, onBlocked: (block: Block) => void) {
    this.#runtime = runtime
    this.#onBlocked = onBlocked
  }

  /** How much longer the address is shut out, in whole seconds; 0: it is not. */
  secondsLeft(address: string): number {
    const leftMs = (this.#records.get(address)?.blockedUntilMs ?? 0) - this.#runtime.monotonicMs()
    return Math.max(0, Math.ceil(leftMs / 1_000))
  }

  offended(address: string, why: Offence): void {
    this.#counted.set(why, (this.#counted.get(why) ?? 0) + 1)
    // What was under way when it was shut out makes that no longer.
    if (this.secondsLeft(address) > 0) return
    const nowMs = this.#runtime.monotonicMs()
    const before = this.#records.get(address)
    const forgiven = before === undefined ? 0 : (nowMs - before.atMs) / forgivenEveryMs
    const isForgotten = before === undefined || nowMs - before.blockedUntilMs > dayMs
    const record: Record = {
      ...{ offences: Math.max(0, (before?.offences ?? 0) - forgiven) + 1, atMs: nowMs, why },
      ...{
        blocks: isForgotten ? 0 : before.blocks,
        blockedUntilMs: before?.blockedUntilMs ?? Number.NEGATIVE_INFINITY,
      },
    }
    if (record.offences > allowed) {
      const ms = blockedMs[Math.min(record.blocks, blockedMs.length - 1)] ?? dayMs
      Object.assign(record, { offences: 0, blocks: record.blocks + 1, blockedUntilMs: nowMs + ms })
    }
    this.#keep(address, record)
    if (record.blockedUntilMs > nowMs) this.#onBlocked(this.#shown(address, record))
  }

  /** How many offences there were since the start. */
  counted(): ReadonlyMap<Offence, number> {
    return this.#counted
  }

  /** Those that are shut out now, the latest first. */
  now(): readonly Block[] {
    return [...this.#records]
      .filter(([address]) => this.secondsLeft(address) > 0)
      .map(([address, record]) => this.#shown(address, record))
      .reverse()
  }

  #shown(address: string, { why, atMs, blockedUntilMs }: Record): Block {
    return {
      address,
      why,
      seconds: Math.round((blockedUntilMs - atMs) / 1_000),
      secondsLeft: this.secondsLeft(address),
    }
  }

  #keep(address: string, record: Record): void {
    this.#records.delete(address)
    this.#records.set(address, record)
    if (this.#records.size <= mostAddresses) return
    const [oldest] = this.#records.keys()
    if (oldest !== undefined) this.#records.delete(oldest)
  }
}
