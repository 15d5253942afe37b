/**
 * A trunk by TLS: calls come by the connection that we keep open to a provider whose certificate is right, with their sound under SRTP or
 * not at all, and it is opened again when it breaks. To another provider not a byte is said.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { trunkLinesOf } from '../../../bin/trunks.ts'
import { demoLines } from '../../../demo/institutions.ts'
import { extensionsConf } from '../../../dialplan/extensions.ts'
import { randomId, systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import type { Trunk } from '../../../src/switch/trunk-edge/trunk.ts'
import { openProvider, type Provider } from '../harness/provider.ts'
import { selfSigned } from '../harness/self-signed.ts'
import { until } from '../harness/until.ts'
import { FrameStage } from './frame-stage.ts'

const account = { user: 'tonebank-4711', password: new Secret('what the provider gave us') }
const [host, number] = ['127.0.0.12', '+862161234567']

let folder: string
let stage: FrameStage
let provider: Provider
let impostor: Provider

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-certificates-'))
  const right = selfSigned(folder, 'provider', `IP:${host}`)
  provider = await openProvider({ host, account, tls: right })
  impostor = await openProvider({ host, account, tls: selfSigned(folder, 'impostor', `IP:${host}`) })
  const trunk = (name: string, port: number): Trunk => ({
    ...{ name, addresses: [], attested: false, numbers: { [number]: '9001' }, key: randomId(systemRuntime) },
    provider: { host, port, transport: 'tls', authority: right.cert },
    own: { address: '127.0.0.1', port: 5080 },
    register: { account, seconds: 120 },
    calls: { mostAtOnce: 4, rate: { burst: 10, perMinute: 10 } },
  })
  const trunks = [trunk('carrier', provider.port), trunk('forged', impostor.port)]
  const dialplan = extensionsConf(demoLines, 4, trunkLinesOf(trunks))
  stage = await FrameStage.open({ 'sign-in.account': { frequencyHz: 500, seconds: 3 } }, { dialplan, trunks })
  await stage.connect()
  stage.script = async call => call.say('sign-in.account')
})
afterEach(() => stage.clear())
afterAll(async () => {
  await stage?.close()
  provider?.close()
  impostor?.close()
  if (folder) rmSync(folder, { recursive: true })
})

const encrypted = (port: number) =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 HOST', 's=-', 'c=IN IP4 HOST', 't=0 0'],
    ...[`m=audio ${port} RTP/SAVP 8 101`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:101 telephone-event/8000'],
    ...[`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${randomBytes(30).toString('base64')}`, ''],
  ].join('\r\n')

it('a call comes by our connection, its sound encrypted', async () => {
  await provider.untilRegistered()
  const call = await provider.call(number, { offer: encrypted })
  expect(call.status).toBe(200)
  await until('the line speaks', () => call.packets() > 50, 5_000)
  // 160 codes and a tag of 10 bytes (RFC 3711); in the clear a tone of 500 Hz is 16 codes again and again.
  const [codes, counts] = [call.heard(), new Map<number, number>()]
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  expect(codes.length).toBe(call.packets() * 170)
  expect(Math.max(...counts.values()) / codes.length).toBeLessThan(0.05)
  await call.hangUp()
})

it('no call is taken with its sound in the clear', async () => {
  expect((await provider.call(number)).status).toBe(488)
})

it('the line hangs up by the same connection', async () => {
  const before = provider.asked.filter(({ method }) => method === 'BYE').length
  const call = await provider.call(number, { offer: encrypted })
  await until('the line hangs up', () => provider.asked.filter(({ method }) => method === 'BYE').length > before, 8_000)
  await call.hangUp()
})

it('a provider with another’s certificate hears nothing', () => {
  expect(impostor.asked).toEqual([])
  expect(stage.asterisk.switch.trunks()).toEqual([
    { name: 'carrier', state: 'registered' },
    { name: 'forged', state: 'unreachable' },
  ])
})

it('the connection is opened again when it was lost, and the provider is told anew', async () => {
  provider.dropAll()
  await provider.untilRegistered(5_000)
  expect((await provider.call(number, { offer: encrypted })).status).toBe(200)
})
