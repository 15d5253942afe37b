/**
 * Tells shops of payments: carries each notice to the address that its key was made with, signed, until the shop answers
 * 2xx. Asleep until one is due; whoever writes one wakes it. Each key is carried one notice at a time, and beside every other: a
 * shop that answers nobody keeps only its own waiting.
 */
import { createHmac } from 'node:crypto'
import type { Notice, Notices } from '../merchant/till/notices.ts'
import { Cancellation, DeadlineExceeded, now, type Runtime } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import { paymentOf } from './api/written.ts'
import { sendWebhook, type WebhookRequest } from './send-webhook.ts'

export interface WebhookParts {
  readonly runtime: Runtime
  readonly notices: Notices
  readonly troubled: (error: unknown) => void
  /** Sends, and resolves with the status of the answer. Rejects when there was none. */
  readonly send?: (request: WebhookRequest) => Promise<number>
}

const deadlineMs = 10_000
/** Shops that are told at once. */
const mostAtOnce = 20
const longestSleepMs = 60_000
const pauseAfterTroubleMs = 5_000

export class Webhooks {
  readonly #parts: WebhookParts
  #sleeping: Cancellation | undefined
  /** By key. */
  readonly #underWay = new Map<string, { readonly late: AbortController; done: Promise<void> }>()
  #closed = false
  #woken = false
  readonly #watching: Promise<void>

  constructor(parts: WebhookParts) {
    this.#parts = parts
    parts.notices.onWritten(() => this.#wake())
    this.#watching = this.#watch()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#sleeping?.cancel('closing')
    for (const { late } of this.#underWay.values()) late.abort(new Error('closing'))
    await this.#watching
    await Promise.all([...this.#underWay.values()].map(({ done }) => done))
  }

  #wake(): void {
    this.#woken = true
    this.#sleeping?.cancel('woken')
  }

  async #watch(): Promise<void> {
    const { runtime, notices, troubled } = this.#parts
    while (!this.#closed) {
      this.#woken = false
      try {
        const notice = this.#underWay.size < mostAtOnce ? await notices.next([...this.#underWay.keys()]) : undefined
        const waitMs = notice === undefined ? longestSleepMs : notice.dueAt - now({ runtime })
        if (notice === undefined || waitMs > 0) await this.#sleep(Math.min(waitMs, longestSleepMs))
        else this.#carryAside(notice)
      } catch (error) {
        if (this.#closed) return
        troubled(error)
        await this.#sleep(pauseAfterTroubleMs)
      }
    }
  }

  #carryAside(notice: Notice): void {
    const { troubled } = this.#parts
    const { id } = notice.key
    const carrying = { late: new AbortController(), done: Promise.resolve() }
    this.#underWay.set(id, carrying)
    carrying.done = this.#carry(notice, carrying.late)
      .catch(async error => {
        if (this.#closed) return
        troubled(error)
        await this.#parts.runtime.sleep(pauseAfterTroubleMs)
      })
      .finally(() => {
        this.#underWay.delete(id)
        this.#wake()
      })
  }

  async #carry(notice: Notice, late: AbortController): Promise<void> {
    const { notices } = this.#parts
    const answer = await this.#send(notice, late).catch((error: unknown) =>
      error instanceof Error ? error.message : 'no answer',
    )
    // It was no fault of the shop's, and is carried again by whoever comes next.
    if (typeof answer === 'string' && this.#closed) return
    if (typeof answer === 'number' && answer >= 200 && answer < 300) return notices.delivered(notice)
    await notices.failed(notice, typeof answer === 'number' ? `it answered ${answer}` : answer)
  }

  async #send(notice: Notice, late: AbortController): Promise<number> {
    const { runtime, notices, send = sendWebhook } = this.#parts
    const secret = await notices.signingSecret(notice.key.id)
    const body = JSON.stringify({ id: notice.id, type: 'payment.made', payment: paymentOf(notice.payment) })
    const seconds = Math.trunc(runtime.wallNow() / 1_000)
    if (this.#closed) late.abort(new Error('closing'))
    const over = new Cancellation()
    void runtime.sleep(deadlineMs, over).then(
      () => late.abort(new DeadlineExceeded('a webhook', deadlineMs)),
      () => {},
    )
    try {
      const headers = {
        'content-type': 'application/json',
        'tonebank-event': notice.id,
        'tonebank-signature': signatureOf(secret, seconds, body),
      }
      return await runtime.work(
        send({ url: notice.key.webhook, headers, body, signal: late.signal, mayBeHere: notice.mayBeHere }),
      )
    } finally {
      over.cancel('answered')
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#woken || this.#closed || ms <= 0) return
    const alarm = new Cancellation()
    this.#sleeping = alarm
    await this.#parts.runtime.sleep(ms, alarm).catch(() => {})
    this.#sleeping = undefined
  }
}

/** `t=1795312800,v1=…`: HMAC-SHA-256 over the time in seconds, a point and the body, so that an old notice cannot be played back for a new one. */
export function signatureOf(secret: Secret, seconds: number, body: string): string {
  const mac = createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}
