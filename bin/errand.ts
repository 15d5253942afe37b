/** What a terminal does in a call, as its line and its holder have it. */
import type { Keyed } from '../src/card/complete.ts'
import type { Shown } from '../src/card/shown.ts'
import type { AccountNumber, InstitutionId } from '../src/ids.ts'
import type { Sent, TerminalLine } from '../src/terminal/line.ts'

/** Heard, and nothing to be signed. */
export interface Question {
  /** Keyed ahead of the line's questions. */
  readonly keys: (line: TerminalLine) => Promise<Sent>
  /** What these keys say. */
  readonly keyed: string
}

export interface Errand extends Question {
  readonly isWanted: (shown: Shown) => boolean
  /** In digits the line does not say whom it is for: without a wish nothing is paid so. */
  readonly wish?: Keyed
  /** What is said of one that came about, where "paid" is not the word for it. */
  readonly done?: (reference: string) => string
}

/** Whose card it is: the account at its bank. */
export interface Holder {
  readonly bank: InstitutionId
  readonly account: AccountNumber
}
