/**
 * Own net statements: one for each other bank and closed date, in order, written into letters of the bulk stream bit by bit. It
 * has what was credited since the one before up to the last credit of its date, in the order of the letters that told of it.
 * That order is known to both banks. Dates are not in it: a clock that is set back over the cut-off dates a later credit earlier.
 */
import { raiseAlarm } from '../../alarm.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { endOfDate } from '../../ledger/cut-off.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import type { Place } from '../../mail/streams.ts'
import { nextTurn, now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, dueFrom } from '../branch.ts'
import { isRecalling } from './recall.ts'
import {
  accountsFor,
  addNetLine,
  decodeNetHeader,
  encodeNetHeader,
  encodeNetLine,
  type NetHeader,
  noStatement,
  nothingTold,
  statementHash,
  throughOf,
} from './statement.ts'

type OwnRow = {
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly told: bigint
}

type PlaceRow = { readonly epoch: bigint; readonly sequence: bigint }
type CreditRow = PlaceRow & { readonly transfer: string; readonly minor: bigint }

/** After a letter, up to another. */
interface Stretch {
  readonly after: Place
  readonly through: Place
}

const pageSize = 1_000n
/** A letter of them is taken in one command. */
const linesInLetter = 200n

/** One step for one of the other banks. False: none is due. */
export async function writeNext(branch: Branch, slices: Slices): Promise<boolean> {
  for (const { id: bank } of branch.config.banks) {
    const due = await branch.store.read(async tx => {
      if (!(await isWithinReach(tx, branch.config.id, bank)) || (await isRecalling(tx, branch, bank))) return undefined
      const last = await lastOwn(tx, branch, bank)
      if (last?.state === 'writing') return { last }
      const date = await dateDue(tx, branch, bank, last?.date)
      return date === undefined ? undefined : { last, date }
    })
    if (due === undefined) continue
    if (due.date === undefined) await tellLines(branch, slices, bank, due.last as OwnRow)
    else await begin(branch, slices, bank, due.last, due.date)
    branch.mail.wake()
    return true
  }
  return false
}

function lastOwn(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<OwnRow | undefined> {
  return tx.one<OwnRow>(
    `SELECT number, date, hash, header, state, lines, told FROM net_statement
     WHERE tenant = ? AND bank = ? ORDER BY number DESC LIMIT 1`,
    ...[config.id, bank],
  )
}

/** The next closed date: from the one on which the two became correspondents. */
async function dateDue(tx: ReadTx, { config, chain }: Branch, bank: InstitutionId, after: string | undefined) {
  const row = await tx.one<{ date: string }>(
    `SELECT date FROM business_date WHERE tenant = ? AND date > coalesce(?,
       (SELECT date(business_date, '-1 day') FROM journal WHERE chain = ? AND id = ?)) ORDER BY date LIMIT 1`,
    ...[config.id, after ?? null, chain, `open ${dueFrom(bank)}`],
  )
  return row?.date
}

async function begin(
  branch: Branch,
  slices: Slices,
  bank: InstitutionId,
  last: OwnRow | undefined,
  date: string,
): Promise<void> {
  const { config, calendar, store, runtime } = branch
  const before = last && decodeNetHeader(last.header)
  const told = throughOf(last)
  const latest = await store.read(tx => lastOf(tx, branch, bank, date))
  // Books that went back may have no letter as late as those that were told of in the lost ones.
  const isLater = latest.epoch > told.epoch || (latest.epoch === told.epoch && latest.sequence > told.sequence)
  const through = isLater ? latest : told
  const tree = new MerkleTree()
  let [count, minor] = [0n, 0n]
  for (let after = told; ; ) {
    const page = await store.read(tx => creditsOf(tx, branch, bank, { after, through }, pageSize))
    for (const line of page) {
      addNetLine(tree, line)
      count++
      minor += line.minor
    }
    const end = page.at(-1)
    if (end === undefined) break
    after = { epoch: end.epoch, sequence: end.sequence }
    await nextTurn(runtime)
  }
  const number = (last?.number ?? 0n) + 1n
  const header = encodeNetHeader({
    ...{ format: 'tonebank net statement 1', network: config.network, from: config.id, to: bank, number, date },
    cutOff: { at: BigInt(endOfDate(calendar, date)), timeZone: calendar.timeZone },
    previous: last?.hash ?? noStatement,
    asset: config.currency,
    ...{ count, minor, total: (before?.total ?? 0n) + minor, through },
    root: tree.root(),
  })
  await slices.execute(async tx => {
    if (((await lastOwn(tx, branch, bank))?.number ?? 0n) >= number) return
    const body = { header }
    const letter = await writeLetter(tx, { from: config.id, to: bank, type: 'net-statement', body, stream: 'bulk' })
    await tx.run(
      `INSERT INTO net_statement (tenant, bank, number, date, hash, header, state, lines, letter_epoch, letter_sequence)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[config.id, bank, number, date, statementHash(header), header, count === 0n ? 'sent' : 'writing', count],
      ...[letter.epoch, letter.sequence],
    )
  })
  branch.runtime.reached('net.begun')
}

/** The letter that told of the last credit of a closed date, or of an earlier one. */
async function lastOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, date: string): Promise<Place> {
  const row = await tx.one<PlaceRow>(
    `SELECT letter_epoch AS epoch, letter_sequence AS sequence FROM received_credit
     WHERE tenant = ? AND bank = ? AND business_date <= ? ORDER BY letter_epoch DESC, letter_sequence DESC LIMIT 1`,
    ...[config.id, bank, date],
  )
  return row ?? nothingTold
}

async function tellLines(branch: Branch, slices: Slices, bank: InstitutionId, { number }: OwnRow): Promise<void> {
  const { config } = branch
  await slices.execute(async tx => {
    const row = await lastOwn(tx, branch, bank)
    if (row?.state !== 'writing' || row.number !== number) return
    const stretch = await stretchOf(tx, branch, bank, row)
    const lines = await creditsOf(tx, branch, bank, stretch, linesInLetter, row.told)
    const told = row.told + BigInt(lines.length)
    const body = { number, from: row.told + 1n, lines: Buffer.concat(lines.map(encodeNetLine)) }
    await writeLetter(tx, { from: config.id, to: bank, type: 'net-lines', body, stream: 'bulk' })
    await tx.run(
      'UPDATE net_statement SET told = ?, state = ? WHERE tenant = ? AND bank = ? AND number = ?',
      ...[told, told === row.lines ? 'sent' : 'writing', config.id, bank, number],
    )
  })
  branch.runtime.reached('net.told')
}

async function stretchOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, row: OwnRow): Promise<Stretch> {
  const before = await tx.one<Pick<OwnRow, 'header'>>(
    'SELECT header FROM net_statement WHERE tenant = ? AND bank = ? AND number = ?',
    ...[config.id, bank, row.number - 1n],
  )
  return {
    after: throughOf(before),
    through: throughOf(row),
  }
}

function creditsOf(
  tx: ReadTx,
  { config }: Branch,
  bank: InstitutionId,
  { after, through }: Stretch,
  limit: bigint,
  offset = 0n,
): Promise<CreditRow[]> {
  return tx.all<CreditRow>(
    `SELECT transfer, minor, letter_epoch AS epoch, letter_sequence AS sequence FROM received_credit
     WHERE tenant = ? AND bank = ? AND posting IS NOT NULL AND (letter_epoch, letter_sequence) > (?, ?)
       AND (letter_epoch, letter_sequence) <= (?, ?)
       AND NOT EXISTS (SELECT 1 FROM held_credit AS held WHERE held.tenant = received_credit.tenant AND held.bank = received_credit.bank
         AND held.transfer = received_credit.transfer)
     ORDER BY letter_epoch, letter_sequence LIMIT ? OFFSET ?`,
    ...[config.id, bank, after.epoch, after.sequence, through.epoch, through.sequence, limit, offset],
  )
}

/** What the other bank made of a statement. */
export function netResultTaking(branch: Branch): LetterHandler<'net-result'> {
  return { judge: (tx, from, body) => takeNetResult(tx, branch, from, body, now(branch)) }
}

async function takeNetResult(
  tx: Tx,
  { config }: Branch,
  bank: InstitutionId,
  { number, file, agreed, breaks }: Letter<'net-result'>,
  at: number,
): Promise<Verdict> {
  const row = await tx.one<OwnRow>(
    `SELECT number, date, hash, header, state, lines, told FROM net_statement
     WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[config.id, bank, number],
  )
  if (row === undefined || !Buffer.from(row.hash).equals(file)) return refused('another statement was sent')
  if (row.state !== 'sent')
    return row.state === 'agreed' || row.state === 'differs' ? accepted : refused('not sent yet')
  const whole = accountsFor({ agreed, breaks }, decodeNetHeader(row.header) as NetHeader)
  const told = whole ? breaks.map(([kind, count]) => `${count} ${kind}`).join(', ') : doesNotAddUp
  await tx.run(
    'UPDATE net_statement SET state = ?, agreed = ?, breaks = ? WHERE tenant = ? AND bank = ? AND number = ?',
    ...[told === '' ? 'agreed' : 'differs', whole ? agreed : 0n, told, config.id, bank, number],
  )
  const said = whole ? told : `${told}: it agrees to ${agreed}`
  const detail = `net statement ${number} of ${row.date}, at the other bank: ${said}`
  const kind = whole ? 'day-end-breaks' : 'day-end-contradicted'
  if (told !== '') await raiseAlarm(tx, config.id, { peer: bank, kind, detail, at })
  return accepted
}

/** In place of breaks. Nothing of such a result counts. */
const doesNotAddUp = 'amounts that are not those of the statement'

/** A header that the other bank does not take: nothing of it counts, and people look into it. */
export function netStatementAnswers(branch: Branch): Pick<LetterHandler<'net-statement'>, 'answered'> {
  return {
    answered: async (tx, bank, place, verdict) => {
      if (verdict.outcome === 'accepted') return
      const [row] = await tx.all<{ number: bigint; date: string }>(
        `UPDATE net_statement SET state = 'refused' WHERE tenant = ? AND bank = ? AND letter_epoch = ?
           AND letter_sequence = ? AND state IN ('writing', 'sent') RETURNING number, date`,
        ...[branch.config.id, bank, place.epoch, place.sequence],
      )
      if (row === undefined) return
      const detail = `net statement ${row.number} of ${row.date}: ${verdict.reason}`
      const alarm = { peer: bank, kind: 'day-end-refused', detail, at: now(branch) } as const
      await raiseAlarm(tx, branch.config.id, alarm)
    },
  }
}
