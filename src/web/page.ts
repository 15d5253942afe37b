/**
 * What a page is made of. A page is a conversation in writing: `ask` shows what is asked, `answer` takes what was sent,
 * asks the payee's edge, and shows or goes on by a `switch` over the outcomes.
 */
import type { IntentId } from '../ids.ts'
import type { Merchant, VoucherSession } from '../merchant/merchant.ts'
import type { Money } from '../money.ts'
import type { Origin } from '../origin.ts'
import type { Runtime } from '../runtime.ts'
import type { Form } from './form.ts'
import type { Html } from './html.ts'
import type { Words } from './words.ts'

/** One request, as a page sees it. */
export interface Visit {
  readonly merchant: Merchant
  readonly runtime: Runtime
  readonly words: Words
  readonly origin: Origin
  /** What stands behind the `?`, and what was sent with a form. */
  readonly query: Form
  /** The path and query of this request, where the language switch comes back to. */
  readonly here: string
  /** The voucher that this visitor has open. */
  readonly session: VoucherSession | undefined
  /** A new id for something that is about to be asked for. */
  drawIntent(): IntentId
  /** To be put into a form that is sent to `action`. */
  formToken(action: string): string
  /** The voucher is open from now on, under a new id. */
  opened(session: VoucherSession): void
  left(): void
}

export interface Shown {
  /** 200 where nothing is said; 422 where an answer does not fit; 429 where somebody comes too often. */
  readonly status?: number
  readonly title: string
  /** In the strip that never scrolls away: what is about to be paid, or was. */
  readonly amount?: Money
  readonly body: Html
}

export type Answer = Shown | { readonly goTo: string }

export interface Page {
  readonly path: string
  ask(visit: Visit): Promise<Answer>
  answer?(visit: Visit, form: Form): Promise<Answer>
}
