/** One id for what a call leads to: through the logs, the letters between institutions and the books, and at a collector of spans. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { InstitutionId } from '../../../src/ids.ts'
import { openLog } from '../../../src/operations/log.ts'
import { callLog } from '../../../src/operations/traces/call-log.ts'
import { SpanExport } from '../../../src/operations/traces/export.ts'
import { findTraces } from '../../../src/operations/traces/find.ts'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { databaseIn } from '../../../src/store/connection.ts'
import { openCollector } from '../../support/collector.ts'
import { institutionId } from '../../support/ids.ts'
import { significant, tracesIn } from '../../support/leaks/traces.ts'
import { letLettersArrive } from '../../support/network/network.ts'
import { digitsHeard, openTown, signingIn, type Town } from './callers.ts'

const harbour = institutionId('harbour')
const lantern = institutionId('lantern')

interface Line {
  readonly traceId?: string
  readonly traced?: string
  readonly letter?: string
  readonly causedBy?: string
  readonly event?: string
  readonly name?: string
  readonly id?: string
}

/** A bank and a payee that write their logs into folders of their own. */
async function tracedTown() {
  const folders = new Map<InstitutionId, string>()
  const parts = new Map<InstitutionId, { readonly log: ReturnType<typeof openLog>; readonly traces: Traces }>()
  for (const id of [harbour, lantern]) {
    const folder = mkdtempSync(join(tmpdir(), `tonebank-traces-${id}-`))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const log = openLog(folder)
    folders.set(id, folder)
    parts.set(id, { log, traces: new Traces({ runtime: systemRuntime, institution: id, log }) })
  }
  const partsOf = (id: InstitutionId) => {
    const found = parts.get(id)
    if (found === undefined) throw new Error(`${id} is not of this town`)
    return found
  }
  const folderOf = (id: InstitutionId) => folders.get(id) ?? ''
  let calls = 0
  const town = await openTown({}, false, {
    tracingOf: id => partsOf(id).traces,
    logOf: (id, line) => {
      const { log, traces } = partsOf(id)
      const call = `${(++calls).toString(16).padStart(31, '0')}a`
      return callLog(log, traces.begin('call', { line, call }, { isQuiet: true }), call).transcript
    },
  })
  const linesOf = (id: InstitutionId) =>
    readFileSync(join(folderOf(id), 'log.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Line)
  /** As `tonebank trace` would. */
  const search = async (id: string, among: readonly InstitutionId[] = [harbour, lantern]) => {
    for (const [of, { store }] of [
      [harbour, town.world.harbour],
      [lantern, town.world.lantern],
    ] as const)
      writeFileSync(databaseIn(folderOf(of)), await store.snapshot())
    return findTraces(
      among.map(of => ({ id: of, folder: folderOf(of) })),
      id,
    )
  }
  return { town, linesOf, search }
}

async function buyAndPay({ world, runtime, callBank, callMerchant }: Town) {
  const { cai } = world.customers
  const bought = await callBank({
    ...signingIn(cai),
    ...{ 'bank.menu': ['2', 'hang up'], 'buy.payee': '8001#', 'buy.amount': '50#', 'buy.confirm': '1' },
    'voucher.written': '1',
  })
  await runtime.run(() =>
    letLettersArrive({ banks: [{ running: world.harbour }], payees: [{ running: world.lantern }] }),
  )
  const voucher = { number: digitsHeard(bought, 'voucher.number'), password: digitsHeard(bought, 'voucher.password') }
  const paid = await callMerchant({
    ...{ 'language.choose': ['', '1'], 'merchant.menu': '1', 'voucher.ask-number': `${voucher.number}#` },
    ...{ 'voucher.ask-password': `${voucher.password}#`, 'voucher.menu': ['1', 'hang up'], 'pay.amount': '12*5#' },
    'pay.confirm': '1',
  })
  expect(paid.said).toContain('pay.done')
  return { secrets: [cai.pin, cai.account, voucher.number, voucher.password] }
}

test('a purchase and a payment have one id each, at every institution that they lead to', async () => {
  const collector = await openCollector()
  onTestFinished(() => collector.close())
  const troubles: unknown[] = []
  const exported = new SpanExport({
    ...{ runtime: systemRuntime, institution: 'town', troubled: error => troubles.push(error) },
    collector: { url: collector.url, headers: {} },
  })
  exported.begin()
  const { town, linesOf, search } = await tracedTown()
  const { secrets } = await buyAndPay(town)
  await exported.close()
  expect(troubles).toEqual([])

  // Every line of either log is of a trace; those of a call are of one.
  for (const id of [harbour, lantern]) for (const line of linesOf(id)) expect(line.traceId).toMatch(/^[0-9a-f]{32}$/)
  const ofCall = (id: InstitutionId) => new Set(linesOf(id).flatMap(line => (line.event ? [line.traceId] : [])))
  expect(ofCall(harbour).size).toBe(1)
  expect(ofCall(lantern).size).toBe(1)
  const [purchase = ''] = ofCall(harbour)
  const [payment = ''] = ofCall(lantern)

  // The payee took the bank's letter in a trace of its own, and says what the letter told of the bank's, which is not that trace itself.
  const activation = linesOf(lantern).find(({ letter }) => letter === 'activation')
  const [taking = '', told = ''] = [activation?.traceId, activation?.causedBy]
  expect(activation).toMatchObject({ traced: 'letter' })
  expect(new Set([purchase, taking, payment, told, '']).size).toBe(5)
  expect(JSON.stringify(linesOf(lantern))).not.toContain(purchase)

  // Books and logs say it for whoever looks, by the trace, by what a letter told of it, by where it led to or by the request.
  for (const id of [purchase, told, taking]) {
    const found = await search(id)
    expect(found.map(({ institution, trace }) => [institution, trace])).toEqual(
      expect.arrayContaining([
        [harbour, purchase],
        [lantern, taking],
      ]),
    )
    expect(found.find(({ trace }) => trace === purchase)).toMatchObject({
      decided: [{ kind: 'sale', outcome: 'sold' }],
      written: [
        { type: 'activation', to: lantern, told },
        { type: 'stock-order', to: lantern },
      ],
    })
    expect(found.find(({ trace }) => trace === taking)).toMatchObject({
      taken: [{ type: 'activation', from: harbour, told }],
    })
  }
  // A payee elsewhere can ask the bank alone.
  expect(await search(told, [harbour])).toMatchObject([{ institution: harbour, trace: purchase }])
  expect(await search('c0ffee00'.repeat(4))).toEqual([])
  const request = linesOf(lantern).find(({ event }) => event === 'intent')?.id ?? ''
  const paid = await search(request)
  expect(paid).toMatchObject([
    { institution: lantern, trace: payment, decided: [{ kind: 'payment', outcome: 'paid' }] },
  ])

  // The collector was sent the same.
  const spanOf = (trace: string) => collector.spans.find(({ traceId }) => traceId === trace)
  expect(spanOf(purchase)).toMatchObject({
    name: 'call',
    attributes: { 'tonebank.institution': harbour, 'tonebank.line': 'bank', 'tonebank.outcome': 'caller-left' },
  })
  expect(spanOf(purchase)?.events.map(event => event.attributes['tonebank.step'])).toContain('buy.amount')
  expect(spanOf(taking)).toMatchObject({
    name: 'letter',
    attributes: {
      ...{ 'tonebank.institution': lantern, 'tonebank.letter': 'activation', 'tonebank.from': harbour },
      'tonebank.causedBy': told,
    },
    links: [],
  })
  expect(spanOf(payment)?.attributes).toMatchObject({ 'tonebank.institution': lantern, 'tonebank.line': 'merchant' })

  // Nothing that was keyed is in what they say.
  const said = collector.spans.map(({ name, attributes, events }) => JSON.stringify({ name, attributes, events }))
  expect(significant(tracesIn(Buffer.from(said.join('\n')), secrets))).toEqual([])
})
