/**
 * Carries what was written down to somebody outside this process, until it has arrived or is given up: what webhooks and mail have in
 * common. Asleep until something is due. Each addressee is carried to one thing at a time, and beside every other: one who answers nobody keeps
 * only their own waiting.
 */
import { Cancellation, DeadlineExceeded, now, type Runtime } from './runtime.ts'

export interface CarrierParts<Item> {
  readonly runtime: Runtime
  /** The one that has been due the longest, or will be due next, of addressees that are not among `except`. */
  readonly next: (except: readonly string[]) => Promise<Item | undefined>
  readonly placeOf: (item: Item) => { readonly addressee: string; readonly dueAt: number }
  /** Sends it. Rejects when it did not arrive; `late` says that nobody waits any more. */
  readonly send: (item: Item, late: AbortSignal) => Promise<void>
  readonly arrived: (item: Item) => Promise<void>
  /** What `send` rejected with, unless that was because of `close`: it is sent again by whoever comes next. */
  readonly failed: (item: Item, error: unknown) => Promise<void>
  readonly troubled: (error: unknown) => void
  /** For messages: `a webhook`. */
  readonly what: string
  /** How long one may take. */
  readonly deadlineMs: number
  /** How many at the same time. */
  readonly mostAtOnce: number
  /** How long it sleeps where nobody wakes it. */
  readonly longestSleepMs: number
}

const pauseAfterTroubleMs = 5_000

/** 10 s, 20 s, 40 s, up to 4 h, for two days and a half in all. */
const mostTries = 25

/** When something is sent again that has failed `tries` times before this. Undefined: it is given up. */
export function nextTry(tries: number, at: number): number | undefined {
  return tries + 1 >= mostTries ? undefined : at + Math.min(10_000 * 2 ** tries, 14_400_000)
}

export class Carrier<Item> {
  readonly #parts: CarrierParts<Item>
  #sleeping: Cancellation | undefined
  /** By addressee. */
  readonly #underWay = new Map<string, { readonly late: AbortController; done: Promise<void> }>()
  #closed = false
  #woken = false
  readonly #watching: Promise<void>

  constructor(parts: CarrierParts<Item>) {
    this.#parts = parts
    this.#watching = this.#watch()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#sleeping?.cancel('closing')
    for (const { late } of this.#underWay.values()) late.abort(new Error('closing'))
    await this.#watching
    await Promise.all([...this.#underWay.values()].map(({ done }) => done))
  }

  /** There may be something new. */
  wake(): void {
    this.#woken = true
    this.#sleeping?.cancel('woken')
  }

  async #watch(): Promise<void> {
    const { runtime, next, placeOf, troubled, mostAtOnce, longestSleepMs } = this.#parts
    while (!this.#closed) {
      this.#woken = false
      try {
        const item = this.#underWay.size < mostAtOnce ? await next([...this.#underWay.keys()]) : undefined
        const waitMs = item === undefined ? longestSleepMs : placeOf(item).dueAt - now({ runtime })
        if (item === undefined || waitMs > 0) await this.#sleep(Math.min(waitMs, longestSleepMs))
        else this.#carryAside(item)
      } catch (error) {
        if (this.#closed) return
        troubled(error)
        await this.#sleep(pauseAfterTroubleMs)
      }
    }
  }

  #carryAside(item: Item): void {
    const { runtime, troubled, placeOf } = this.#parts
    const { addressee } = placeOf(item)
    const carrying = { late: new AbortController(), done: Promise.resolve() }
    this.#underWay.set(addressee, carrying)
    carrying.done = this.#carry(item, carrying.late)
      .catch(async error => {
        if (this.#closed) return
        troubled(error)
        await runtime.sleep(pauseAfterTroubleMs)
      })
      .finally(() => {
        this.#underWay.delete(addressee)
        this.wake()
      })
  }

  async #carry(item: Item, late: AbortController): Promise<void> {
    const { arrived, failed } = this.#parts
    try {
      await this.#send(item, late)
    } catch (error) {
      // It was nobody's fault, and is sent again by whoever comes next.
      if (this.#closed) return
      return failed(item, error)
    }
    await arrived(item)
  }

  async #send(item: Item, late: AbortController): Promise<void> {
    const { runtime, send, what, deadlineMs } = this.#parts
    if (this.#closed) late.abort(new Error('closing'))
    const over = new Cancellation()
    void runtime.sleep(deadlineMs, over).then(
      () => late.abort(new DeadlineExceeded(what, deadlineMs)),
      () => {},
    )
    try {
      await runtime.work(send(item, late.signal))
    } finally {
      over.cancel('answered')
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#closed || ms <= 0) return
    const alarm = new Cancellation()
    this.#sleeping = alarm
    await this.#parts.runtime.sleep(ms, alarm).catch(() => {})
    this.#sleeping = undefined
  }
}
