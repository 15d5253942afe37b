/** What begins a trace and who hears of it: the log, the books by a request's id, and a collector where one is named. */
import { afterEach, describe, expect, test } from 'vitest'
import { collectorIn } from '../../../src/operations/traces/collector.ts'
import { SpanExport } from '../../../src/operations/traces/export.ts'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { once } from '../../../src/store/once.ts'
import { openStore } from '../../../src/store/open.ts'
import { parseTraceId, traceBytes, traceIdIn } from '../../../src/trace.ts'
import { type Collector, openCollector } from '../../support/collector.ts'
import { institutionId, intentId } from '../../support/ids.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).toReversed()) await each()
})

function traced() {
  const lines: Record<string, unknown>[] = []
  const log = {
    info: (line: object) => void lines.push({ ...line }),
    error: (line: object) => void lines.push({ ...line }),
  }
  return { lines, traces: new Traces({ runtime: systemRuntime, institution: 'harbour', log }) }
}

async function exporting(collector: Pick<Collector, 'url'>, runtime = systemRuntime) {
  const troubles: string[] = []
  const spans = new SpanExport({
    ...{ runtime, institution: 'harbour', troubled: error => troubles.push(String(error)) },
    collector: { url: collector.url, headers: { 'x-key': 'of ours' } },
  })
  spans.begin()
  undo.push(() => spans.close())
  return { spans, troubles }
}

async function collecting() {
  const collector = await openCollector()
  undo.push(() => collector.close())
  return collector
}

describe('a trace', () => {
  test('has an id of its own, which its one line of the log has, whatever somebody else calls it', () => {
    const { lines, traces } = traced()
    const theirs = parseTraceId('ab'.repeat(16))
    const one = traces.begin('letter', { letter: 'activation' }, { causedBy: theirs })
    const other = traces.begin('letter', { letter: 'activation' }, { causedBy: theirs })
    expect(new Set([one.id, other.id, theirs]).size).toBe(3)
    one.end('accepted')
    one.end('again')
    expect(lines).toEqual([
      { traceId: one.id, traced: 'letter', letter: 'activation', causedBy: theirs, outcome: 'accepted' },
    ])
  })

  test('that is quiet writes no line, and a fault in it does', () => {
    const { lines, traces } = traced()
    const trace = traces.begin('page', { route: '/', method: 'GET' }, { isQuiet: true })
    trace.failed(new Error('the disk is gone'))
    trace.end('500')
    expect(lines).toMatchObject([{ traceId: trace.id, error: 'Error: the disk is gone' }])
  })

  test('is known by the requests that are asked in it, of which the oldest are forgotten', () => {
    const { traces } = traced()
    const [first, last] = [intentId('first'), intentId('last')]
    const trace = traces.begin('call', {})
    trace.asks(first)
    expect(traces.traceOf(first)).toBe(trace.id)
    for (let i = 0; i < 4_095; i++) trace.asks(intentId(`${i}`))
    expect(traces.traceOf(first)).toBe(trace.id)
    trace.asks(last)
    expect(traces.traceOf(first)).toBeUndefined()
    expect(traces.traceOf(last)).toBe(trace.id)
  })

  test('stands beside what was decided in it, and asked again it is the first that stands', async () => {
    const { traces } = traced()
    const { traceOf } = traces
    const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: [], traceOf })
    undo.push(() => store.close())
    const request = { tenant: institutionId('harbour'), principal: '1001', kind: 'sale', request: {} }
    const ask = (id: string) => store.execute(tx => once(tx, { ...request, id: intentId(id) }, async () => 'sold'))
    const trace = traces.begin('call', {})
    trace.asks(intentId('traced'))
    await ask('traced')
    traces.begin('call', {}).asks(intentId('traced'))
    await ask('traced')
    await ask('untraced')
    const rows = await store.read(tx => tx.all<{ id: string; trace: Uint8Array | null }>('SELECT id, trace FROM once'))
    const noted = new Map(rows.map(row => [row.id, traceIdIn(row.trace)]))
    expect(noted).toEqual(
      new Map([
        [intentId('traced'), trace.id],
        [intentId('untraced'), undefined],
      ]),
    )
  })

  test.each(['', '00'.repeat(16), 'AB'.repeat(16), 'ab'.repeat(15), 'ab'.repeat(17)])('has no id like %j', text => {
    expect(parseTraceId(text)).toBeUndefined()
  })

  test('in a row is as it was', () => {
    const id = parseTraceId('0f'.repeat(16))
    expect(traceIdIn(traceBytes(id))).toBe(id)
    expect(traceIdIn(new Uint8Array(15))).toBeUndefined()
  })
})

describe('a collector', () => {
  test('is sent what has ended, with the key and the name of who sends', async () => {
    const collector = await collecting()
    const { spans, troubles } = await exporting(collector)
    const { traces } = traced()
    const trace = traces.begin('call', { line: 'bank' })
    trace.met('asked', { step: 'sign-in.pin' })
    trace.end('caller-left')
    traces.begin('call', { line: 'open' })
    await spans.close()
    expect(collector.spans).toMatchObject([
      {
        ...{ traceId: trace.id, name: 'call', kind: 2 },
        attributes: { 'tonebank.line': 'bank', 'tonebank.outcome': 'caller-left', 'tonebank.institution': 'harbour' },
        events: [{ name: 'asked', attributes: { 'tonebank.step': 'sign-in.pin' } }],
      },
    ])
    const [span] = collector.spans
    expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(span?.startTimeUnixNano ?? 0))
    expect(collector.headers[0]).toMatchObject({ 'x-key': 'of ours', 'content-type': 'application/json' })
    expect(collector.resources[0]).toMatchObject({ 'service.name': 'tonebank', 'service.instance.id': 'harbour' })
    expect(troubles).toEqual([])
  })

  test('that is away is asked again, is complained of once, and gets what has waited', async () => {
    const collector = await collecting()
    collector.status = 503
    const runtime = new VirtualRuntime({ seed: 7 })
    const { spans, troubles } = await exporting(collector, runtime)
    const { traces } = traced()
    const trace = traces.begin('night', {})
    await runtime.run(async () => {
      trace.end('done')
      await runtime.sleep(60_000)
      expect(collector.headers.length).toBeGreaterThan(2)
      collector.status = 200
      await runtime.sleep(60_000)
    })
    expect(collector.spans).toMatchObject([{ traceId: trace.id, name: 'night' }])
    expect(troubles).toEqual([
      'Error: traces do not arrive: Error: the collector answered 503',
      'Error: traces arrive again; 0 spans are lost',
    ])
    await spans.close()
  })

  test.each([400, 401, 404])(
    'that refuses with %i will never take those: they are given up and counted, and what is behind them arrives',
    async status => {
      const collector = await collecting()
      collector.status = status
      const runtime = new VirtualRuntime({ seed: 7 })
      const { spans, troubles } = await exporting(collector, runtime)
      const { traces } = traced()
      await runtime.run(async () => {
        for (let i = 0; i < 3; i++) traces.begin('page', {}, { isQuiet: true }).end('200')
        await runtime.sleep(600_000)
        expect(collector.headers).toHaveLength(1)
        collector.status = 200
        traces.begin('night', {}).end('done')
        await runtime.sleep(60_000)
      })
      expect(collector.spans.map(({ name }) => name)).toEqual(['night'])
      expect(troubles).toEqual([
        `Error: traces do not arrive: Error: the collector answered ${status}`,
        'Error: traces arrive again; 3 spans are lost',
      ])
      await spans.close()
    },
  )

  test.each([408, 429, 502])('that answers %i may take them later, and gets them', async status => {
    const collector = await collecting()
    collector.status = status
    const runtime = new VirtualRuntime({ seed: 7 })
    const { spans } = await exporting(collector, runtime)
    const { traces } = traced()
    await runtime.run(async () => {
      traces.begin('night', {}).end('done')
      await runtime.sleep(60_000)
      expect(collector.headers.length).toBeGreaterThan(2)
      collector.status = 200
      await runtime.sleep(60_000)
    })
    expect(collector.spans).toMatchObject([{ name: 'night' }])
    await spans.close()
  })

  test('to which they are too large gets half as many at once, and none is lost; one that is too large by itself is', async () => {
    const collector = await collecting()
    collector.mostSpans = 2
    const runtime = new VirtualRuntime({ seed: 7 })
    const { spans, troubles } = await exporting(collector, runtime)
    const { traces } = traced()
    const begun = (count: number) => {
      for (let i = 0; i < count; i++) traces.begin('page', { number: `${i}` }, { isQuiet: true }).end('200')
    }
    await runtime.run(async () => {
      begun(7)
      await runtime.sleep(60_000)
      expect(collector.spans.map(({ attributes }) => attributes['tonebank.number'])).toEqual([...'0123456'])
      expect(troubles).toEqual([])
      collector.mostSpans = 0
      begun(3)
      await runtime.sleep(60_000)
      collector.mostSpans = 1
      begun(1)
      await runtime.sleep(60_000)
    })
    expect(collector.spans).toHaveLength(8)
    expect(troubles).toEqual([
      'Error: traces do not arrive: Error: the collector answered 413',
      'Error: traces arrive again; 3 spans are lost',
    ])
    await spans.close()
  })

  test('that never comes back holds nobody up, and loses what does not fit', async () => {
    const collector = await collecting()
    collector.status = 500
    const { spans, troubles } = await exporting(collector)
    const { traces } = traced()
    for (let i = 0; i < 5_000; i++) traces.begin('page', {}, { isQuiet: true }).end('200')
    await spans.close()
    expect(collector.headers).toHaveLength(1)
    expect(troubles).toHaveLength(1)
  })

  test('is where OpenTelemetry’s own variables say', () => {
    expect(collectorIn({})).toBeUndefined()
    expect(collectorIn({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318/' })).toEqual({
      url: 'http://127.0.0.1:4318/v1/traces',
      headers: {},
    })
    expect(
      collectorIn({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/in',
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20one, x-of = two',
      }),
    ).toEqual({ url: 'https://collector.example/in', headers: { authorization: 'Bearer one', 'x-of': 'two' } })
    expect(() => collectorIn({ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://127.0.0.1:4317' })).toThrow('by http or https')
  })
})
