/** What Prometheus reads of a process: counted from transcripts, and nothing of any caller in it. */
import { readFileSync } from 'node:fs'
import { beforeEach, expect, test } from 'vitest'
import type { ConfirmationsWaiting } from '../../../src/bank/confirmations/outbox.ts'
import type { CallBacksWaiting } from '../../../src/institution/call-backs.ts'
import { Metrics } from '../../../src/operations/metrics.ts'
import type { Standing } from '../../../src/operations/shown.ts'
import type { TranscriptEvent } from '../../../src/phone/transcript.ts'
import { now } from '../../../src/runtime.ts'
import { VirtualRuntime } from '../../support/virtual-runtime.ts'

let runtime: VirtualRuntime
let standing: Standing
let metrics: Metrics
let waiting: CallBacksWaiting
let isHealthy: boolean
const callBacks = { waiting: async () => waiting }
let mails: ConfirmationsWaiting
const confirmations = { waiting: async () => mails }

beforeEach(() => {
  runtime = new VirtualRuntime()
  waiting = { count: 0, since: undefined }
  mails = { count: 0, since: undefined, givenUp: 0 }
  standing = { ready: true, state: 'serving', calls: 0 }
  isHealthy = true
  const health = async () => (isHealthy ? { healthy: true as const } : { healthy: false as const, why: 'no room' })
  const counted = { openAlarms: async () => 2, callBacks, confirmations, runtime }
  metrics = new Metrics({ lines: ['bank'], standing: () => standing, health, ...counted })
})

/** The value of one series. */
async function value(series: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find(each => each.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

const asked = (step: string): TranscriptEvent => ({ event: 'asked', step, classes: ['valid'], secret: false })
const said: TranscriptEvent = { event: 'said', language: 'en', phrase: 'bank.menu', text: 'Press 2 for 8001.' }
const begins: TranscriptEvent = { event: 'answered-call', dialled: '9001', resumed: false }

test('callers to be called back are counted, and how long the first has waited', async () => {
  expect(await value('tonebank_call_backs_waiting')).toBe(0)
  expect(await value('tonebank_call_backs_oldest_seconds')).toBe(0)
  waiting = { count: 3, since: now({ runtime }) }
  await runtime.run(() => runtime.sleep(90_000))
  expect(await value('tonebank_call_backs_waiting')).toBe(3)
  expect(await value('tonebank_call_backs_oldest_seconds')).toBe(90)
})

test('mails to customers are counted while they wait, with how late the oldest is, and those that were given up', async () => {
  expect(await value('tonebank_confirmations_oldest_seconds')).toBe(0)
  mails = { count: 4, since: now({ runtime }), givenUp: 2 }
  await runtime.run(() => runtime.sleep(30_000))
  expect(await value('tonebank_confirmations_waiting')).toBe(4)
  expect(await value('tonebank_confirmations_oldest_seconds')).toBe(30)
  expect(await value('tonebank_confirmations_given_up')).toBe(2)
})

test('whether the books take what is written', async () => {
  expect(await value('tonebank_healthy')).toBe(1)
  isHealthy = false
  expect(await value('tonebank_healthy')).toBe(0)
})

test('calls are counted while they last, and by how they ended', async () => {
  const tell = metrics.beside(() => {}, 'bank')
  expect(await value('tonebank_calls_active{line="bank"}')).toBe(0)
  tell(begins)
  expect(await value('tonebank_calls_active{line="bank"}')).toBe(1)
  tell(asked('buy.amount'))
  await runtime.run(() => runtime.sleep(42_000))
  tell({ event: 'ended', how: 'caller-left' })
  expect(await value('tonebank_calls_active{line="bank"}')).toBe(0)
  expect(await value('tonebank_calls_total{line="bank",outcome="caller-left"}')).toBe(1)
  expect(await value('tonebank_calls_total{line="bank",outcome="fault"}')).toBe(0)
  expect(await value('tonebank_calls_left_total{line="bank",step="buy.amount"}')).toBe(1)
  expect(await value('tonebank_call_duration_seconds_sum{line="bank"}')).toBe(42)
})

test('who said goodbye has not given up anywhere', async () => {
  const tell = metrics.beside(() => {}, 'bank')
  for (const event of [begins, asked('bank.menu'), { event: 'ended', how: 'said-goodbye' } as const]) tell(event)
  expect(await metrics.text()).not.toContain('tonebank_calls_left_total{')
})

test('a key is measured until the next prompt, and silence is no key', async () => {
  const tell = metrics.beside(() => {}, 'bank')
  tell(begins)
  tell({ event: 'answered', step: 'bank.menu', answer: 'valid' })
  await runtime.run(() => runtime.sleep(30))
  tell(said)
  tell(said)
  tell({ event: 'answered', step: 'bank.menu', answer: 'silence' })
  tell(said)
  expect(await value('tonebank_key_to_prompt_seconds_count{line="bank"}')).toBe(1)
  expect(await value('tonebank_key_to_prompt_seconds_sum{line="bank"}')).toBeCloseTo(0.03)
})

test('commits, the event loop, readiness, draining and alarms', async () => {
  metrics.committed(4)
  metrics.loopWasLate(12)
  expect(await value('tonebank_commit_seconds_sum')).toBe(0.004)
  expect(await value('tonebank_event_loop_delay_seconds_bucket{le="0.02"}')).toBe(1)
  expect(await value('tonebank_event_loop_delay_seconds_bucket{le="0.01"}')).toBe(0)
  expect([await value('tonebank_ready'), await value('tonebank_draining')]).toEqual([1, 0])
  standing = { ready: false, state: 'draining', calls: 1 }
  expect([await value('tonebank_ready'), await value('tonebank_draining')]).toEqual([0, 1])
  expect(await value('tonebank_alarms_open')).toBe(2)
  expect(await value('tonebank_resident_memory_bytes')).toBeGreaterThan(1e7)
})

test('no label holds a digit, whatever the transcript says', async () => {
  const tell = metrics.beside(() => {}, 'bank')
  const answered: TranscriptEvent = { event: 'answered', step: 'bank.menu', answer: 'key-2' }
  for (const event of [begins, said, asked('bank.menu'), answered, said, { event: 'ended', how: 'gave-up' } as const])
    tell(event)
  const text = await metrics.text()
  const labels = [...text.matchAll(/(\w+)="([^"]*)"/g)].filter(([, name]) => name !== 'le')
  expect(labels.length).toBeGreaterThan(5)
  for (const [whole] of labels) expect(whole).not.toMatch(/\d/)
  expect(text).not.toMatch(/9001|8001/)
})

test('every metric of the dashboard is among them', async () => {
  const tell = metrics.beside(() => {}, 'bank')
  const answered: TranscriptEvent = { event: 'answered', step: 'bank.menu', answer: 'valid' }
  for (const event of [begins, asked('bank.menu'), answered, said, { event: 'ended', how: 'gave-up' } as const])
    tell(event)
  const dashboard = readFileSync('docs/operations/grafana.json', 'utf8')
  const { panels } = JSON.parse(dashboard) as { panels: { targets: { expr: string }[] }[] }
  const used = new Set(
    panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/tonebank_\w+/g) ?? [])),
  )
  const text = await metrics.text()
  expect(used.size).toBeGreaterThan(8)
  for (const name of used) expect(text, name).toMatch(new RegExp(`^${name}[{ ]`, 'm'))
  const made = [...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name)
  for (const name of made)
    expect(
      [...used].some(each => each.startsWith(name)),
      `${name} is shown`,
    ).toBe(true)
})
