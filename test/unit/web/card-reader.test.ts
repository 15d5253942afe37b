/** The reader of the page to start with: for pages of this machine, one at a time, and what is in the card stays in it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SoftCard } from '../../../src/card/soft/soft-card.ts'
import { systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { networkPlace, startPlace, startWeb } from '../../../src/web/web.ts'

const script = Buffer.from('')
const host = 'localhost:8400'
const [one, other] = ['1'.repeat(32), '2'.repeat(32)]
/** SELECT of the application (ISO/IEC 7816-4, section 11.2.2), which a card that is nobody's yet answers, too. */
const select = '00a4040000'

let nowMs: number
let app: ReturnType<typeof startWeb>

const partsOf = () => ({
  ...{
    runtime: { ...systemRuntime, monotonicMs: () => nowMs },
    catalogue: loadCatalogue('prompts'),
    troubled: () => {},
  },
  telephones: { lend: () => undefined },
  telephoneScripts: { 'telephone.js': script, 'card-phone.js': script, 'frames-worker.js': script },
  card: {
    insert: () => SoftCard.insert({ load: async () => undefined, save: async () => {} }, systemRuntime.random),
    directory: () => ({ message: Uint8Array.of(1, 2), key: Uint8Array.of(3) }),
  },
})
const none = () => ({ demonstration: true, institutions: [], customers: [] })

beforeEach(() => {
  nowMs = 0
  app = startWeb(startPlace(0), none, partsOf())
})
afterEach(() => app.close())

async function ask(what: string, body: object, headers: Record<string, string> = { host, origin: `http://${host}` }) {
  const answer = await app.inject({ method: 'POST', url: `/telephone/card/${what}`, headers, payload: body })
  return { status: answer.statusCode, body: answer.statusCode === 200 ? answer.json() : undefined }
}

test('commands go to the card and answers come back', async () => {
  expect((await ask('directory', {})).body).toEqual({ message: '0102', key: '03' })
  expect((await ask('begin', { reader: one })).body).toEqual({})
  const { apdu } = (await ask('transmit', { reader: one, apdu: select })).body
  expect(apdu).toMatch(/^[0-9a-f]{4,}$/)
  expect((await ask('end', { reader: one })).body).toEqual({})
  expect((await ask('transmit', { reader: one, apdu: select })).body).toEqual({ absence: 'taken-out' })
})

test('one page has it at a time, until it gives it back or has gone', async () => {
  await ask('begin', { reader: one })
  expect((await ask('begin', { reader: other })).body).toEqual({ absence: 'in-use' })
  expect((await ask('transmit', { reader: other, apdu: select })).body).toEqual({ absence: 'taken-out' })
  expect((await ask('end', { reader: other })).body).toEqual({ absence: 'taken-out' })
  await ask('end', { reader: one })
  expect((await ask('begin', { reader: other })).body).toEqual({})
  nowMs += 151_000
  expect((await ask('begin', { reader: one })).body).toEqual({})
  expect((await ask('transmit', { reader: other, apdu: select })).body).toEqual({ absence: 'taken-out' })
})

test('of two that come at once one has it', async () => {
  const both = await Promise.all([ask('begin', { reader: one }), ask('begin', { reader: other })])
  const told = both.map(({ body }) => JSON.stringify(body))
  expect(told.sort()).toEqual(['{"absence":"in-use"}', '{}'])
})

test('a page from elsewhere, and what is no command, are refused', async () => {
  for (const origin of ['https://evil.example', 'null', 'http://localhost:1'])
    expect((await ask('begin', { reader: one }, { host, origin })).status, origin).toBe(403)
  expect((await ask('begin', { reader: one }, { host })).status).toBe(403)
  for (const body of [{}, { reader: 'x' }, { reader: 5 }, { reader: one.slice(2) }])
    expect((await ask('begin', body)).status, JSON.stringify(body)).toBe(400)
  await ask('begin', { reader: one })
  for (const apdu of ['', 'xx', '0', 7, '00'.repeat(400)])
    expect((await ask('transmit', { reader: one, apdu })).status, `${apdu}`).toBe(400)
})

test('the network has no reader, and its page no card phone', async () => {
  const place = { ...networkPlace('192.0.2.1', 0, 'tonebank', { certificate: '', key: '' }), https: undefined }
  const network = startWeb(place, none, partsOf())
  const headers = { host: '192.0.2.1', origin: 'https://192.0.2.1' }
  for (const what of ['directory', 'begin', 'transmit', 'end']) {
    const answer = await network.inject({
      method: 'POST',
      url: `/telephone/card/${what}`,
      headers,
      payload: { reader: one },
    })
    expect(answer.statusCode).toBe(404)
  }
  expect((await network.inject({ url: '/', headers })).body).not.toContain('card-phone"')
  expect((await app.inject({ url: '/', headers: { host: 'localhost' } })).body).toContain('data-part="card-phone"')
  await network.close()
})
