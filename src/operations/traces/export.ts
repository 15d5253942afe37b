/**
 * Carries spans to a collector by OTLP over HTTP, as JSON (OpenTelemetry Protocol 1.x, "OTLP/HTTP"). Loaded only where the environment names
 * one. Nobody waits for it: spans that a collector does not take in time, or refuses for good, are lost, and counted.
 */
import { trace } from '@opentelemetry/api'
import { BackOff } from '../../back-off.ts'
import { Cancellation, DeadlineExceeded, type Runtime } from '../../runtime.ts'
import { encodeSpans } from './otlp.ts'
import { type EndedSpan, ExportedSpans } from './spans.ts'

export interface Collector {
  /** Such as `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string
  /** Such as a collector's own key. */
  readonly headers: Readonly<Record<string, string>>
}

export interface ExportParts {
  readonly runtime: Runtime
  readonly institution: string
  readonly collector: Collector
  readonly troubled: (error: unknown) => void
}

/** Spans that wait, and in one request. */
const mostWaiting = 4_096
const mostAtOnce = 512
/** What came meanwhile goes along. */
const gatherMs = 2_000
const deadlineMs = 10_000
const pauses = { firstMs: 2_000, mostMs: 60_000 }

/** The collector answered, and did not take what it was sent. */
class Refused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the collector answered ${status}`)
    this.status = status
  }

  get isTooLarge(): boolean {
    return this.status === 413
  }

  /** The same request is refused however often it is sent: whatever is wrong with it, it is not the moment (RFC 9110, section 15.5). */
  get isForGood(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429
  }
}

export class SpanExport {
  readonly #parts: ExportParts
  readonly #backOff: BackOff
  readonly #waiting: EndedSpan[] = []
  /** Less than it may be, once the collector has found as much too large. */
  #mostAtOnce = mostAtOnce
  #lost = 0
  #isAway = false
  #carrying: Promise<void> | undefined
  #pausing = new Cancellation()
  #isClosed = false

  constructor(parts: ExportParts) {
    this.#parts = parts
    this.#backOff = new BackOff(parts.runtime, pauses)
  }

  /** For this process: whoever uses OpenTelemetry's API from now on is heard. An SDK that was loaded before is left in its place. */
  begin(): void {
    trace.setGlobalTracerProvider(new ExportedSpans(this.#parts.runtime, span => this.#take(span)))
  }

  /** What waits is tried once more. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#pausing.cancel('closing')
    await this.#carrying
    trace.disable()
  }

  #take(span: EndedSpan): void {
    if (this.#waiting.length >= mostWaiting) this.#lost++
    else this.#waiting.push(span)
    this.#carrying ??= this.#carry().finally(() => {
      this.#carrying = undefined
    })
  }

  async #carry(): Promise<void> {
    await this.#pause(cancelled => this.#parts.runtime.sleep(gatherMs, cancelled).catch(() => {}))
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, this.#mostAtOnce)
      const trouble = await this.#send(batch).then(
        () => undefined,
        (error: unknown) => error,
      )
      if (trouble === undefined) {
        this.#waiting.splice(0, batch.length)
        this.#back()
      } else if (trouble instanceof Refused && trouble.isTooLarge && batch.length > 1) {
        this.#mostAtOnce = Math.ceil(batch.length / 2)
      } else {
        if (!this.#isAway) this.#parts.troubled(new Error(`traces do not arrive: ${String(trouble)}`))
        this.#isAway = true
        if (this.#isClosed) return
        if (trouble instanceof Refused && trouble.isForGood) this.#lost += this.#waiting.splice(0, batch.length).length
        else await this.#pause(cancelled => this.#backOff.pause(cancelled))
      }
    }
  }

  #back(): void {
    this.#backOff.forget()
    if (this.#isAway) this.#parts.troubled(new Error(`traces arrive again; ${this.#lost} spans are lost`))
    this.#isAway = false
    this.#lost = 0
  }

  async #pause(wait: (cancelled: Cancellation) => Promise<unknown>): Promise<void> {
    if (this.#isClosed) return
    this.#pausing = new Cancellation()
    await wait(this.#pausing)
  }

  async #send(spans: readonly EndedSpan[]): Promise<void> {
    const { runtime, collector, institution } = this.#parts
    const late = new AbortController()
    const over = new Cancellation()
    void runtime.sleep(deadlineMs, over).then(
      () => late.abort(new DeadlineExceeded('a collector of traces', deadlineMs)),
      () => {},
    )
    try {
      const sent = fetch(collector.url, {
        method: 'POST',
        headers: { ...collector.headers, 'content-type': 'application/json' },
        body: JSON.stringify(encodeSpans(institution, spans)),
        redirect: 'error',
        signal: late.signal,
      })
      const answer = await runtime.work(sent)
      await answer.body?.cancel()
      if (!answer.ok) throw new Refused(answer.status)
    } finally {
      over.cancel('answered')
    }
  }
}
