/** What an audit says: each finding is of a kind, names where, and tells in a sentence what is wrong. */

export type FindingKind =
  /** Rows of the journal are missing, or do not follow each other. */
  | 'gap'
  /** A row's hash is not the hash of what the row and its entries say. */
  | 'altered'
  /** A row does not carry the hash of the one before it. */
  | 'broken-chain'
  /** A head that was signed, here or kept by a counterparty, is not in this journal. */
  | 'head-contradicted'
  /** A head's signature is not by a known key of this institution. */
  | 'head-forged'
  /** Debits and credits of an event differ. */
  | 'unbalanced'
  /** An entry that belongs to no event, to no account, or in another asset than its account's. */
  | 'stray-entry'
  /** An account fell below its floor or rose above its ceiling at some event. */
  | 'out-of-bounds'
  /** An account is not what the journal says was opened. */
  | 'account-altered'
  /** A cached balance is not what the entries add up to. */
  | 'balance-cache'
  /** A cached reservation is not what the journal's events made of it. */
  | 'reservation-cache'
  /** An event that cannot follow: a second capture, an expiry before its time, more captured than was reserved. */
  | 'impossible-event'
  /** A rule that this institution's own business adds does not hold. */
  | 'identity'
  /** A row of any table is not what the change log makes it. */
  | 'row'
  /** A table, index, trigger or view is not as the migrations define it, is gone, or was added. */
  | 'schema'
  /** The change log itself was changed, cut, or contradicts a head that somebody else holds. */
  | 'log'
  /** What was to be gone on from is not signed by anybody who is known, or not what was signed. */
  | 'checkpoint'
  /** A check could not be made, as a value is none that any program writes. */
  | 'unreadable'
  /** The database itself: damaged pages, a missing trigger. */
  | 'database'

export interface Finding {
  readonly kind: FindingKind
  /** Chain and row, account, reservation or head: `main 17`, `main float:lantern`. */
  readonly where: string
  readonly what: string
}

/** For people: one line each, or the sentence that nothing was found. */
export function printFindings(findings: readonly Finding[], proved: 'all' | 'since the checkpoint' = 'all'): string {
  if (findings.length === 0) {
    return proved === 'all'
      ? 'The books are right: every table was rebuilt from the change log, and every hash, head, balance and hold computed again.\n'
      : 'Every row that was written since the checkpoint is what the change log makes it, and the balances follow from them.\n'
  }
  const lines = findings.map(({ kind, where, what }) => `${kind.padEnd(18)} ${where}: ${what}\n`)
  return `${findings.length} finding(s)\n${lines.join('')}`
}
