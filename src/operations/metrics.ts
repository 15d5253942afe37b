/**
 * What an institution's process counts and measures, in the text that Prometheus reads. A label is the name of a line, of a step or
 * of an outcome: never a number that somebody dialled or keyed.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Confirmations } from '../bank/confirmations/outbox.ts'
import type { CallBacks } from '../institution/call-backs.ts'
import type { Transcript, TranscriptEvent } from '../phone/transcript.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Health } from './health.ts'
import type { Standing } from './shown.ts'

type Ended = Extract<TranscriptEvent, { event: 'ended' }>['how']

const outcomes: readonly Ended[] = ['said-goodbye', 'caller-left', 'gave-up', 'fault']

/** In seconds. */
const buckets = {
  call: [5, 15, 30, 60, 90, 120, 180, 300, 600, 1_800],
  prompt: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  commit: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
  loop: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1],
}

export interface Measured {
  /** The names of its lines. */
  readonly lines: readonly string[]
  readonly standing: () => Standing
  /** Whether its books take what is written. */
  readonly health: () => Promise<Health>
  /** How many alarms nobody has acknowledged. */
  readonly openAlarms: () => Promise<number>
  /** Callers whom nobody has called back yet; of an institution with clerks. */
  readonly callBacks?: Pick<CallBacks, 'waiting'> | undefined
  /** What customers have yet to be told in writing; of a bank that writes to them. */
  readonly confirmations?: Pick<Confirmations, 'waiting'> | undefined
  /** How long another machine has lacked record keys. Undefined: there is no other machine. */
  readonly mirrorLagMs?: (() => number) | undefined
  readonly runtime: Runtime
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #runtime: Runtime
  readonly #active: Gauge<'line'>
  readonly #calls: Counter<'line' | 'outcome'>
  readonly #left: Counter<'line' | 'step'>
  readonly #duration: Histogram<'line'>
  readonly #keyToPrompt: Histogram<'line'>
  readonly #commit: Histogram
  readonly #loop: Histogram

  constructor({ lines, standing, health, openAlarms, callBacks, confirmations, mirrorLagMs, runtime }: Measured) {
    this.#runtime = runtime
    const registers = [this.#registry]
    const gauge = (name: string, help: string, value: () => Promise<number> | number) =>
      new Gauge({
        ...{ name, help, registers },
        async collect() {
          this.set(await value())
        },
      })
    this.#active = new Gauge({
      ...{ name: 'tonebank_calls_active', help: 'Calls in progress.', labelNames: ['line'], registers },
    })
    this.#calls = new Counter({
      ...{ name: 'tonebank_calls_total', help: 'Calls that have ended, by how they did.', registers },
      labelNames: ['line', 'outcome'],
    })
    this.#left = new Counter({
      ...{ name: 'tonebank_calls_left_total', help: 'Callers who left, or gave up, by what they were asked then.' },
      ...{ labelNames: ['line', 'step'], registers },
    })
    this.#duration = new Histogram({
      ...{ name: 'tonebank_call_duration_seconds', help: 'From the answer of a call to its end.', registers },
      ...{ labelNames: ['line'], buckets: buckets.call },
    })
    this.#keyToPrompt = new Histogram({
      name: 'tonebank_key_to_prompt_seconds',
      help: 'From the key that completes an answer until the next prompt is sent to Asterisk.',
      ...{ labelNames: ['line'], buckets: buckets.prompt, registers },
    })
    this.#commit = new Histogram({
      name: 'tonebank_commit_seconds',
      help: 'From the beginning of a group of commands until it is durable.',
      ...{ buckets: buckets.commit, registers },
    })
    this.#loop = new Histogram({
      name: 'tonebank_event_loop_delay_seconds',
      help: 'By how much timers of this process are late.',
      ...{ buckets: buckets.loop, registers },
    })
    gauge('tonebank_ready', '1 while the lines are connected to Asterisk and take new calls.', () =>
      Number(standing().ready),
    )
    gauge('tonebank_healthy', '1 while the books, and the disk they lie on, take what is written.', async () =>
      Number((await health()).healthy),
    )
    gauge('tonebank_draining', '1 while no new call is taken and those in progress come to their end.', () =>
      Number(standing().state === 'draining'),
    )
    gauge('tonebank_alarms_open', 'Alarms that nobody has acknowledged.', openAlarms)
    if (callBacks) {
      gauge(
        'tonebank_call_backs_waiting',
        'Callers whom nobody has called back yet.',
        async () => (await callBacks.waiting()).count,
      )
      gauge('tonebank_call_backs_oldest_seconds', 'For how long the first of them has waited.', async () => {
        const { since } = await callBacks.waiting()
        return since === undefined ? 0 : Math.max(0, (now({ runtime }) - since) / 1_000)
      })
    }
    if (confirmations) {
      gauge(
        'tonebank_confirmations_waiting',
        'Mails to customers that no mail server has taken yet.',
        async () => (await confirmations.waiting()).count,
      )
      gauge('tonebank_confirmations_oldest_seconds', 'How late the oldest of them is.', async () => {
        const { since } = await confirmations.waiting()
        return since === undefined ? 0 : Math.max(0, (now({ runtime }) - since) / 1_000)
      })
      gauge(
        'tonebank_confirmations_given_up',
        'Mails to customers that were given up, until they are erased.',
        async () => (await confirmations.waiting()).givenUp,
      )
    }
    if (mirrorLagMs)
      gauge(
        'tonebank_record_keys_lag_seconds',
        'How long the other machine has lacked keys of records; 0 while both have the same.',
        () => mirrorLagMs() / 1_000,
      )
    gauge('tonebank_resident_memory_bytes', 'Memory of this process that is in the machine.', () =>
      process.memoryUsage.rss(),
    )
    for (const line of lines) {
      this.#active.set({ line }, 0)
      for (const outcome of outcomes) this.#calls.inc({ line, outcome }, 0)
    }
  }

  /** Also hears what happens in this call. */
  beside(transcript: Transcript, line: string): Transcript {
    const beganAtMs = this.#runtime.monotonicMs()
    const seconds = (sinceMs: number) => (this.#runtime.monotonicMs() - sinceMs) / 1_000
    let answeredAtMs: number | undefined
    let step = 'none'
    return event => {
      transcript(event)
      switch (event.event) {
        case 'answered-call':
          return this.#active.inc({ line })
        case 'asked':
          step = event.step
          return
        case 'answered':
          // Silence is no key.
          answeredAtMs = event.answer === 'silence' ? undefined : this.#runtime.monotonicMs()
          return
        case 'said':
          if (answeredAtMs !== undefined) this.#keyToPrompt.observe({ line }, seconds(answeredAtMs))
          answeredAtMs = undefined
          return
        case 'ended':
          this.#active.dec({ line })
          this.#calls.inc({ line, outcome: event.how })
          if (event.how === 'caller-left' || event.how === 'gave-up') this.#left.inc({ line, step })
          return this.#duration.observe({ line }, seconds(beganAtMs))
      }
    }
  }

  committed(ms: number): void {
    this.#commit.observe(ms / 1_000)
  }

  loopWasLate(ms: number): void {
    this.#loop.observe(ms / 1_000)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
