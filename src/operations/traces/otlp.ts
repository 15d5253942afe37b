/** Spans as the collector reads them: OTLP's `ExportTraceServiceRequest` in JSON, ids in hexadecimal, times in nanoseconds as text (OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"). */
import type { Attributes, Link } from '@opentelemetry/api'
import type { EndedSpan } from './spans.ts'

export function encodeSpans(institution: string, spans: readonly EndedSpan[]) {
  const resource = { 'service.name': 'tonebank', 'service.namespace': 'tonebank', 'service.instance.id': institution }
  return {
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(resource) },
        scopeSpans: [{ scope: { name: 'tonebank' }, spans: spans.map(encodeSpan) }],
      },
    ],
  }
}

function encodeSpan(span: EndedSpan) {
  const { context, parentSpanId, name, kind, beganAt, endedAt, attributes, events, links, status } = span
  return {
    ...{ traceId: context.traceId, spanId: context.spanId },
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    // The API counts kinds from 0, the protocol from 1.
    kind: kind + 1,
    ...{ startTimeUnixNano: nanoseconds(beganAt), endTimeUnixNano: nanoseconds(endedAt) },
    attributes: encodeAttributes(attributes),
    events: events.map(event => ({
      ...{ timeUnixNano: nanoseconds(event.at), name: event.name },
      attributes: encodeAttributes(event.attributes),
    })),
    links: links.map(encodeLink),
    status: { code: status.code },
  }
}

const encodeLink = ({ context: { traceId, spanId }, attributes = {} }: Link) => ({
  ...{ traceId, spanId },
  attributes: encodeAttributes(attributes),
})

function encodeAttributes(attributes: Attributes) {
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ({
      key,
      value: typeof value === 'boolean' ? { boolValue: value } : { stringValue: String(value) },
    }))
}

const nanoseconds = (milliseconds: number): string => `${milliseconds}000000`
