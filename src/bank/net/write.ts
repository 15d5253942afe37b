/**
 * Own net statements: one for each other bank and closed date, in order, written into letters of the bulk stream bit by bit. It
 * has what was credited since the one before up to the last credit of its date, in the order of the letters that told of it.
 * That order is known to both banks. Dates are not in it: a clock that is set back over the cut-off dates a later credit earlier.
 */
import { MerkleTree } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { endOfDate } from '../../ledger/cut-off.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { Place } from '../../mail/streams.ts'
import { nextTurn } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import { type Branch, dueFrom } from '../branch.ts'
import { dateOfAgain, isAgainUnderWay, refusedBy, writeAgain } from './again.ts'
import { lastOwn, type OwnRow, ownOf, writingTo } from './own-rows.ts'
import { isRecalling } from './recall.ts'
import {
  addNetLine,
  decodeNetHeader,
  encodeNetHeader,
  encodeNetLine,
  noStatement,
  nothingTold,
  statementHash,
  throughOf,
} from './statement.ts'

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
    const due = await branch.store.read(tx => stepDue(tx, branch, bank))
    if (due === undefined) continue
    if (due.step === 'tell') await tellLines(branch, slices, bank, due.row)
    else if (due.step === 'again') await slices.execute(tx => writeAgain(tx, branch, bank, due.row.number, due.closed))
    else await begin(branch, slices, bank, due.last, due.date)
    branch.mail.wake()
    return true
  }
  return false
}

type Due =
  | { readonly step: 'tell'; readonly row: OwnRow }
  | { readonly step: 'again'; readonly row: OwnRow; readonly closed: string }
  | { readonly step: 'begin'; readonly last: OwnRow | undefined; readonly date: string }

/** While one is refused, or is written again and has no receipt, none that goes on from it would be taken. */
async function stepDue(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<Due | undefined> {
  if (!(await isWithinReach(tx, branch.config.id, bank)) || (await isRecalling(tx, branch, bank))) return undefined
  if (await isAgainUnderWay(tx, branch, bank)) return undefined
  const row = await writingTo(tx, branch, bank)
  if (row !== undefined) return { step: 'tell', row }
  const refusal = await refusedBy(tx, branch, bank)
  if (refusal !== undefined) {
    const closed = await dateOfAgain(tx, branch, refusal)
    return closed === undefined ? undefined : { step: 'again', row: refusal, closed }
  }
  const last = await lastOwn(tx, branch, bank)
  const date = await dateDue(tx, branch, bank, last?.date)
  return date === undefined ? undefined : { step: 'begin', last, date }
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
    const row = await writingTo(tx, branch, bank)
    if (row?.number !== number) return
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

async function stretchOf(tx: ReadTx, branch: Branch, bank: InstitutionId, row: OwnRow): Promise<Stretch> {
  return { after: throughOf(await ownOf(tx, branch, bank, row.number - 1n)), through: throughOf(row) }
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
