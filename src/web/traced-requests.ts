/** Each request to a page or to the API is a trace of its own, from its headers to the last byte of its answer. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseIntentId } from '../ids.ts'
import type { Trace, Tracing } from '../trace.ts'

const traces = new WeakMap<FastifyRequest, Trace>()

/** Undefined: nothing is traced here, or nothing of this request's kind. */
export const traceOf = (request: FastifyRequest): Trace | undefined => traces.get(request)

/** To be called before routes are added. What is only read is worth no line of the log. */
export function traceRequests(app: FastifyInstance, tracing: Tracing | undefined): void {
  if (tracing === undefined) return
  app.addHook('onRequest', async request => {
    // As it was written in the program: what stands in its place in an address may be anything.
    const route = request.routeOptions.url
    if (route === undefined) return
    const facts = { route, method: request.method }
    traces.set(request, tracing.begin('page', facts, { isQuiet: request.method === 'GET' }))
  })
  app.addHook('onResponse', async (request, reply) => traces.get(request)?.end(`${reply.statusCode}`))
  // Whoever closes the connection first is answered nothing.
  app.addHook('onRequestAbort', async request => traces.get(request)?.end('aborted'))
}

/** A request of a form's, or of an `Idempotency-Key`, is asked in this trace. */
export function asksIn(request: FastifyRequest, intent: string): void {
  const parsed = parseIntentId(intent)
  if (parsed !== undefined) traces.get(request)?.asks(parsed)
}

/** Tells of a fault once: with the request's trace, where it has one. */
export function tellFault(request: FastifyRequest, error: unknown, troubled: (error: unknown) => void): void {
  const trace = traces.get(request)
  if (trace === undefined) troubled(error)
  else trace.failed(error)
}
