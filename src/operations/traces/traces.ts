/**
 * The traces of one institution's process. Each is a span of OpenTelemetry's API, which is nothing until somebody listens (`export.ts`, or an
 * SDK that was loaded before us), and has an id in any case, which is in every line of the log that is written within it.
 */
import { type AttributeValue, trace as api, isSpanContextValid, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type { IntentId } from '../../ids.ts'
import type { Runtime } from '../../runtime.ts'
import { drawTraceId, type Trace, type TraceFacts, type TraceId, type TraceKind, type Tracing } from '../../trace.ts'

export interface TracesParts {
  readonly runtime: Runtime
  readonly institution: string
  /** Where a line of the log goes. */
  readonly log: { info(line: object): void; error(line: object): void }
}

/** Requests that are under way, with room for those of pages that were left open. */
const mostIntents = 4_096

export class Traces implements Tracing {
  readonly #parts: TracesParts
  /** Oldest first. */
  readonly #asked = new Map<IntentId, TraceId>()

  constructor(parts: TracesParts) {
    this.#parts = parts
  }

  readonly traceOf = (intent: IntentId): TraceId | undefined => this.#asked.get(intent)

  begin(
    kind: TraceKind,
    facts: TraceFacts,
    { causedBy, isQuiet = false }: NonNullable<Parameters<Tracing['begin']>[2]> = {},
  ): Trace {
    const { runtime, institution, log } = this.#parts
    const cause = causedBy === undefined ? {} : { causedBy }
    const span = api.getTracer('tonebank').startSpan(kind, {
      root: true,
      kind: kind === 'night' ? SpanKind.INTERNAL : kind === 'letter' ? SpanKind.CONSUMER : SpanKind.SERVER,
      // No link: the trace that is meant has another id, which its institution alone finds.
      attributes: { ...named({ ...facts, ...cause }), 'tonebank.institution': institution },
    })
    const context = span.spanContext()
    const id = isSpanContextValid(context) ? (context.traceId as TraceId) : drawTraceId(runtime)
    const line = { traceId: id, traced: kind, ...facts, ...cause }
    let isOver = false
    return {
      id,
      asks: intent => this.#note(intent, id),
      met: (what, more = {}) => void span.addEvent(what, named(more)),
      failed: error => {
        span.setStatus({ code: SpanStatusCode.ERROR })
        log.error({ ...line, error: String(error) })
      },
      end: outcome => {
        if (isOver) return
        isOver = true
        span.setAttribute('tonebank.outcome', outcome)
        span.end()
        if (!isQuiet) log.info({ ...line, outcome })
      },
    }
  }

  #note(intent: IntentId, trace: TraceId): void {
    // Whoever asks again moves to the end.
    this.#asked.delete(intent)
    this.#asked.set(intent, trace)
    const [oldest] = this.#asked.keys()
    if (oldest !== undefined && this.#asked.size > mostIntents) this.#asked.delete(oldest)
  }
}

const named = (facts: TraceFacts): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [`tonebank.${name}`, value]))
