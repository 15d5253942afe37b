/** What machines ask, over real sockets of the loopback. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SwitchMetrics } from '../../../src/operations/switch-metrics.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { bareServer, listen, type OpenServer } from '../../../src/web/server.ts'
import { openOperations, openProbes, startPlace } from '../../../src/web/web.ts'

const parts = { runtime: systemRuntime, troubled: () => {} }
let healthy: boolean
let state: 'serving' | 'draining'
let asterisk: boolean
let servers: OpenServer[]
let institution: string
let installation: string

beforeEach(async () => {
  healthy = true
  state = 'serving'
  asterisk = true
  const one = await openProbes(
    0,
    {
      health: async () => (healthy ? { healthy } : { healthy, why: 'the disk is full' }),
      standing: async () => ({ ready: state === 'serving', state }),
      metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => 'tonebank_ready 1\n' },
    },
    parts,
  )
  const standings = async () => [
    { institution: 'harbour', port: 12_001, ready: state === 'serving', state },
    { institution: 'lantern', port: 12_002, ready: true, state: 'serving' },
  ]
  const blocks = [{ address: '192.0.2.1' }]
  const security = () => ({ offences: new Map([['stranger', 12]]), blocks })
  const metrics = new SwitchMetrics({ isAnswering: () => asterisk, security })
  const all = await openOperations(0, {
    ...{ ...parts, catalogue: loadCatalogue('prompts'), timeZone: 'Asia/Shanghai' },
    installed: { isAsteriskAnswering: () => asterisk, metrics, standings },
    overview: async () => ({ isAsteriskAnswering: asterisk, network: undefined, institutions: [] }),
  })
  servers = [one, all]
  institution = one.url
  installation = all.url
})
afterEach(() => Promise.all(servers.map(server => server.close())))

/** As the page with a telephone does, and it never lets go. */
function serverThatUpgrades() {
  const place = startPlace(0)
  const app = bareServer(place, systemRuntime)
  app.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: something\r\n\r\n')
  })
  return { app, place }
}

/** As a browser asks: `fetch` of Node says itself how it asks. */
async function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  const [answer] = (await once(get(url, { headers }), 'response')) as [IncomingMessage]
  answer.resume()
  return answer.statusCode
}

async function ask(url: string): Promise<[number, unknown]> {
  const answer = await fetch(url)
  return [answer.status, await answer.json()]
}

test('an installation says what its switch has counted, and names no address', async () => {
  const read = async () => (await fetch(`${installation}/metrics`)).text()
  for (const text of [await read(), await read()]) {
    expect(text).toContain('tonebank_asterisk_answers 1\n')
    expect(text).toContain('tonebank_addresses_shut_out 1\n')
    expect(text).toContain('tonebank_security_events_total{kind="stranger"} 12\n')
    expect(text).not.toContain('192.0.2.1')
  }
})

test('an institution says whether it lives, takes calls, and what it counted', async () => {
  expect(await ask(`${institution}/health`)).toEqual([200, { healthy: true }])
  expect(await ask(`${institution}/ready`)).toEqual([200, { ready: true, state: 'serving' }])
  healthy = false
  state = 'draining'
  expect(await ask(`${institution}/health`)).toEqual([503, { healthy: false, why: 'the disk is full' }])
  expect(await ask(`${institution}/ready`)).toEqual([503, { ready: false, state: 'draining' }])
  const counted = await fetch(`${institution.replace('localhost', '127.0.0.1')}/metrics`)
  expect(counted.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await counted.text()).toBe('tonebank_ready 1\n')
})

test('an installation is ready when all of it is', async () => {
  expect(await ask(`${installation}/ready`)).toMatchObject([200, { ready: true }])
  state = 'draining'
  expect(await ask(`${installation}/ready`)).toEqual([
    503,
    { ready: false, asterisk: true, institutions: { harbour: 'draining', lantern: 'serving' } },
  ])
  state = 'serving'
  asterisk = false
  expect(await ask(`${installation}/ready`)).toMatchObject([503, { ready: false, asterisk: false }])
  // Nobody brings Asterisk back by ending who watches it.
  expect(await ask(`${installation}/health`)).toEqual([200, { healthy: true, asterisk: false }])
})

test('what a page of another site has a browser load is refused, and uses nothing up', async () => {
  const elsewhere = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }
  for (const url of [`${installation}/ready`, `${institution}/health`]) {
    // More than the bucket holds, which all of this machine share.
    for (let load = 0; load < 350; load++) expect(await statusOf(url, elsewhere)).toBe(403)
    expect((await fetch(url)).status).toBe(200)
  }
  const framed = { ...elsewhere, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }
  expect(await statusOf(installation, framed)).toBe(403)
  // By a link, and by an address that was typed.
  const followed = { ...framed, 'sec-fetch-dest': 'document' }
  for (const headers of [followed, { ...elsewhere, 'sec-fetch-site': 'none' }])
    expect(await statusOf(installation, headers)).toBe(200)
})

test('a connection that became none of HTTP keeps no server from closing', async () => {
  const { app, place } = serverThatUpgrades()
  const server = await listen(app, place, parts)
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: something\r\n\r\n')
  await once(socket, 'data')
  const closed = server.close().then(() => 'closed')
  expect(await Promise.race([closed, systemRuntime.sleep(4_000).then(() => 'waits')])).toBe('closed')
  if (!socket.destroyed) await once(socket, 'close')
}, 10_000)

test('Prometheus finds every institution by it', async () => {
  expect(await ask(`${installation}/targets`)).toEqual([
    200,
    [
      { targets: ['127.0.0.1:12001'], labels: { institution: 'harbour' } },
      { targets: ['127.0.0.1:12002'], labels: { institution: 'lantern' } },
    ],
  ])
})
