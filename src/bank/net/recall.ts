/**
 * A bank whose books went back in time asks each other bank, under one number after another, for the net statements that it holds, and
 * takes them as its own before it writes any. What they tell of is credited again by the letters that come again, and is in no
 * later statement.
 *
 *     ours     due ──1 ask──▶ asked ──2 the statement has come whole──▶ due …  ──3 it holds no more──▶ told
 *     theirs   due ──4 what is held of it was compared, or nothing is held──▶ told
 */
import { sameBytes } from '../../bytes.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { isWithinReach } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import { keptLetterWith } from '../../mail/kept-letter.ts'
import type { Letter } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandlers } from '../../mail/reception.ts'
import { isSignedHere, statementLetters } from '../../mail/signed-header.ts'
import type { Place } from '../../mail/streams.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { epochOf } from '../../store/tenants.ts'
import type { Branch } from '../branch.ts'
import { correspondent } from '../interbank/correspondents.ts'
import { contradicted, isWhole } from './own-statement.ts'
import { accountsFor, decodeNetHeader, decodeNetLines, encodeNetLine, noStatement, statementHash } from './statement.ts'
import { foundIn, linesAfter, statementOf } from './take.ts'

type RecallRow = {
  readonly bank: InstitutionId
  readonly way: 'ours' | 'theirs'
  readonly epoch: bigint
  readonly number: bigint
  readonly state: 'due' | 'asked' | 'told'
  readonly letter_epoch: bigint | null
  readonly letter_sequence: bigint | null
}

const columns = 'bank, way, epoch, number, state, letter_epoch, letter_sequence'

/** In the command that notes that the books went back. */
export async function noteNetRecalls(tx: Tx, { id: tenant, banks }: Branch['config']): Promise<void> {
  const epoch = await epochOf(tx, tenant)
  for (const { id: bank } of banks)
    await tx.run(
      `INSERT INTO net_recall (tenant, bank, way, epoch, number, state) VALUES (?, ?, 'ours', ?, 0, 'due') ON CONFLICT DO NOTHING`,
      ...[tenant, bank, epoch],
    )
}

/** Whether the other bank has not told yet which statements it holds. */
export async function isRecalling(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<boolean> {
  const last = await lastOurs(tx, branch, bank)
  return last !== undefined && last.state !== 'told'
}

function lastOurs(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<RecallRow | undefined> {
  return tx.one<RecallRow>(
    `SELECT ${columns} FROM net_recall WHERE tenant = ? AND bank = ? AND way = 'ours' ORDER BY epoch DESC LIMIT 1`,
    ...[config.id, bank],
  )
}

/** Asks, or answers. False: neither is due. */
export async function recallNext(branch: Branch, slices: Slices): Promise<boolean> {
  const due = await branch.store.read(async tx => {
    for (const { id: bank } of branch.config.banks) {
      if (!(await isWithinReach(tx, branch.config.id, bank))) continue
      const ours = await lastOurs(tx, branch, bank)
      if (ours?.state === 'due') return ours
      const theirs = await dueTheirs(tx, branch, bank)
      if (theirs !== undefined) return theirs
    }
    return undefined
  })
  if (due === undefined) return false
  await slices.execute(tx => (due.way === 'ours' ? ask(tx, branch, due) : tell(tx, branch, due)))
  branch.runtime.reached('net.recalled')
  branch.mail.wake()
  return true
}

/** Step 1. */
async function ask(tx: Tx, branch: Branch, { bank, epoch }: RecallRow): Promise<void> {
  const { id: tenant } = branch.config
  if ((await lastOurs(tx, branch, bank))?.state !== 'due') return
  const last = await tx.one<{ number: bigint | null }>(
    'SELECT max(number) AS number FROM net_statement WHERE tenant = ? AND bank = ?',
    ...[tenant, bank],
  )
  const body = { recall: epoch, number: (last?.number ?? 0n) + 1n }
  const letter = await writeLetter(tx, { from: tenant, to: bank, type: 'net-recall', body, stream: 'bulk' })
  await tx.run(
    `UPDATE net_recall SET state = 'asked', number = ?, letter_epoch = ?, letter_sequence = ?
     WHERE tenant = ? AND bank = ? AND way = 'ours' AND epoch = ?`,
    ...[body.number, letter.epoch, letter.sequence, tenant, bank, epoch],
  )
}

/** A recall whose statement is done with, or never will be. */
async function dueTheirs(tx: ReadTx, branch: Branch, bank: InstitutionId): Promise<RecallRow | undefined> {
  const rows = await tx.all<RecallRow>(
    `SELECT ${columns} FROM net_recall WHERE tenant = ? AND bank = ? AND way = 'theirs' AND state = 'due' ORDER BY epoch`,
    ...[branch.config.id, bank],
  )
  for (const row of rows) if ((await statementOf(tx, branch, bank, row.number))?.state !== 'received') return row
  return undefined
}

/** Step 4: in one command, as statements have a line for each transfer and not for each payment. */
async function tell(tx: Tx, branch: Branch, { bank, epoch: recall, number }: RecallRow): Promise<void> {
  const { id: tenant } = branch.config
  const row = await statementOf(tx, branch, bank, number)
  const write = <T extends 'net-held' | 'net-held-lines'>(type: T, body: Letter<T>) =>
    writeLetter(tx, { from: tenant, to: bank, type, body, stream: 'bulk' })
  if (row === undefined) await write('net-held', { recall, number })
  else {
    const isGood = row.state === 'answered'
    const { agreed, breaks } = isGood ? await foundIn(tx, branch, row) : { agreed: null, breaks: [] }
    const proof = await keptLetterWith(tx, tenant, bank, row.header)
    await write('net-held', { recall, number, held: { header: row.header, ...(proof && { proof }), agreed, breaks } })
    for (let after = 0n; isGood; ) {
      const page = await linesAfter(tx, branch, row, after)
      if (page.length === 0) break
      await write('net-held-lines', { recall, number, from: after + 1n, lines: Buffer.concat(page.map(encodeNetLine)) })
      after += BigInt(page.length)
    }
  }
  await tx.run(
    `UPDATE net_recall SET state = 'told' WHERE tenant = ? AND bank = ? AND way = 'theirs' AND epoch = ?`,
    ...[tenant, bank, recall],
  )
}

export function netRecallLetters(
  branch: Branch,
  afterwards: () => void,
): Pick<LetterHandlers, 'net-recall' | 'net-held' | 'net-held-lines'> {
  return {
    'net-recall': {
      judge: (tx, bank, body, _, place) => takeRecall(tx, branch, bank, body, place),
      afterwards,
      // Whoever refuses to be asked holds nothing that could be taken.
      answered: async (tx, bank, _place, verdict) => {
        const ours = await lastOurs(tx, branch, bank)
        if (verdict.outcome === 'refused' && ours?.state === 'asked') await goOn(tx, branch, ours, 'told')
      },
    },
    'net-held': { judge: (tx, bank, body) => takeHeld(tx, branch, bank, body), afterwards },
    'net-held-lines': { judge: (tx, bank, body) => takeHeldLines(tx, branch, bank, body), afterwards },
  }
}

async function takeRecall(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { recall, number }: Letter<'net-recall'>,
  { epoch }: Place,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  if (correspondent(branch, bank) === undefined) return refused('no correspondent')
  if (recall !== epoch) return refused('of another epoch than it is asked in')
  // Each epoch of books that went back asks for one number after another, once.
  const before = await tx.one(
    `SELECT 1 AS found FROM net_recall WHERE tenant = ? AND bank = ? AND way = 'theirs'
       AND (epoch > ? OR (epoch = ? AND number >= ?)) LIMIT 1`,
    ...[tenant, bank, recall, recall, number],
  )
  if (before !== undefined) return accepted
  // Its other lines are lost with the books that had written them.
  await tx.run(
    `UPDATE bank_statement SET state = 'refused' WHERE tenant = ? AND bank = ? AND number = ? AND state = 'receiving'`,
    ...[tenant, bank, number],
  )
  await tx.run(
    `INSERT INTO net_recall (tenant, bank, way, epoch, number, state) VALUES (?, ?, 'theirs', ?, ?, 'due')
     ON CONFLICT (tenant, bank, way, epoch) DO UPDATE SET number = excluded.number, state = 'due'`,
    ...[tenant, bank, recall, number],
  )
  return accepted
}

/** The recall that a letter answers; undefined: it answers one of before, which changes nothing. */
async function answered(tx: ReadTx, branch: Branch, bank: InstitutionId, recall: bigint, number: bigint) {
  const ours = await lastOurs(tx, branch, bank)
  return ours?.epoch === recall && ours.state === 'asked' && ours.number === number ? ours : undefined
}

function goOn(tx: Tx, { config }: Branch, { bank, epoch }: RecallRow, state: 'due' | 'told') {
  return tx.run(
    `UPDATE net_recall SET state = ? WHERE tenant = ? AND bank = ? AND way = 'ours' AND epoch = ?`,
    ...[state, config.id, bank, epoch],
  )
}

/** Steps 2 and 3. */
async function takeHeld(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { recall, number, held }: Letter<'net-held'>,
): Promise<Verdict> {
  const { config } = branch
  const ours = await answered(tx, branch, bank, recall, number)
  if (ours === undefined) return accepted
  if (held === undefined) {
    await goOn(tx, branch, ours, 'told')
    return accepted
  }
  const header = decodeNetHeader(held.header)
  const hashOf = (of: bigint) =>
    tx.one<{ hash: Uint8Array }>(
      'SELECT hash FROM net_statement WHERE tenant = ? AND bank = ? AND number = ?',
      ...[config.id, bank, of],
    )
  const [before, known] = [await hashOf(number - 1n), await hashOf(number)]
  // Its lines are still to come.
  if (known !== undefined)
    return sameBytes(known.hash, statementHash(held.header)) ? accepted : refused('another statement came before')
  if (header?.from !== config.id || header.to !== bank || header.network !== config.network || header.number !== number)
    return refused('not a statement of this bank')
  const way = { from: config.id, to: bank, by: statementLetters }
  if (!(await isSignedHere(tx, branch.keys, way, held.header, held.proof)))
    return contradicted(tx, branch, bank, header, 'it does not show that it was signed here')
  if (held.agreed !== null && !accountsFor({ agreed: held.agreed, breaks: held.breaks }, header))
    return contradicted(
      tx,
      branch,
      bank,
      header,
      `of ${header.minor} it agrees to ${held.agreed}, and its breaks are not the rest`,
    )
  if (!sameBytes(header.previous, before?.hash ?? noStatement)) return refused('it does not go on from the one before')
  const breaks = held.breaks.map(([kind, count]) => `${count} ${kind}`).join(', ')
  const state = held.agreed === null ? 'refused' : breaks === '' ? 'agreed' : 'differs'
  await tx.run(
    `INSERT INTO net_statement (tenant, bank, number, date, hash, header, state, lines, told, agreed, breaks, letter_epoch, letter_sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[config.id, bank, number, header.date, statementHash(held.header), held.header, state, header.count],
    ...[header.count, held.agreed, held.agreed === null ? null : breaks, ours.letter_epoch, ours.letter_sequence],
  )
  if (state === 'refused' || header.count === 0n) await goOn(tx, branch, ours, 'due')
  return accepted
}

/** Step 2. The last of them complete the root that these books had signed. */
async function takeHeldLines(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { recall, number, from, lines: bytes }: Letter<'net-held-lines'>,
): Promise<Verdict> {
  const { id: tenant } = branch.config
  const ours = await answered(tx, branch, bank, recall, number)
  if (ours === undefined) return accepted
  const lines = decodeNetLines(bytes)
  const found = await tx.one<{ header: Uint8Array; lines: bigint; come: bigint }>(
    `SELECT header, lines, (SELECT count(*) FROM held_credit AS held WHERE held.tenant = own.tenant AND held.bank = own.bank
       AND held.number = own.number) AS come FROM net_statement AS own WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[tenant, bank, number],
  )
  if (found === undefined || lines === undefined || from !== found.come + 1n)
    return refused('not the lines that are due')
  const through = found.come + BigInt(lines.length)
  if (through > found.lines) return refused('more lines than it has')
  const header = decodeNetHeader(found.header)
  if (through === found.lines && (header === undefined || !(await isWhole(tx, branch, header, lines))))
    return header === undefined
      ? refused('no statement')
      : contradicted(tx, branch, bank, header, 'its lines are not those of its header')
  for (const [at, { transfer, minor }] of lines.entries())
    await tx.run(
      'INSERT INTO held_credit (tenant, bank, number, line, transfer, minor) VALUES (?, ?, ?, ?, ?, ?)',
      ...[tenant, bank, number, from + BigInt(at), transfer, minor],
    )
  if (through === found.lines) await goOn(tx, branch, ours, 'due')
  return accepted
}
