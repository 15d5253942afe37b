/** Spans that are handed to an exporter when they end: OpenTelemetry's API, as far as `traces.ts` and whoever else uses it in this process ask of it. */
import {
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { toHex } from '../../bytes.ts'
import { now, type Runtime } from '../../runtime.ts'
import { drawTraceId } from '../../trace.ts'

export interface SpanEvent {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly at: number
  readonly attributes: Attributes
}

/** A span that has ended. */
export interface EndedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly context: SpanContext
  readonly parentSpanId: string | undefined
  /** Milliseconds since 1970. */
  readonly beganAt: number
  readonly endedAt: number
  readonly attributes: Attributes
  readonly events: readonly SpanEvent[]
  readonly links: readonly Link[]
  readonly status: SpanStatus
}

/** A call of ten minutes asks some hundred questions. */
const mostEvents = 512

export class ExportedSpans implements TracerProvider, Tracer {
  readonly #runtime: Runtime
  readonly #ended: (span: EndedSpan) => void

  constructor(runtime: Runtime, ended: (span: EndedSpan) => void) {
    this.#runtime = runtime
    this.#ended = ended
  }

  getTracer(): Tracer {
    return this
  }

  startSpan(name: string, options: SpanOptions = {}, within: Context = ROOT_CONTEXT): Span {
    const parent = options.root ? undefined : trace.getSpanContext(within)
    const traceId = parent?.traceId ?? drawTraceId(this.#runtime)
    const spanId = toHex(this.#runtime.random(8))
    const context = { traceId, spanId, traceFlags: TraceFlags.SAMPLED }
    return new RecordedSpan(this.#runtime, this.#ended, { name, context, parentSpanId: parent?.spanId, options })
  }

  startActiveSpan<F extends (span: Span) => unknown>(name: string, ...rest: unknown[]): ReturnType<F> {
    const [options, within] = rest.slice(0, -1) as [SpanOptions?, Context?]
    const work = rest.at(-1) as F
    return work(this.startSpan(name, options, within)) as ReturnType<F>
  }
}

interface Began {
  readonly name: string
  readonly context: SpanContext
  readonly parentSpanId: string | undefined
  readonly options: SpanOptions
}

class RecordedSpan implements Span {
  readonly #runtime: Runtime
  readonly #ended: (span: EndedSpan) => void
  readonly #began: Began
  readonly #beganAt: number
  readonly #beganMs: number
  readonly #attributes: Attributes
  readonly #events: SpanEvent[] = []
  readonly #links: Link[]
  #name: string
  #status: SpanStatus = { code: SpanStatusCode.UNSET }
  #isOver = false

  constructor(runtime: Runtime, ended: (span: EndedSpan) => void, began: Began) {
    this.#runtime = runtime
    this.#ended = ended
    this.#began = began
    this.#beganAt = now({ runtime })
    this.#beganMs = runtime.monotonicMs()
    this.#name = began.name
    this.#attributes = { ...began.options.attributes }
    this.#links = [...(began.options.links ?? [])]
  }

  spanContext(): SpanContext {
    return this.#began.context
  }

  isRecording(): boolean {
    return !this.#isOver
  }

  setAttribute(key: string, value: Attributes[string]): this {
    this.#attributes[key] = value
    return this
  }

  setAttributes(attributes: Attributes): this {
    Object.assign(this.#attributes, attributes)
    return this
  }

  addEvent(name: string, attributes: Attributes | TimeInput = {}): this {
    const isTime = typeof attributes !== 'object' || Array.isArray(attributes) || 'getTime' in attributes
    if (this.#events.length < mostEvents)
      this.#events.push({ name, at: this.#now(), attributes: isTime ? {} : (attributes as Attributes) })
    return this
  }

  addLink(link: Link): this {
    this.#links.push(link)
    return this
  }

  addLinks(links: Link[]): this {
    this.#links.push(...links)
    return this
  }

  setStatus(status: SpanStatus): this {
    this.#status = status
    return this
  }

  updateName(name: string): this {
    this.#name = name
    return this
  }

  /** Only that there was one: what an error says may quote what somebody keyed. */
  recordException(): void {
    this.addEvent('exception')
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { context, parentSpanId, options } = this.#began
    this.#ended({
      ...{ name: this.#name, kind: options.kind ?? SpanKind.INTERNAL, context, parentSpanId },
      ...{ beganAt: this.#beganAt, endedAt: this.#now(), attributes: this.#attributes, events: this.#events },
      ...{ links: this.#links, status: this.#status },
    })
  }

  /** The time of day when it began, and how long ago that is: a clock that is set meanwhile makes no span longer. */
  #now(): number {
    return this.#beganAt + Math.round(this.#runtime.monotonicMs() - this.#beganMs)
  }
}
