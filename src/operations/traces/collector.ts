/** Where spans go, as OpenTelemetry's own variables say it ("OpenTelemetry Protocol Exporter", section "Configuration Options"). */
import type { Collector } from './export.ts'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Undefined: nowhere. The general address is that of a collector, below which traces have a place of their own; the one for traces is taken as
 * it stands. @throws Error when it is none
 */
export function collectorIn(environment: Environment): Collector | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: general, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = environment
  if (!general && !own) return undefined
  const url = own ? new URL(own) : new URL(`${general?.replace(/\/+$/, '')}/v1/traces`)
  if (!/^https?:$/.test(url.protocol)) throw new Error(`traces are sent by http or https, not to ${url.protocol}`)
  const said = environment['OTEL_EXPORTER_OTLP_TRACES_HEADERS'] ?? environment['OTEL_EXPORTER_OTLP_HEADERS'] ?? ''
  return { url: url.href, headers: headersIn(said) }
}

/** `name=value,name=value`, values percent-encoded (W3C Baggage). */
function headersIn(text: string): Record<string, string> {
  const pairs = text
    .split(',')
    .map(pair => /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair))
    .filter(pair => pair !== null)
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name.toLowerCase(), decodeURIComponent(value)]))
}
