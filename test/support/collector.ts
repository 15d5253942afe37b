/** A collector of spans on the loopback, by OTLP over HTTP as JSON: it keeps what it is sent, and may refuse. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface CollectedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

export interface Collector {
  readonly url: string
  readonly spans: CollectedSpan[]
  readonly headers: IncomingHttpHeaders[]
  /** Of each request, what told who sends. */
  readonly resources: Readonly<Record<string, unknown>>[]
  /** What it answers from now on. */
  status: number
  /** Of more spans in one request than this it says that they are too large. */
  mostSpans: number
  close(): Promise<void>
}

export async function openCollector(): Promise<Collector> {
  const collector = {
    spans: [] as CollectedSpan[],
    headers: [] as IncomingHttpHeaders[],
    resources: [] as Record<string, unknown>[],
  }
  const state = { status: 200, mostSpans: Number.POSITIVE_INFINITY }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(parts).toString()) as SentSpans
      const count = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length
      const status = count > state.mostSpans ? 413 : state.status
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
      collector.headers.push(request.headers)
      if (status !== 200) return
      for (const { resource, scopeSpans } of resourceSpans) {
        collector.resources.push(read(resource.attributes))
        for (const { spans } of scopeSpans) collector.spans.push(...spans.map(readSpan))
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    ...collector,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    get status() {
      return state.status
    },
    set status(status) {
      state.status = status
    },
    get mostSpans() {
      return state.mostSpans
    },
    set mostSpans(most) {
      state.mostSpans = most
    },
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

interface SentSpans {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[]
  }[]
}

interface SentSpan extends Omit<CollectedSpan, 'attributes' | 'events'> {
  readonly attributes: readonly Attribute[]
  readonly events: readonly { readonly name: string; readonly attributes: readonly Attribute[] }[]
}

function readSpan(span: SentSpan): CollectedSpan {
  const events = span.events.map(event => ({ ...event, attributes: read(event.attributes) }))
  return { ...span, attributes: read(span.attributes), events }
}

const read = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
