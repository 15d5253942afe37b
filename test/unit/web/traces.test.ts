/** A request to a page or to the API is a trace, which knows its route and nothing of what was sent. */
import { expect, onTestFinished, test } from 'vitest'
import { Traces } from '../../../src/operations/traces/traces.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { traceIdIn } from '../../../src/trace.ts'
import { payeeWeb } from '../../../src/web/web.ts'
import { shopProgram } from '../../support/api-client.ts'
import { unhurried } from '../../support/paper-browser.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'
import { openWorld } from '../../support/world.ts'

async function tracedShop() {
  const lines: Record<string, unknown>[] = []
  const log = {
    info: (line: object) => void lines.push({ ...line }),
    error: (line: object) => void lines.push({ ...line }),
  }
  const tracing = new Traces({ runtime: systemRuntime, institution: 'lantern', log })
  const runtime = new VirtualRuntime({ seed: 12 })
  const world = await openWorld({ runtime, tracingOf: () => tracing })
  const untold: unknown[] = []
  let isBroken = false
  const { lantern } = world
  const till: typeof lantern.till = {
    ...lantern.till,
    pay: request => (isBroken ? Promise.reject(new Error('the disk is gone')) : lantern.till.pay(request)),
  }
  const parts = { ...lantern, till, runtime, catalogue: loadCatalogue('prompts'), tracing }
  const told = { formKey: await lantern.keyFor('forms'), troubled: (error: unknown) => void untold.push(error) }
  const app = await payeeWeb(unhurried, { ...parts, ...told })
  onTestFinished(async () => {
    await app.close()
    await world.close()
  })
  lines.length = 0
  const shop = await shopProgram(world, app)
  const { number, password } = world.vouchers.confirmed
  const pay = (key: string) =>
    runtime.run(async () =>
      shop.post('/payments', key, { voucher: { number, password }, amount: 100, currency: 'CNY' }),
    )
  const breaks = () => {
    isBroken = true
  }
  return { world, runtime, app, lines, untold, pay, secrets: [number, password], breaks }
}

test('a payment by the API stands in the books with the trace of its request', { timeout: 60_000 }, async () => {
  const { world, lines, pay, secrets } = await tracedShop()
  expect((await pay('order 1')).statusCode).toBe(201)
  expect(lines).toEqual([
    {
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      ...{ traced: 'page', route: '/api/v1/payments', method: 'POST', outcome: '201' },
    },
  ])
  const rows = await world.lantern.store.read(tx =>
    tx.all<{ trace: Uint8Array | null }>('SELECT trace FROM once WHERE trace IS NOT NULL'),
  )
  expect(rows.map(({ trace }) => traceIdIn(trace))).toEqual([lines[0]?.['traceId']])
  for (const secret of secrets) expect(JSON.stringify(lines)).not.toContain(secret)
})

test('a fault is told once, with the trace', async () => {
  const { lines, untold, pay, breaks } = await tracedShop()
  breaks()
  expect((await pay('order 1')).statusCode).toBe(500)
  expect(untold).toEqual([])
  expect(lines).toMatchObject([{ error: 'Error: the disk is gone' }, { outcome: '500' }])
  expect(lines[0]?.['traceId']).toBe(lines[1]?.['traceId'])
})

test('what is only read, and what there is none of, writes no line', async () => {
  const { app, lines } = await tracedShop()
  const headers = { host: 'lantern.localhost' }
  expect((await app.inject({ url: '/', headers })).statusCode).toBe(200)
  expect((await app.inject({ method: 'POST', url: '/no/such/page', headers })).statusCode).toBe(404)
  expect(lines).toEqual([])
})
