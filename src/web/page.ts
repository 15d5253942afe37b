/**
 * What a page is made of. A page is a conversation in writing: `ask` shows what is asked, `answer` takes what was sent,
 * asks the institution's edge, and shows or goes on by a `switch` over the outcomes.
 */
import type { Readable } from 'node:stream'
import type { IntentId } from '../ids.ts'
import type { SpokenName } from '../languages.ts'
import type { Merchant, VoucherSession } from '../merchant/merchant.ts'
import type { Money } from '../money.ts'
import type { Origin } from '../origin.ts'
import type { Runtime } from '../runtime.ts'
import type { Form } from './form.ts'
import type { Html } from './html.ts'
import type { Words } from './words.ts'

/** One request, as a page of any institution sees it. `Session`: what a visitor has proved. */
export interface VisitOf<Session> {
  readonly runtime: Runtime
  readonly words: Words
  readonly origin: Origin
  /** What stands behind the `?`, and what was sent with a form. */
  readonly query: Form
  /** The path and query of this request, where the language switch comes back to. */
  readonly here: string
  readonly session: Session | undefined
  /** A new id for something that is about to be asked for. */
  drawIntent(): IntentId
  /** To be put into a form that is sent to `action`. */
  formToken(action: string): string
  /** The visitor has proved it, from now on, under a new id. */
  opened(session: Session): void
  left(): void
  /** Whether this visitor's session is still theirs, and proves anything: for what is told later than it was asked. */
  isStillOpen(): Promise<boolean>
}

/** A payer's: the session is the voucher that they have open. */
export interface Visit extends VisitOf<VoucherSession> {
  readonly merchant: Merchant
}

export interface Shown {
  /** 200 where nothing is said; 422 where an answer does not fit; 429 where somebody comes too often. */
  readonly status?: number
  readonly title: string
  /** In the strip that never scrolls away: what is about to be paid, or was. */
  readonly amount?: Money
  /** And to whom, where it is not the institution whose page it is. */
  readonly payee?: SpokenName
  /** A form on it is signed with a passkey. */
  readonly usesPasskey?: boolean
  /** Its sections are renewed as they change. */
  readonly isLive?: boolean
  /** There is a telephone on it. */
  readonly usesTelephone?: boolean
  readonly body: Html
}

/** A file to keep: sent as it is, under a name. */
export interface Kept {
  readonly file: string
  readonly type: string
  readonly content: string
}

/** Server-sent events, for as long as they come. */
export interface Streamed {
  readonly events: Readable
}

export type Answer = Shown | Kept | Streamed | { readonly goTo: string }

export interface PageOf<V> {
  readonly path: string
  /** A script asks, and no reader: nobody stays signed in by it. */
  readonly isQuiet?: boolean
  ask(visit: V): Promise<Answer>
  answer?(visit: V, form: Form): Promise<Answer>
}

export type Page = PageOf<Visit>
