/**
 * Another bank's net statement: every line is compared with what it said by letter when it credited the transfer, and its result
 * goes back. It waits until those letters were taken. A line that does not fit is a break, and the rest counts.
 */
import { raiseAlarm } from '../../alarm.ts'
import { sameBytes } from '../../bytes.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { isClosedTo } from '../../mail/gate.ts'
import { accepted, refused, type Verdict } from '../../mail/inbox.ts'
import type { Letter } from '../../mail/messages.ts'
import { writeLetter } from '../../mail/outbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { placeDue } from '../../mail/streams.ts'
import { nextTurn, now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { correspondent } from '../interbank/correspondents.ts'
import {
  addNetLine,
  decodeNetHeader,
  decodeNetLines,
  type NetHeader,
  type NetLine,
  noStatement,
  statementHash,
  throughOf,
} from './statement.ts'

export type StatementRow = {
  readonly bank: InstitutionId
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly received: bigint
}

type LineRow = { readonly line: bigint; readonly transfer: string; readonly minor: bigint }

const columns = 'bank, number, date, hash, header, state, lines, received'

export function netStatementTaking(branch: Branch, afterwards: () => void): LetterHandler<'net-statement'> {
  return { judge: (tx, from, body) => takeHeader(tx, branch, from, body, now(branch)), afterwards }
}

async function takeHeader(
  tx: Tx,
  branch: Branch,
  bank: InstitutionId,
  { header: encoded }: Letter<'net-statement'>,
  at: number,
): Promise<Verdict> {
  const { config } = branch
  const header = decodeNetHeader(encoded)
  if (header === undefined) return refused('malformed')
  if (correspondent(branch, bank) === undefined) return refused('no correspondent')
  const isOurs = header.from === bank && header.to === config.id && header.network === config.network
  const { code, scale } = config.currency
  if (!isOurs || header.asset.code !== code || header.asset.scale !== scale)
    return refused('another network or currency')
  const { number, date, count } = header
  const hash = statementHash(encoded)
  const known = await statementOf(tx, branch, bank, number)
  if (known !== undefined && sameBytes(known.hash, hash)) {
    // Its author writes it again, and may have lost what was made of it.
    if (known.state === 'answered') await tellFound(tx, branch, known)
    if (known.state === 'refused' && known.received === known.lines) await tellWrong(tx, branch, known)
    return accepted
  }
  const alarm = (kind: 'other-file' | 'day-end-contradicted', reason: string) =>
    raiseAlarm(tx, config.id, { peer: bank, kind, detail: `net statement ${number} of ${date}: ${reason}`, at })
  if (known !== undefined) {
    await alarm('other-file', 'another one came under this number before')
    return refused('other-file')
  }
  const fault = misfit(header, await statementOf(tx, branch, bank, number - 1n))
  if (fault !== undefined) {
    await alarm('day-end-contradicted', fault)
    return refused(fault)
  }
  await tx.run(
    'INSERT INTO bank_statement (tenant, bank, number, date, hash, header, state, lines) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[config.id, bank, number, date, hash, encoded, count === 0n ? 'received' : 'receiving', count],
  )
  return accepted
}

/** Why it does not go on from the one before. */
function misfit({ number, previous, total, minor }: NetHeader, last: StatementRow | undefined): string | undefined {
  if (last === undefined && number !== 1n) return 'the one before it has not come'
  const before = last && decodeNetHeader(last.header)
  if (!sameBytes(previous, last?.hash ?? noStatement)) return 'it names another one before it'
  return total === (before?.total ?? 0n) + minor ? undefined : 'it does not go on from the one before it'
}

export function netLinesTaking(branch: Branch, afterwards: () => void): LetterHandler<'net-lines'> {
  return {
    judge: async (tx, bank, { number, from, lines: bytes }) => {
      const { id: tenant } = branch.config
      const row = await statementOf(tx, branch, bank, number)
      const lines = decodeNetLines(bytes)
      if (row !== undefined && lines !== undefined && (await areKept(tx, branch, row, from, lines))) return accepted
      if (row?.state !== 'receiving') return refused('no lines are due of this statement')
      if (lines === undefined || from !== row.received + 1n) return refused('not the lines that are due')
      const received = row.received + BigInt(lines.length)
      if (received > row.lines) return refused('more lines than it has')
      for (const [place, { transfer, minor }] of lines.entries()) {
        await tx.run(
          'INSERT INTO bank_statement_line (tenant, bank, number, line, transfer, minor) VALUES (?, ?, ?, ?, ?, ?)',
          ...[tenant, bank, number, from + BigInt(place), transfer, minor],
        )
      }
      await tx.run(
        'UPDATE bank_statement SET received = ?, state = ? WHERE tenant = ? AND bank = ? AND number = ?',
        ...[received, received === row.lines ? 'received' : 'receiving', tenant, bank, number],
      )
      return accepted
    },
    afterwards,
  }
}

/** Whether they came before, of a statement that is written again. */
async function areKept(tx: ReadTx, branch: Branch, row: StatementRow, from: bigint, lines: readonly NetLine[]) {
  if (lines.length === 0 || from + BigInt(lines.length) - 1n > row.received) return false
  const kept = await linesAfter(tx, branch, row, from - 1n)
  return lines.every(({ transfer, minor }, i) => kept[i]?.transfer === transfer && kept[i].minor === minor)
}

export function statementOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, number: bigint) {
  return tx.one<StatementRow>(
    `SELECT ${columns} FROM bank_statement WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[config.id, bank, number],
  )
}

/** Compares the next statement that has come and whose letters were taken, of a bank that can be answered. False: none has. */
export async function compareNext(branch: Branch, slices: Slices): Promise<boolean> {
  const due = await branch.store.read(async tx => {
    const rows = await tx.all<StatementRow>(
      `SELECT ${columns} FROM bank_statement WHERE tenant = ? AND state = 'received' ORDER BY bank, number`,
      branch.config.id,
    )
    for (const row of rows)
      if (!(await isClosedTo(tx, branch.config.id, row.bank)) && (await isTold(tx, branch, row))) return row
    return undefined
  })
  if (due === undefined) return false
  if (await isProved(branch, due)) await compare(branch, slices, due)
  else await refuse(branch, due)
  branch.mail.wake()
  return true
}

/** Whether every letter was taken that told of its credits. */
async function isTold(tx: ReadTx, { config }: Branch, { bank, header }: StatementRow): Promise<boolean> {
  const { through } = decodeNetHeader(header) as NetHeader
  const due = await placeDue(tx, config.id, bank)
  return due.epoch > through.epoch || (due.epoch === through.epoch && due.sequence > through.sequence)
}

/** Whoever takes a letter of them notes each in one command. */
const pageSize = 256n

export function linesAfter(tx: ReadTx, { config }: Branch, { bank, number }: StatementRow, after: bigint, more = '') {
  return tx.all<LineRow>(
    `SELECT line, transfer, minor FROM bank_statement_line
     WHERE tenant = ? AND bank = ? AND number = ? AND line > ? ${more} ORDER BY line LIMIT ?`,
    ...[config.id, bank, number, after, pageSize],
  )
}

async function isProved(branch: Branch, row: StatementRow): Promise<boolean> {
  const { root, minor } = decodeNetHeader(row.header) as NetHeader
  const tree = new MerkleTree()
  let sum = 0n
  for (let after = 0n; ; ) {
    const page = await branch.store.read(tx => linesAfter(tx, branch, row, after))
    for (const line of page) {
      addNetLine(tree, line)
      sum += line.minor
    }
    const end = page.at(-1)
    if (end === undefined) return sum === minor && sameBytes(tree.root(), root)
    after = end.line
    await nextTurn(branch.runtime)
  }
}

/** It counts for nothing, and its author is told that all of it is a break. */
async function refuse(branch: Branch, row: StatementRow): Promise<void> {
  const { config, store } = branch
  const { bank, number, date } = row
  const detail = `net statement ${number} of ${date}: its lines are not those of its header`
  const at = now(branch)
  await store.execute(async tx => {
    const refusals = await tx.run(
      `UPDATE bank_statement SET state = 'refused' WHERE tenant = ? AND bank = ? AND number = ? AND state = 'received'`,
      ...[config.id, bank, number],
    )
    if (refusals === 0n) return
    await tellWrong(tx, branch, row)
    await raiseAlarm(tx, config.id, { peer: bank, kind: 'day-end-contradicted', detail, at })
  })
}

async function tellWrong(tx: Tx, { config }: Branch, { bank, number, hash, header }: StatementRow): Promise<void> {
  const { count, minor } = decodeNetHeader(header) as NetHeader
  const body = { number, file: hash, agreed: 0n, breaks: [['wrong-root', count, minor] as [string, bigint, bigint]] }
  await writeLetter(tx, { from: config.id, to: bank, type: 'net-result', body, stream: 'bulk' })
}

async function compare(branch: Branch, slices: Slices, row: StatementRow): Promise<void> {
  const { id: tenant } = branch.config
  const { bank, number } = row
  for (let left = true; left; ) {
    left = await slices.execute(async (tx, slice) => {
      const page = await linesAfter(tx, branch, row, 0n, 'AND verdict IS NULL')
      let looked = 0
      for (const line of page) {
        if (looked++ > 0 && !slice.hasTime()) break
        await tx.run(
          'UPDATE bank_statement_line SET verdict = ? WHERE tenant = ? AND bank = ? AND number = ? AND line = ?',
          ...[await verdictOf(tx, branch, row, line), tenant, bank, number, line.line],
        )
      }
      if (page.length === 0) await answer(tx, branch, row, now(branch))
      return page.length > 0
    })
    branch.runtime.reached('net.compared')
  }
}

async function verdictOf(tx: ReadTx, { config }: Branch, { bank, number }: StatementRow, line: LineRow) {
  const { transfer, minor } = line
  // Lines of one that was refused count as never told.
  const twice = await tx.one(
    `SELECT 1 AS found FROM bank_statement_line AS line WHERE tenant = ? AND bank = ? AND transfer = ?
       AND (number < ? OR (number = ? AND line < ?))
       AND NOT EXISTS (SELECT 1 FROM bank_statement AS whole WHERE whole.tenant = line.tenant AND whole.bank = line.bank
         AND whole.number = line.number AND whole.state = 'refused') LIMIT 1`,
    ...[config.id, bank, transfer, number, number, line.line],
  )
  if (twice !== undefined) return 'duplicate'
  const said = await tx.one<{ outcome: string; minor: bigint }>(
    'SELECT outcome, minor FROM credit_result WHERE tenant = ? AND bank = ? AND transfer = ?',
    ...[config.id, bank, transfer],
  )
  if (said === undefined) return 'missing-here'
  if (said.outcome !== 'credited') return 'state'
  return said.minor === minor ? 'agreed' : 'amount'
}

/** What was found, in the command that makes it final. */
async function answer(tx: Tx, branch: Branch, row: StatementRow, at: number): Promise<void> {
  const { id: tenant } = branch.config
  const { bank, number, date } = row
  if ((await statementOf(tx, branch, bank, number))?.state !== 'received') return
  const { agreed, breaks, missing } = await tellFound(tx, branch, row)
  await tx.run(
    `UPDATE bank_statement SET state = 'answered', agreed = ?, missing = ? WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[agreed, missing, tenant, bank, number],
  )
  if (breaks.length === 0) return
  const detail = `net statement ${number} of ${date}: ${breaks.map(([kind, count]) => `${count} ${kind}`).join(', ')}`
  await raiseAlarm(tx, tenant, { peer: bank, kind: 'day-end-breaks', detail, at })
}

async function tellFound(tx: Tx, branch: Branch, row: StatementRow) {
  const found = await foundIn(tx, branch, row)
  const body = { number: row.number, file: row.hash, agreed: found.agreed, breaks: found.breaks }
  await writeLetter(tx, { from: branch.config.id, to: row.bank, type: 'net-result', body, stream: 'bulk' })
  return found
}

/** What is right in a statement whose lines were compared, and of each kind of break how many and how much. */
export async function foundIn(tx: ReadTx, branch: Branch, row: StatementRow) {
  const { id: tenant } = branch.config
  const { bank, number, header } = row
  const sums = await tx.all<{ verdict: string; count: bigint; minor: bigint }>(
    `SELECT verdict, count(*) AS count, sum(minor) AS minor FROM bank_statement_line
     WHERE tenant = ? AND bank = ? AND number = ? GROUP BY verdict ORDER BY verdict`,
    ...[tenant, bank, number],
  )
  const missing = await missingThere(tx, branch, row, decodeNetHeader(header) as NetHeader)
  const agreed = sums.find(({ verdict }) => verdict === 'agreed')?.minor ?? 0n
  const breaks = sums
    .filter(({ verdict }) => verdict !== 'agreed')
    .map(({ verdict, count, minor }): [string, bigint, bigint] => [verdict, count, minor])
  if (missing.count > 0n) breaks.push(['missing-there', missing.count, missing.minor])
  return { agreed, breaks, missing: missing.count }
}

/** Said to be credited since the statement before, and in no statement. */
async function missingThere(tx: ReadTx, branch: Branch, row: StatementRow, { through }: NetHeader) {
  const { id: tenant } = branch.config
  const last = await statementOf(tx, branch, row.bank, row.number - 1n)
  const from = throughOf(last)
  const found = await tx.one<{ count: bigint; minor: bigint }>(
    `SELECT count(*) AS count, coalesce(sum(minor), 0) AS minor FROM credit_result AS said
     WHERE tenant = ? AND bank = ? AND outcome = 'credited' AND (epoch, sequence) > (?, ?) AND (epoch, sequence) <= (?, ?)
       AND NOT EXISTS (SELECT 1 FROM bank_statement_line AS line WHERE line.tenant = said.tenant AND line.bank = said.bank
         AND line.transfer = said.transfer)`,
    ...[tenant, row.bank, from.epoch, from.sequence, through.epoch, through.sequence],
  )
  return found ?? { count: 0n, minor: 0n }
}
