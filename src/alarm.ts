/**
 * What must never happen between two institutions, written down durably for people to look into. The rows are what
 * the operator's page and the nightly report read.
 */
import type { InstitutionId } from './ids.ts'
import type { ReadTx, Tx } from './store/store.ts'

export type AlarmKind =
  /** A peer used a sequence number again for something else. */
  | 'other-content'
  /** A peer says that we did. */
  | 'accused-of-other-content'
  /** A peer says that we send from an epoch that we have left: our books went back in time. */
  | 'accused-of-old-epoch'
  /** A letter could never pass, as it is too large, and was replaced by a void one. */
  | 'undeliverable-letter'
  /** A peer sends from an epoch that it has left. */
  | 'old-epoch'
  /** A peer asks for letters again that it has given receipts for: it has lost data. */
  | 'peer-lost-receipts'
  /** A peer sends from an epoch that lies more than one ahead of the last. */
  | 'epoch-jump'
  /** A peer's first letter of an epoch does not say where its books start. */
  | 'unannounced-epoch'
  /** A peer's books went back in time, and it says so: what it lost is in the detail. */
  | 'peer-recovered'
  /** A peer's signed heads of its change log contradict each other. */
  | 'forked-log'
  /** A peer's signed heads contradict each other: its ledger was cut or recomputed. */
  | 'forked-ledger'
  /** A peer's receipt came without a head that its ledger's key signed: there is no evidence of what it says. */
  | 'forged-head'
  /** A letter was delivered and refused. */
  | 'letter-refused'
  /** A peer holds more of our change log than we have: a backup was put back, or a machine set to an earlier state. */
  | 'books-went-back'
  /** The log that is shipped away stays more than five seconds behind the books. */
  | 'backup-behind'
  /** Whoever shipped the log away is gone. */
  | 'backup-stopped'
  /** Keys of voucher records are gone: what was unsold left the stock, what was sold and not told waits for people. */
  | 'record-keys-lost'
  /** The other machine of an institution has lacked keys of records for half a minute, or had destroyed some that the books need. */
  | 'record-keys-behind'
  /** Our own: the change log makes other tables of the last checkpoint than there are. No new one was signed. */
  | 'checkpoint-differs'
  /** Our own: something reads our database for so long that its write-ahead log fills the disk, or it cannot be written back. */
  | 'log-too-long'
  /** A certificate ends within two weeks and is still in use. */
  | 'certificate-expires'
  /** A peer has not taken a new key of ours within a week: the older one stays for its sake. */
  | 'key-not-taken'
  /** An order of voucher records will not be filled. */
  | 'order-refused'
  /** A payee does not honour a voucher that was sold: its buyer paid for it. */
  | 'sale-not-honoured'
  /** A peer sent another day-end file, or another result, under a number that it used before. */
  | 'other-file'
  /** A peer refused a day-end file as a whole, or one of ours could not be read there. */
  | 'day-end-refused'
  /** A day-end file or its result does not add up, or does not fit the one before. */
  | 'day-end-contradicted'
  /** A bank's result moves more than our accounts have: how much is missing is in the detail. */
  | 'day-end-not-booked'
  /** Lines of a day-end file were refused: how many of each kind is in the detail. */
  | 'day-end-breaks'
  /** The other end of a day end tells of lost books, theirs or ours, what these cannot carry: two people decide. */
  | 'day-end-lost'
  /** A business date is not reconciled at the time by which it should be. */
  | 'day-end-late'
  /** Another bank credited what was not on its way: its asking was lost with our books, or two people had given it up. */
  | 'credit-unasked'
  /** Another bank says otherwise of a transfer than it said before, or of another amount or account than was sent. */
  | 'credit-contradicted'
  /** A bank says that a card of its paid what was not asked for: the asking was lost with our books, or nobody asked. */
  | 'card-unasked'
  /** A bank says otherwise of what a card of its signed than it said before. */
  | 'card-contradicted'
  /** A settlement is owed again: the other bank counts otherwise, or two people at either of the two say that nothing came. */
  | 'settlement-refused'
  /** A settlement was announced, and for days nobody has said whether the money came. */
  | 'settlement-late'
  /** A shop was not told of a payment: its webhook did not answer for days. */
  | 'shop-not-told'
  /** What a customer was to be told in writing was given up: their address refused it, or the mail server was away for days. */
  | 'mail-not-sent'
  /** A payee's own bank did not take what was paid out to it: it is held here as before. */
  | 'payout-refused'
  /** A bank sold more than it may owe: an activation waits for room. */
  | 'activation-held'

export interface Alarm {
  readonly peer: InstitutionId
  readonly kind: AlarmKind
  readonly detail: string
  readonly at: number
}

export async function raiseAlarm(tx: Tx, tenant: InstitutionId, alarm: Alarm): Promise<void> {
  await tx.run(
    `INSERT INTO clearing_alarm (number, tenant, peer, kind, detail, at)
     SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ? FROM clearing_alarm`,
    tenant,
    alarm.peer,
    alarm.kind,
    alarm.detail,
    BigInt(Math.trunc(alarm.at)),
  )
}

/** As `raiseAlarm`, unless exactly this was raised before: for what a peer repeats with every delivery. */
export async function raiseAlarmOnce(tx: Tx, tenant: InstitutionId, alarm: Alarm): Promise<void> {
  const before = await tx.one(
    'SELECT number FROM clearing_alarm WHERE tenant = ? AND peer = ? AND kind = ? AND detail = ? LIMIT 1',
    tenant,
    alarm.peer,
    alarm.kind,
    alarm.detail,
  )
  if (before === undefined) await raiseAlarm(tx, tenant, alarm)
}

/** Oldest first. */
export async function alarms(tx: ReadTx, tenant: InstitutionId): Promise<readonly Alarm[]> {
  const rows = await tx.all<{ peer: InstitutionId; kind: string; detail: string; at: bigint }>(
    'SELECT peer, kind, detail, at FROM clearing_alarm WHERE tenant = ? ORDER BY number',
    tenant,
  )
  return rows.map(row => ({ peer: row.peer, kind: row.kind as AlarmKind, detail: row.detail, at: Number(row.at) }))
}
