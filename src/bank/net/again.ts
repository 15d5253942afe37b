/**
 * An own net statement that the other bank refused as a whole: it holds nothing of it, and would take none that goes on from it. So no
 * later one is written before this one was taken. It is written again under its own number, byte for byte: once after each closed date
 * when the reason can end by itself, and otherwise when people who have put the cause away say so.
 *
 *     writing ──▶ sent ──▶ agreed, differs
 *        ▲ │       │
 *        │ ▼       ▼
 *        refused ◀─┘
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import type { SentAgain } from '../../clearing/sent-again.ts'
import type { InstitutionId } from '../../ids.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { decodeContent } from '../../mail/letter.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import type { OwnRow } from './own-rows.ts'

const beforeMissing = 'the one before it has not come'

/** What the receiver may say today and no more tomorrow: it does not list this bank yet, its program is older, one before was refused. */
const passing: ReadonlySet<string> = new Set([
  'no correspondent',
  'not for this kind of institution',
  'unknown type',
  beforeMissing,
])

export type RefusedRow = OwnRow & { readonly receipt: Uint8Array }

/** The first one of which the other bank refused the header. One that it took and found wrong is none: later ones go on from it. */
export function refusedBy(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<RefusedRow | undefined> {
  return tx.one<RefusedRow>(
    `SELECT own.number, own.date, own.hash, own.header, own.state, own.lines, own.told, own.again, letter.receipt
     FROM net_statement AS own JOIN clearing_outbox AS letter ON letter.tenant = own.tenant AND letter.peer = own.bank
       AND letter.epoch = own.letter_epoch AND letter.sequence = own.letter_sequence
     WHERE own.tenant = ? AND own.bank = ? AND own.state = 'refused' AND letter.type = 'net-statement'
       AND letter.outcome = 'refused' ORDER BY own.number LIMIT 1`,
    ...[config.id, bank],
  )
}

/** Whether the header of one that was written again has no receipt yet: till then neither its lines nor others are told. */
export async function isAgainUnderWay(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<boolean> {
  const row = await tx.one(
    `SELECT 1 AS found FROM net_statement AS own JOIN clearing_outbox AS letter ON letter.tenant = own.tenant
       AND letter.peer = own.bank AND letter.epoch = own.letter_epoch AND letter.sequence = own.letter_sequence
     WHERE own.tenant = ? AND own.bank = ? AND own.state IN ('writing', 'sent') AND own.again IS NOT NULL
       AND letter.outcome IS NULL LIMIT 1`,
    ...[config.id, bank],
  )
  return row !== undefined
}

/** The closed date after which it is written again: one for which it was not yet. */
export async function dateOfAgain(tx: ReadTx, branch: Branch, row: RefusedRow): Promise<string | undefined> {
  const reason = reasonOf(row)
  if (!passing.has(reason)) return undefined
  const closed = await lastClosed(tx, branch)
  // The one before, which was refused with it, was taken by now.
  const tried = row.again ?? (reason === beforeMissing ? '' : row.date)
  return closed !== undefined && closed > tried ? closed : undefined
}

function reasonOf({ receipt }: RefusedRow): string {
  const content = decodeContent(receipt)
  return content.kind === 'receipt' ? content.reason : ''
}

async function lastClosed(tx: ReadTx, { config }: Branch): Promise<string | undefined> {
  const row = await tx.one<{ date: string | null }>(
    'SELECT max(date) AS date FROM business_date WHERE tenant = ?',
    config.id,
  )
  return row?.date ?? undefined
}

/** Its header goes again, and its lines once that was taken. */
export async function writeAgain(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  number: bigint,
  closed: string,
): Promise<void> {
  const { config } = branch
  const row = await refusedBy(tx, branch, bank)
  if (row?.number !== number) return
  const body = { header: row.header }
  const letter = await writeLetter(tx, { from: config.id, to: bank, type: 'net-statement', body, stream: 'bulk' })
  await tx.run(
    `UPDATE net_statement SET state = ?, told = 0, again = ?, letter_epoch = ?, letter_sequence = ?
     WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[row.lines === 0n ? 'sent' : 'writing', closed, letter.epoch, letter.sequence, config.id, bank, number],
  )
}

/** What people say who have put away the cause. Those that were refused after it follow by themselves. */
export function sendNetAgain(branch: Branch, bank: InstitutionId): Promise<SentAgain> {
  return branch.store.execute(async tx => {
    const isInReach = await isWithinReach(tx, branch.config.id, bank)
    if (!isInReach || (await isAgainUnderWay(tx, branch, bank))) return { outcome: 'letters-under-way' }
    const [row, closed] = [await refusedBy(tx, branch, bank), await lastClosed(tx, branch)]
    if (row === undefined || closed === undefined) return { outcome: 'nothing-refused' }
    await writeAgain(tx, branch, bank, row.number, closed)
    return { outcome: 'begun', files: 1n }
  })
}

/** A header that the other bank does not take: nothing of it counts until it is written again, and people look into it. */
export function netStatementAnswers(
  branch: Branch,
  receipted: () => void,
): Pick<LetterHandler<'net-statement'>, 'answered' | 'receipted'> {
  return {
    answered: async (tx, bank, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const [row] = await tx.all<{ number: bigint; date: string }>(
        `UPDATE net_statement SET state = 'refused' WHERE tenant = ? AND bank = ? AND letter_epoch = ?
           AND letter_sequence = ? AND state IN ('writing', 'sent') RETURNING number, date`,
        ...[branch.config.id, bank, place.epoch, place.sequence],
      )
      if (row === undefined) return
      const goingOn = passing.has(verdict.reason)
        ? 'it is written again after each date'
        : 'no later one is written before people have it written again'
      const detail = `net statement ${row.number} of ${row.date}: ${verdict.reason}; ${goingOn}`
      await raiseAlarmOnce(tx, branch.config.id, { peer: bank, kind: 'day-end-refused', detail, at: now(branch) })
    },
    receipted,
  }
}
