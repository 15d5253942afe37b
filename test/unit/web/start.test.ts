/** The page that an installation starts with: PINs are for this machine alone, and in the demonstration alone. */
import { expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import type { Overview } from '../../../src/web/start/overview.ts'
import { networkPlace, startPlace, startWeb } from '../../../src/web/web.ts'

const overview: Overview = {
  demonstration: true,
  institutions: [
    {
      ...{ id: 'harbour', name: { en: 'Harbour Bank', zh: '海港银行' }, kind: 'bank', rings: ['9001'] },
      url: 'http://harbour.localhost:8401',
    },
    { id: 'lantern', name: { en: 'Lantern <Books>', zh: '灯笼书店' }, kind: 'merchant', rings: ['8001'] },
  ],
  customers: [
    {
      bank: 'harbour',
      account: '621507100998',
      pin: new Secret('730184'),
      name: { en: 'Alice', zh: '爱丽' },
      paidIn: yuan(50n),
      card: { number: '62001054330253', pin: new Secret('294017'), password: new Secret('58213946') },
    },
  ],
  softphone: { host: '127.0.0.1', port: 5060, accounts: [{ user: 'phone1', password: new Secret('sip-secret') }] },
}

const parts = {
  runtime: systemRuntime,
  catalogue: loadCatalogue('prompts'),
  troubled: (error: unknown) => {
    throw error
  },
}

test('says whom to dial, where the pages are, and with whose account', async () => {
  const app = startWeb(startPlace(0), () => overview, parts)
  const { body, statusCode, headers } = await app.inject({ url: '/', headers: { host: 'localhost' } })
  expect(statusCode).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  for (const said of [
    '9001',
    '8001',
    'http://harbour.localhost:8401',
    '6215 0710 0998',
    '730184',
    '294017',
    '58213946',
    'sip-secret',
    '5060',
  ]) {
    expect(body).toContain(said)
  }
  expect(body).toContain('Lantern &lt;Books&gt;')
  expect((await app.inject({ url: '/?lang=zh', headers: { host: 'localhost' } })).body).toContain('海港银行')
  await app.close()
})

test('is served under no other name, and listens on the loopback', async () => {
  const app = startWeb(startPlace(0), () => overview, parts)
  for (const host of ['evil.example', '127.0.0.1', 'harbour.localhost']) {
    expect((await app.inject({ url: '/', headers: { host } })).statusCode, host).toBe(421)
  }
  expect(startPlace(1).host).toBe('127.0.0.1')
  await app.close()
})

test('shows nobody’s PIN in an installation of one’s own', async () => {
  const app = startWeb(startPlace(0), () => ({ ...overview, demonstration: false }), parts)
  const { body } = await app.inject({ url: '/', headers: { host: 'localhost' } })
  expect(body).toContain('9001')
  for (const secret of ['730184', '294017', '58213946']) expect(body).not.toContain(secret)
  await app.close()
})

test('the network is shown whom to dial, and no secret, no account of this machine and no page that it cannot open', async () => {
  const place = { ...networkPlace('192.0.2.1', 0, 'tonebank', { certificate: '', key: '' }), https: undefined }
  const app = startWeb(place, () => overview, parts)
  for (const host of ['192.0.2.1:8443', 'tonebank']) {
    const { body, statusCode } = await app.inject({ url: '/', headers: { host } })
    expect(statusCode).toBe(200)
    for (const said of ['9001', '8001', '6215 0710 0998']) expect(body).toContain(said)
    for (const hidden of [
      '730184',
      '294017',
      '58213946',
      '62001054330253',
      'sip-secret',
      'phone1',
      '5060',
      'localhost',
      'npm run',
    ])
      expect(body).not.toContain(hidden)
    expect(body).toContain('PINs are shown on the machine that runs Tonebank only')
    expect(body).not.toContain('Only this machine')
  }
  expect((await app.inject({ url: '/', headers: { host: 'localhost' } })).statusCode).toBe(421)
  await app.close()
})

test('whoever buys a voucher dials the bank’s own line, and no other line that it has', async () => {
  const [bank, shop] = overview.institutions
  if (!bank || !shop) throw new Error('no institutions')
  const another = { ...bank, id: 'garden', rings: [], ringsOthers: ['9003'] }
  const bodyOf = async (institutions: Overview['institutions']) => {
    const app = startWeb(startPlace(0), () => ({ ...overview, institutions }), parts)
    const { body } = await app.inject({ url: '/', headers: { host: 'localhost' } })
    await app.close()
    return body
  }
  const body = await bodyOf([another, { ...bank, ringsOthers: ['9004'] }, shop])
  // Each stands in the list of numbers, and there alone.
  for (const number of ['9003', '9004']) expect([number, body.split(number).length]).toEqual([number, 2])
  expect(body).toContain('npm run phone -- 9001')
  const without = await bodyOf([another, shop])
  expect(without).toContain('npm run phone -- 9003')
  expect(without.split('9003').length).toBe(3)
})
