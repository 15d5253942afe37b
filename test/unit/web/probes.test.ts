/** What machines ask, over real sockets of the loopback. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import type { OpenServer } from '../../../src/web/server.ts'
import { openOperations, openProbes } from '../../../src/web/web.ts'

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
  const all = await openOperations(0, {
    ...{ ...parts, catalogue: loadCatalogue('prompts'), timeZone: 'Asia/Shanghai' },
    installed: { isAsteriskAnswering: () => asterisk, standings },
    overview: async () => ({ isAsteriskAnswering: asterisk, institutions: [] }),
  })
  servers = [one, all]
  institution = one.url
  installation = all.url
})
afterEach(() => Promise.all(servers.map(server => server.close())))

async function ask(url: string): Promise<[number, unknown]> {
  const answer = await fetch(url)
  return [answer.status, await answer.json()]
}

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

test('Prometheus finds every institution by it', async () => {
  expect(await ask(`${installation}/targets`)).toEqual([
    200,
    [
      { targets: ['127.0.0.1:12001'], labels: { institution: 'harbour' } },
      { targets: ['127.0.0.1:12002'], labels: { institution: 'lantern' } },
    ],
  ])
})
