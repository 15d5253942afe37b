/**
 * What is kept of calls, for as long as an institution says and no longer: when a call began, on which line, for how long, how it ended, and of a
 * caller who signed in what they asked for. One file for each date in its zone, which is removed as a whole when its time is over: unlike a
 * row of the books, nothing of it stays in a log. No digit that was keyed is in it: an account is named by a keyed fingerprint of its number.
 */
import { createHmac } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CallInquiry } from '../bank/call-inquiries.ts'
import type { AccountNumber } from '../ids.ts'
import { type Call, CallOver } from '../phone/call.ts'
import { CallGone } from '../phone/line.ts'
import type { CallScript } from '../phone/serve-call.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'

export interface KeptCall {
  /** As the log names it. */
  readonly call: string
  readonly line: string
  /** When it was answered, in milliseconds since 1970. */
  readonly at: number
  readonly seconds: number
  readonly how: 'finished' | 'caller-left' | 'fault'
  /** What a caller who signed in asked for, in order: the request, and its outcome where it has one. */
  readonly did: readonly { readonly at: number; readonly what: string; readonly outcome?: string }[]
}

/** As a line of a file. `customer`: the fingerprint of the account. */
type Line = KeptCall & { readonly customer?: string }

/** Of one call, while it lasts. */
export interface CallRecord {
  signedIn(account: AccountNumber): void
  did(what: string, outcome: string | undefined): void
  /** A request that goes on when its caller has left; the record waits for it. */
  waitsFor(request: Promise<unknown>): void
}

export interface CallRecordParts {
  readonly runtime: Runtime
  /** Of the institution. */
  readonly folder: string
  /** IANA name. */
  readonly timeZone: string
  readonly keepDays: number
  /** By which accounts are named. */
  readonly key: Secret
  readonly troubled: (error: unknown) => void
}

const dayMs = 86_400_000
const everyMs = 3_600_000
const fileOf = /^(\d{4}-\d\d-\d\d)\.ndjson$/

export class CallRecords {
  readonly #parts: CallRecordParts
  readonly #folder: string
  readonly #dates: Intl.DateTimeFormat

  constructor(parts: CallRecordParts) {
    this.#parts = parts
    this.#folder = join(parts.folder, 'calls')
    // Swedish writes a date as ISO 8601 does.
    this.#dates = new Intl.DateTimeFormat('sv-SE', { timeZone: parts.timeZone })
  }

  get keepDays(): number {
    return this.#parts.keepDays
  }

  /** A script whose calls are recorded. */
  recording(line: string, script: (call: Call, record: CallRecord) => Promise<void>): CallScript {
    return async call => {
      const { runtime } = this.#parts
      const [at, beganMs] = [now({ runtime }), runtime.monotonicMs()]
      const did: { at: number; what: string; outcome?: string }[] = []
      const pending = new Set<Promise<unknown>>()
      let customer: string | undefined
      const record: CallRecord = {
        signedIn: account => {
          customer = this.#nameOf(account)
        },
        did: (what, outcome) =>
          void did.push({ at: now({ runtime }), what, ...(outcome !== undefined && { outcome }) }),
        waitsFor: request => {
          const settled = request.catch(() => {}).finally(() => pending.delete(settled))
          pending.add(settled)
        },
      }
      let how: KeptCall['how'] = 'finished'
      try {
        await script(call, record)
      } catch (reason) {
        how = reason instanceof CallGone ? 'caller-left' : reason instanceof CallOver ? 'finished' : 'fault'
        throw reason
      } finally {
        const seconds = Math.round((runtime.monotonicMs() - beganMs) / 1_000)
        const kept = { call: call.id, line, at, seconds, how }
        // Nobody waits for it: neither the caller nor the next call.
        void this.#keep([...pending], () => ({ ...kept, ...(customer !== undefined && { customer, did }) }))
      }
    }
  }

  /** Of calls that signed in to the account, oldest first: those in progress come when they have ended. */
  async of(account: AccountNumber): Promise<readonly KeptCall[]> {
    const name = this.#nameOf(account)
    const found: KeptCall[] = []
    for (const date of await this.#kept()) {
      const text = await readFile(join(this.#folder, `${date}.ndjson`), 'utf8')
      for (const line of text.split('\n')) {
        const read = lineIn(line)
        if (read?.customer !== name) continue
        const { customer: _theirs, ...kept } = read
        found.push(kept)
      }
    }
    return found.toSorted((a, b) => a.at - b.at)
  }

  /** Who asks, and why, with their signature: on the disk before they see anything, and never erased. */
  async noteAsked({ account, why, by }: CallInquiry): Promise<void> {
    const { signer, at, signature } = by
    const asked = {
      signer,
      at,
      account: this.#nameOf(account),
      why,
      signature: Buffer.from(signature).toString('base64url'),
    }
    await appendFile(join(this.#parts.folder, 'call-inquiries.ndjson'), `${JSON.stringify(asked)}\n`, {
      mode: 0o600,
      flush: true,
    })
  }

  /** The oldest date of which there is a record, `2026-11-28`. */
  async oldest(): Promise<string | undefined> {
    return (await this.#kept())[0]
  }

  /** Removes every date that is older than what is kept. @returns which */
  async erase(): Promise<readonly string[]> {
    const { runtime, keepDays } = this.#parts
    const first = this.#dates.format(now({ runtime }) - keepDays * dayMs)
    const over = (await this.#kept()).filter(date => date < first)
    for (const date of over) await rm(join(this.#folder, `${date}.ndjson`))
    return over
  }

  /** Erases now and every hour, so that each date goes in the night in which its time is over. `also`: what else goes then. */
  async keepErasing(signal: AbortSignal, also: (before: number) => void = () => {}): Promise<void> {
    const { runtime, keepDays, troubled } = this.#parts
    while (!signal.aborted) {
      try {
        await runtime.work(this.erase())
        also(now({ runtime }) - keepDays * dayMs)
      } catch (error) {
        troubled(error)
      }
      await runtime.sleep(everyMs, signal).catch(() => {})
    }
  }

  async #keep(pending: readonly Promise<unknown>[], line: () => Omit<Line, 'did'> & Partial<Line>): Promise<void> {
    try {
      await Promise.all(pending)
      await this.#parts.runtime.work(this.#append(line()))
    } catch (error) {
      this.#parts.troubled(error)
    }
  }

  async #append(kept: Omit<Line, 'did'> & Partial<Line>): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const file = join(this.#folder, `${this.#dates.format(kept.at)}.ndjson`)
    await appendFile(file, `${JSON.stringify({ ...kept, did: kept.did ?? [] })}\n`, { mode: 0o600 })
  }

  /** Dates, oldest first. */
  async #kept(): Promise<readonly string[]> {
    const names = await readdir(this.#folder).catch(() => [])
    return names.flatMap(name => fileOf.exec(name)?.[1] ?? []).toSorted()
  }

  #nameOf(account: AccountNumber): string {
    return createHmac('sha256', this.#parts.key.reveal()).update(account).digest('base64url')
  }
}

/** Undefined: it was cut off by a crash. */
function lineIn(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
