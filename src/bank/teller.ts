/** What people of a bank do and look up at its branch. */
import type { AccountNumber } from '../ids.ts'
import type { Closings } from '../keys/origin-tries.ts'
import { now } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { Branch } from './branch.ts'
import { type CallInquiry, type InquiryJudged, judgeInquiry } from './call-inquiries.ts'
import { shownAddress } from './confirmations/address.ts'
import { drawPin } from './counter.ts'
import { drawAccountNumber, openCustomer } from './customers.ts'
import { type PendingTransfer, pendingTransfers } from './interbank/news.ts'
import { type BankStanding, standings } from './net/report.ts'
import { replenish } from './night.ts'
import { type StockLevel, stockLevels } from './stock.ts'
import { type SuspenseItem, suspenseItems } from './suspense.ts'

/** What is done at a branch, by people. */
export interface Teller {
  drawAccountNumber(): Promise<AccountNumber>
  /** For whoever does not choose one: no thief tries it first. */
  drawPin(account: AccountNumber): Secret
  openCustomer(request: Parameters<typeof openCustomer>[1]): ReturnType<typeof openCustomer>
  /** To whom wrong PINs have closed the account. */
  closings(account: AccountNumber): Promise<Closings>
  /** Whether this bank writes to customers at all. */
  readonly isMailSent: boolean
  /** Where its customer is written to, as people are shown it. Undefined: nowhere. */
  mailAddress(account: AccountNumber): Promise<string | undefined>
  /** Whether somebody of the bank signed that they ask for the calls of an account. */
  judgeCallInquiry(inquiry: CallInquiry): Promise<InquiryJudged>
  /** Orders every amount that is at or below the low-water mark. */
  replenish(): Promise<void>
  /** How much of each amount is in stock. */
  stock(): Promise<StockLevel[]>
  /** What is on its way to other banks, oldest first. */
  pendingTransfers(): Promise<PendingTransfer[]>
  /** What waits in suspense until two officers say where it belongs, oldest first. */
  suspense(): Promise<SuspenseItem[]>
  /** Statements, positions and settlements, by bank. */
  standings(): Promise<BankStanding[]>
}

export function tellerOf(branch: Branch): Teller {
  const { config, runtime, store } = branch
  return {
    drawAccountNumber: () => drawAccountNumber(branch),
    drawPin: account => drawPin(runtime, account),
    openCustomer: request => openCustomer(branch, request),
    closings: account => store.read(tx => branch.pinTries.closings(tx, account, now(branch))),
    isMailSent: config.confirmations !== undefined,
    mailAddress: account => shownAddress(branch, account),
    judgeCallInquiry: inquiry => store.read(tx => judgeInquiry(tx, config.id, inquiry)),
    replenish: () => replenish(branch),
    stock: () => stockLevels(branch),
    pendingTransfers: () => pendingTransfers(branch),
    suspense: () => suspenseItems(branch),
    standings: () => standings(branch),
  }
}
