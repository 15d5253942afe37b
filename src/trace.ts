/**
 * Traces: one id for whatever one call, request to a page, command, night or letter leads to, in an institution's log, in its books
 * and, as an id of each letter's own, in its letters. It is handed on by hand, and from a request to its command by the request's own id
 * (`docs/decisions/073-traces.md`).
 */
import { fromHex, toHex } from './bytes.ts'
import type { IntentId } from './ids.ts'
import type { Runtime } from './runtime.ts'

declare const brand: unique symbol

/** 16 bytes, not all zero, as 32 lower-case hexadecimal digits (W3C Trace Context, section 3.2.2.3). */
export type TraceId = string & { readonly [brand]: 'TraceId' }

const traceIdBytes = 16

export function parseTraceId(text: string): TraceId | undefined {
  return /^(?!0{32})[0-9a-f]{32}$/.test(text) ? (text as TraceId) : undefined
}

/** As books and letters have it. Undefined: it is none. */
export function traceIdIn(bytes: Uint8Array | null | undefined): TraceId | undefined {
  return bytes?.length === traceIdBytes ? parseTraceId(toHex(bytes)) : undefined
}

/** As it is bound to a row: null where there is none. */
export function traceBytes(trace: TraceId | undefined): Uint8Array | null {
  return trace === undefined ? null : fromHex(trace)
}

export function drawTraceId(runtime: Runtime): TraceId {
  return toHex(runtime.random(traceIdBytes)) as TraceId
}

/** Names, never a digit that a caller keyed: the line, the step, the route, the type of a letter. */
export type TraceFacts = Readonly<Record<string, string | boolean>>

/** What begins a trace. */
export type TraceKind = 'call' | 'page' | 'command' | 'night' | 'letter'

export interface Trace {
  readonly id: TraceId
  /** What is asked under this id from now on is asked in this trace. */
  asks(intent: IntentId): void
  /** Something happened in it. */
  met(what: string, facts?: TraceFacts): void
  /** A fault, for the log. */
  failed(error: unknown): void
  /** Once, however it ended. */
  end(outcome: string): void
}

/** In which trace something is asked. Undefined: nobody said so lately. */
export type TraceOf = (intent: IntentId) => TraceId | undefined

export interface Tracing {
  /**
   * Never throws. `causedBy`: what a letter says of its sender's trace. It is written down beside the own one, and stands for nothing.
   * `isQuiet`: its end is worth no line of the log.
   */
  begin(
    kind: TraceKind,
    facts: TraceFacts,
    how?: { readonly causedBy?: TraceId | undefined; readonly isQuiet?: boolean },
  ): Trace
  readonly traceOf: TraceOf
}
