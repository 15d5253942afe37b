/** What operators are shown of an institution, as its process says it. */
import type { ConfirmationsWaiting } from '../bank/confirmations/outbox.ts'
import type { StockLevel } from '../bank/stock.ts'
import type { OpenAlarm } from '../institution/alarm-book.ts'
import type { CallBacksWaiting } from '../institution/call-backs.ts'
import type { TrialBalance } from '../ledger/trial-balance.ts'
import type { AuditNote } from './audit-note.ts'
import type { CallNow, GivenUp } from './call-book.ts'

/** Whether an institution takes new calls, and why not. */
export interface Standing {
  readonly ready: boolean
  /** `away`: its process does not answer. */
  readonly state: 'serving' | 'draining' | 'no-asterisk' | 'away'
  /** In progress. */
  readonly calls: number
  /** Which Asterisk send it nobody, while others do. */
  readonly away?: readonly string[]
}

/** How draining ended. `ended`: nobody is on the line any more. `cut`: somebody was when the time was up. */
export interface Drained {
  readonly outcome: 'ended' | 'cut'
  /** Still in progress then. */
  readonly calls: number
}

/** The latest file with each counterparty. */
export interface DayEndNow {
  readonly peer: string
  readonly date: string
  readonly state: string
  /** Lines that were refused. */
  readonly breaks: number
}

export interface InstitutionOverview {
  readonly standing: Standing
  /** Whether its books take what is written: a full disk does not let them. */
  readonly isWritable: boolean
  readonly calls: readonly CallNow[]
  readonly givenUp: readonly GivenUp[]
  /** Of a bank. */
  readonly stock: readonly StockLevel[]
  readonly uneven: readonly TrialBalance[]
  readonly audit: AuditNote | undefined
  /** Records and logs of calls: for how long they are kept, and the oldest date of which there are any. */
  readonly callRecords?: { readonly keepDays: number; readonly oldest: string | undefined }
  /** Callers whom nobody has called back yet, where it has clerks. */
  readonly callBacks?: CallBacksWaiting | undefined
  /** What customers have yet to be told in writing, where it writes to them. */
  readonly confirmations?: ConfirmationsWaiting | undefined
  readonly dayEnds: readonly DayEndNow[]
  /** That nobody has acknowledged, oldest first; of very many the oldest. */
  readonly alarms: readonly OpenAlarm[]
}
