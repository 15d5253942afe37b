/**
 * Tells shops of payments: carries each notice to the address that its key was made with, signed, until the shop answers
 * 2xx. Whoever writes a notice wakes it.
 */
import { createHmac } from 'node:crypto'
import { Carrier } from '../carrier.ts'
import type { Notice, Notices } from '../merchant/till/notices.ts'
import type { Runtime } from '../runtime.ts'
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

export class Webhooks {
  readonly #carrier: Carrier<Notice>

  constructor({ runtime, notices, troubled, send = sendWebhook }: WebhookParts) {
    this.#carrier = new Carrier<Notice>({
      ...{ runtime, troubled },
      ...{ what: 'a webhook', deadlineMs: 10_000, mostAtOnce: 20, longestSleepMs: 60_000 },
      next: except => notices.next(except),
      placeOf: ({ key, dueAt }) => ({ addressee: key.id, dueAt }),
      send: async (notice, signal) => {
        const status = await send({ ...(await written(notice, notices, runtime)), signal })
        if (status < 200 || status >= 300) throw new Error(`it answered ${status}`)
      },
      arrived: notice => notices.delivered(notice),
      failed: (notice, error) => notices.failed(notice, error instanceof Error ? error.message : 'no answer'),
    })
    notices.onWritten(() => this.#carrier.wake())
  }

  close(): Promise<void> {
    return this.#carrier.close()
  }
}

async function written(notice: Notice, notices: Notices, runtime: Runtime): Promise<Omit<WebhookRequest, 'signal'>> {
  const secret = await notices.signingSecret(notice.key.id)
  const body = JSON.stringify({ id: notice.id, type: 'payment.made', payment: paymentOf(notice.payment) })
  const seconds = Math.trunc(runtime.wallNow() / 1_000)
  const headers = {
    'content-type': 'application/json',
    'tonebank-event': notice.id,
    'tonebank-signature': signatureOf(secret, seconds, body),
  }
  return { url: notice.key.webhook, headers, body, mayBeHere: notice.mayBeHere }
}

/** `t=1795312800,v1=…`: HMAC-SHA-256 over the time in seconds, a point and the body, so that an old notice cannot be played back for a new one. */
export function signatureOf(secret: Secret, seconds: number, body: string): string {
  const mac = createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}
