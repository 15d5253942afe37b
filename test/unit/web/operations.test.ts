/** The operators' page over real sockets: what is wrong comes first, every value is escaped, and its sections are renewed. */
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { yuan } from '../../../src/money.ts'
import { SwitchMetrics } from '../../../src/operations/switch-metrics.ts'
import { type Cancelled, systemRuntime } from '../../../src/runtime.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import type { Institution, NetworkSecurity, Shown, TrunkShown } from '../../../src/web/operations/shown.ts'
import type { OpenServer } from '../../../src/web/server.ts'
import { openOperations } from '../../../src/web/web.ts'
import { institutionId } from '../../support/ids.ts'

const well: Shown = {
  standing: { state: 'serving' },
  calls: [],
  givenUp: [],
  stock: [{ payee: 'lantern', amount: yuan(20n), count: 12, isLow: false }],
  isWritable: true,
  uneven: [],
  audit: { at: 1_795_312_800_000, findings: 0 },
  dayEnds: [{ peer: 'lantern', date: '2026-11-21', state: 'result sent', breaks: 0 }],
  alarms: [],
}
const metrics = new SwitchMetrics({ isAnswering: () => true, security: () => undefined })
const name = { en: 'Harbour <Bank>', zh: '海港银行' }

let shown: Shown | undefined
let isAsteriskAnswering: boolean
let network: NetworkSecurity | undefined
let trunks: readonly TrunkShown[]
let asked: number
let server: OpenServer

beforeEach(async () => {
  shown = well
  isAsteriskAnswering = true
  network = undefined
  trunks = []
  asked = 0
  const overview = async () => {
    asked++
    const institutions: Institution[] = [{ id: 'harbour', name, shown }]
    return { isAsteriskAnswering, network, trunks, institutions }
  }
  server = await openOperations(0, {
    ...{ runtime: systemRuntime, catalogue: loadCatalogue('prompts'), timeZone: 'Asia/Shanghai' },
    troubled: error => {
      throw error
    },
    installed: { isAsteriskAnswering: () => true, metrics, standings: async () => [] },
    overview,
  })
})
afterEach(() => server.close())

const page = async (language = 'en') => (await fetch(`${server.url}/?lang=${language}`)).text()

test('where nothing is wrong it says so, and how everything stands', async () => {
  const text = await page()
  expect(text).toContain('Everything is well')
  for (const said of [
    'Harbour &lt;Bank&gt;',
    'answers by ARI and AMI',
    'takes calls',
    'even',
    '22 Nov 2026, 10:00: nothing found',
    'lantern 2026-11-21: result sent',
    'lantern ¥20.00: 12',
    'Nobody is on the line',
  ])
    expect(text).toContain(said)
  expect(text).not.toContain('class="summary"')
  expect(await page('zh')).toContain('一切正常')
})

test('who of the network is shut out, for how long still, and what was wrong; no line of what was not', async () => {
  expect(await page()).toContain('it was started without --lan')
  network = {
    offences: new Map([
      ['stranger', 12],
      ['no-tls', 0],
    ]),
    blocks: [],
  }
  const nobody = await page()
  expect(nobody).toContain('No address is shut out')
  expect(nobody).toMatch(/What was wrong since the start: stranger 12</)
  expect(nobody).not.toContain('no-tls')
  network = { ...network, blocks: [{ address: '192.0.2.<1>', why: 'stranger', secondsLeft: 299 }] }
  const text = await page()
  expect(text).toContain('<code>192.0.2.&lt;1&gt;</code>')
  expect(text).toMatch(/4 min\s+still shut out/)
  expect(await page('zh')).toContain('之后解封')
})

test.each<[string, Partial<Shown> | undefined, RegExp]>([
  ['a process that is away', undefined, /Its process does not answer/],
  ['a process that drains', { standing: { state: 'draining' } }, /It takes no new calls/],
  ['a process without Asterisk', { standing: { state: 'no-asterisk' } }, /not connected to Asterisk/],
  ['books that cannot be written', { isWritable: false }, /Its books cannot be written. Most often the disk is full/],
  ['a trial balance that is not even', { uneven: [{ asset: 'CNY' }] }, /Debits and credits differ/],
  ['findings of an audit', { audit: { at: 1, findings: 3 } }, /The last audit found something/],
  ['a stock that runs low', { stock: [{ payee: 'x', amount: yuan(20n), count: 1, isLow: true }] }, /run low/],
  ['lines of a day end', { dayEnds: [{ peer: 'x', date: 'd', state: 's', breaks: 2 }] }, /lines that were refused/],
])('%s is said first, with what to do', async (_, how, sentence) => {
  shown = how && { ...well, ...how }
  const text = await page()
  const [, summary = ''] = /<div class="summary">(.*?)<\/div>/s.exec(text) ?? []
  expect(summary).toMatch(sentence)
  expect(text).not.toContain('Everything is well')
})

test('how many callers wait to be called back, and since when, without a number of theirs', async () => {
  expect(await page()).not.toContain('Callers to be called back')
  shown = { ...well, callBacks: { count: 3, since: 1_795_312_800_000 } }
  expect(await page()).toMatch(/Callers to be called back<\/dt><dd>3 <span class="line">the oldest since [^<]*2026/)
  shown = { ...well, callBacks: { count: 0 } }
  expect(await page('zh')).toContain('待回电的客户</dt><dd>0</dd>')
})

test('how many mails to customers wait, since when, and how many were given up', async () => {
  expect(await page()).not.toContain('Mail to customers')
  shown = { ...well, confirmations: { count: 3, since: 1_795_312_800_000, givenUp: 2 } }
  expect(await page()).toMatch(
    /Mail to customers<\/dt><dd>3 waiting <span class="line">the oldest since [^<]*2026[^<]*<\/span> <span class="line low">2 given up/,
  )
  shown = { ...well, confirmations: { count: 0, since: undefined, givenUp: 0 } }
  expect(await page('zh')).toContain('给客户的邮件</dt><dd>0 待发送</dd>')
})

test('an Asterisk that is away, and alarms with what to do, in the words of whoever raised them', async () => {
  isAsteriskAnswering = false
  const peer = institutionId('lantern')
  shown = {
    ...well,
    alarms: [{ kind: 'day-end-late', peer, detail: '<script>alert(1)</script>', at: 1_795_312_800_000 }],
  }
  const text = await page()
  expect(text).toContain('Asterisk does not answer')
  expect(text).toContain('<code>day-end-late</code> lantern')
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect(text).toContain('tonebank settle --now')
})

const call = { line: 'bank', step: 'buy.amount', callMs: 65_400, stepMs: 3_200 }

test('a call is shown with its line, its step, its times and its sound', async () => {
  shown = {
    ...well,
    calls: [
      { ...call, lossPercent: 0.26, jitterMs: 2.4 },
      { line: 'bank', callMs: 200_000, stepMs: 900 },
    ],
    givenUp: [{ line: 'bank', step: 'sign-in.pin', count: 4 }],
  }
  const text = (await page()).replaceAll(/\s+/g, ' ')
  expect(text).toContain('<code>buy.amount</code>')
  expect(text).toContain('3 sec at this step')
  expect(text).toContain('65 sec in the call · 0.3 % lost packets · 2 ms jitter')
  expect(text).toContain('before the first question')
  expect(text).toContain('3 min in the call')
  expect(text).toMatch(/<code>sign-in.pin<\/code>.*4 times/)
})

/** Events until the reader has seen `count`. */
async function events(count: number, meanwhile: () => void): Promise<readonly Record<string, string>[]> {
  const over = new AbortController()
  const answer = await fetch(`${server.url}/live?lang=en`, { signal: over.signal })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const seen: Record<string, string>[] = []
  let text = ''
  for await (const piece of answer.body ?? []) {
    text += Buffer.from(piece).toString()
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const event of whole) if (event.startsWith('data: ')) seen.push(JSON.parse(event.slice(6)))
    if (seen.length === 1) meanwhile()
    if (seen.length >= count) break
  }
  over.abort()
  return seen
}

test('a reader is sent everything once, and then what has changed', async () => {
  const [first, second] = await events(2, () => {
    shown = { ...well, calls: [call] }
  })
  expect(Object.keys(first ?? {}).sort()).toEqual(['alarms', 'calls', 'institutions', 'left', 'network', 'wrong'])
  expect(Object.keys(second ?? {})).toEqual(['calls'])
  expect(second?.['calls']).toContain('buy.amount')
})

test('the institutions are asked once for all readers, and left alone when nobody reads', async () => {
  const over = new AbortController()
  const readers = Array.from({ length: 17 }, () => fetch(`${server.url}/live`, { signal: over.signal }))
  const statuses = (await Promise.all(readers)).map(({ status }) => status)
  expect(statuses.filter(status => status === 200)).toHaveLength(16)
  expect(statuses.filter(status => status === 429)).toHaveLength(1)
  await systemRuntime.sleep(1_500)
  expect(asked).toBeLessThanOrEqual(4)
  over.abort()
  await systemRuntime.sleep(1_200)
  const before = asked
  await systemRuntime.sleep(1_500)
  expect(asked).toBe(before)
})

test('a reader that does not read is let go', async () => {
  let looks = 0
  const soon = { ...systemRuntime, sleep: (ms: number, over?: Cancelled) => systemRuntime.sleep(Math.min(ms, 5), over) }
  const quick = await openOperations(0, {
    ...{ runtime: soon, catalogue: loadCatalogue('prompts'), timeZone: 'Asia/Shanghai', troubled: () => {} },
    installed: { isAsteriskAnswering: () => true, metrics, standings: async () => [] },
    // Each time another, of which the sockets take a few megabytes.
    overview: async () => {
      const line = `${++looks}`.padEnd(200_000, '-')
      const institutions: Institution[] = [{ id: 'harbour', name, shown: { ...well, calls: [{ ...call, line }] } }]
      return { isAsteriskAnswering, network, trunks, institutions }
    },
  })
  const socket = connect(Number(new URL(quick.url).port), '127.0.0.1')
  socket.pause().on('error', () => {})
  socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  for (let before = -1; looks !== before && looks < 400; ) {
    before = looks
    await systemRuntime.sleep(500)
  }
  expect(looks).toBeGreaterThan(5)
  expect(looks).toBeLessThan(400)
  socket.destroy()
  await quick.close()
}, 30_000)

test('the page may ask its own server and no other, and has no microphone', async () => {
  const { headers } = await fetch(`${server.url}/`)
  expect(headers.get('content-security-policy')).toContain("connect-src 'self'")
  expect(headers.get('permissions-policy')).toContain('microphone=()')
})

test('each trunk is shown with how it stands, and one by which no call comes with what to do', async () => {
  trunks = [
    { name: 'carrier', state: 'registered' },
    { name: 'second', state: 'refused' },
  ]
  const text = await page()
  expect(text).toContain('<code>carrier</code></dt><dd>registered with its provider')
  expect(text).toContain('<li><code>second</code>: The provider does not take the account')
  expect(text).not.toContain('Everything is well')
  trunks = trunks.slice(0, 1)
  expect(await page()).toContain('Everything is well')
})

test('whether a trunk answers is counted', async () => {
  const counted = (state: string) =>
    new SwitchMetrics({
      ...{ isAnswering: () => true, security: () => undefined, trunks: () => [{ name: 'carrier', state }] },
    }).text()
  expect(await counted('registered')).toContain('tonebank_trunk_answers{trunk="carrier"} 1')
  expect(await counted('unreachable')).toContain('tonebank_trunk_answers{trunk="carrier"} 0')
})
