/**
 * Posting a file whose lines were looked at: one posting for each kind, with the Merkle root of its accepted lines as reference,
 * in one command with the statement. Captures go from the float to the payee's settlement account, its fee with them;
 * remainders and refunds leave float and settlement account, and go on to each buyer afterwards (`returns.ts`).
 */
import { noTotals, type Total } from '../../clearing/header.ts'
import type { LineKind } from '../../clearing/lines.ts'
import { MerkleTree } from '../../clearing/merkle.ts'
import { decodeResult, encodeResult, type Result } from '../../clearing/result.ts'
import type { Slices } from '../../clearing/slices.ts'
import type { InstitutionId } from '../../ids.ts'
import { balanceOf, openAccount } from '../../ledger/accounts.ts'
import { businessDate } from '../../ledger/business-date.ts'
import type { AccountId } from '../../ledger/chart.ts'
import { type Entry, headOf } from '../../ledger/journal.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { now } from '../../runtime.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { type Branch, feeIncome, floatOf, inCurrency, returningTo, settlementOf, suspense } from '../branch.ts'
import { basisPointsOf } from '../private/payees.ts'
import { type FileRow, fileOf } from './files.ts'

/** A millisecond of reading and hashing. */
const pageSize = 250n

interface Accepted {
  readonly totals: Record<LineKind, Total>
  /** In hexadecimal: over captures and reversals, over terminations, over refunds. */
  readonly roots: Readonly<Record<'captures' | 'terminations' | 'refunds', string>>
}

const postingOf = { capture: 'captures', reversal: 'captures', termination: 'terminations', refund: 'refunds' } as const

/** What of a file was accepted. Read beside the writer, as its lines do not change any more. */
async function acceptedIn({ store, config }: Branch, slices: Slices, { payee, number }: FileRow): Promise<Accepted> {
  const totals = noTotals()
  const trees = { captures: new MerkleTree(), terminations: new MerkleTree(), refunds: new MerkleTree() }
  for (let after = 0n; ; ) {
    const page = await store.read(tx =>
      tx.all<{ line: bigint; kind: LineKind; minor: bigint; hash: Uint8Array; verdict: string }>(
        `SELECT line, kind, minor, hash, verdict FROM payee_file_line
         WHERE tenant = ? AND payee = ? AND number = ? AND line > ? ORDER BY line LIMIT ?`,
        ...[config.id, payee, number, after, pageSize],
      ),
    )
    for (const { kind, minor, hash, verdict } of page) {
      if (verdict !== 'accepted') continue
      const { count, minor: sum } = totals[kind]
      totals[kind] = { count: count + 1n, minor: sum + minor }
      trees[postingOf[kind]].addLeaf(hash)
    }
    const last = page.at(-1)
    if (last === undefined) break
    after = last.line
    await slices.breathe()
  }
  const root = (tree: MerkleTree) => Buffer.from(tree.root()).toString('hex')
  return {
    totals,
    roots: {
      captures: root(trees.captures),
      terminations: root(trees.terminations),
      refunds: root(trees.refunds),
    },
  }
}

/** The payee's fee on captures net of reversals, in minor units, rounded down. */
export function feeOn(basisPoints: number, captures: bigint): bigint {
  return (captures * BigInt(basisPoints)) / 10_000n
}

/** What refunds can be paid from: the settlement account, with this file's captures less the fee. */
export async function availableFor(branch: Branch, slices: Slices, file: FileRow): Promise<bigint> {
  const { totals } = await acceptedIn(branch, slices, file)
  const captures = totals.capture.minor - totals.reversal.minor
  const settled = await branch.store.read(tx => standing(tx, branch, settlementOf(file.payee)))
  return settled + captures - feeOn(basisPointsOf(branch, file.payee), captures)
}

async function standing(tx: ReadTx, { chain }: Branch, account: AccountId): Promise<bigint> {
  return (await balanceOf(tx, account, chain)).available.minor
}

/** Posts the file. Done before, it does nothing more. */
export async function postFile(branch: Branch, slices: Slices, file: FileRow): Promise<void> {
  const accepted = await acceptedIn(branch, slices, file)
  const at = now(branch)
  await branch.store.execute(tx => postOnce(tx, branch, file, accepted, at), 'unhurried')
  branch.runtime.reached('day-end.posted')
}

async function postOnce(tx: Tx, branch: Branch, file: FileRow, { totals, roots }: Accepted, at: number): Promise<void> {
  const { chain, config, calendar } = branch
  const { payee, number } = file
  if ((await fileOf(tx, config.id, payee, number))?.statement !== null) return
  const date = await businessDate(tx, calendar, at)
  const captures = totals.capture.minor - totals.reversal.minor
  const fee = feeOn(basisPointsOf(branch, payee), captures)
  const money = (minor: bigint) => inCurrency(branch, minor)
  const move = (minor: bigint, from: AccountId, to: AccountId): readonly Entry[] =>
    minor === 0n ? [] : [debit(from, money(minor)), credit(to, money(minor))]
  const booked = async (what: keyof Accepted['roots'], entries: readonly Entry[]) => {
    if (entries.length === 0) return
    const posted = await post(tx, {
      ...{ chain, at, businessDate: date, entries, kind: `day-end-${what}` },
      id: `day-end ${payee} ${number} ${what}`,
      reference: roots[what],
    })
    if (posted.outcome !== 'posted') throw new Error(`${what} of file ${number} were refused: ${posted.outcome}`)
  }
  const settlement = settlementOf(payee)
  await booked('captures', [...move(captures, floatOf(payee), settlement), ...move(fee, settlement, feeIncome)])
  await booked('terminations', move(totals.termination.minor, floatOf(payee), returningTo(payee)))
  await booked('refunds', move(totals.refund.minor, settlement, returningTo(payee)))
  const statement: Pick<Result, 'float' | 'settlement'> = {
    float: await floatStatement(tx, branch, file, captures, totals.termination.minor),
    settlement: await settlementStatement(tx, branch, file, { captures, fee, refunds: totals.refund.minor }),
  }
  const head = await headOf(tx, chain)
  const breaks = await tx.one<{ count: bigint }>(
    `SELECT count(*) AS count FROM payee_file_line
     WHERE tenant = ? AND payee = ? AND number = ? AND verdict <> 'accepted'`,
    ...[config.id, payee, number],
  )
  const result: Result = {
    format: 'tonebank day-end result 1',
    ...{ number, date: file.date, file: new Uint8Array(file.hash), postedOn: date, accepted: totals, head },
    breaks: breaks?.count ?? 0n,
    ...statement,
  }
  await tx.run(
    `UPDATE payee_file SET posted_on = ?, posted_seq = ?, statement = ? WHERE tenant = ? AND payee = ? AND number = ?`,
    ...[date, head.seq, encodeResult(result), config.id, payee, number],
  )
}

/** Goes on from the statement before; what was sold since is what the float grew by. */
async function floatStatement(tx: ReadTx, branch: Branch, file: FileRow, captures: bigint, terminations: bigint) {
  const opening = (await statementBefore(tx, branch, file))?.float.closing ?? 0n
  const closing = (await balanceOf(tx, floatOf(file.payee), branch.chain)).posted.minor
  return { opening, sales: closing + captures + terminations - opening, captures, terminations, closing }
}

/** By how much a payee's float has grown since its last statement: what the next one tells as sold, before what it clears. */
export async function soldSince(tx: ReadTx, branch: Branch, payee: InstitutionId): Promise<bigint> {
  const told = (await statementBefore(tx, branch, { payee, number: afterAll }))?.float.closing ?? 0n
  return (await balanceOf(tx, floatOf(payee), branch.chain)).posted.minor - told
}

const afterAll = (1n << 63n) - 1n

async function settlementStatement(
  tx: ReadTx,
  branch: Branch,
  file: FileRow,
  moved: { readonly captures: bigint; readonly fee: bigint; readonly refunds: bigint },
) {
  const opening = (await statementBefore(tx, branch, file))?.settlement.closing ?? 0n
  const closing = (await balanceOf(tx, settlementOf(file.payee), branch.chain)).posted.minor
  const { captures, fee, refunds } = moved
  return { opening, ...moved, paidOut: opening + captures - fee - refunds - closing, closing }
}

async function statementBefore(tx: ReadTx, { config }: Branch, { payee, number }: Pick<FileRow, 'payee' | 'number'>) {
  const before = await tx.one<{ statement: Uint8Array }>(
    `SELECT statement FROM payee_file WHERE tenant = ? AND payee = ? AND number < ? AND statement IS NOT NULL
     ORDER BY number DESC LIMIT 1`,
    ...[config.id, payee, number],
  )
  return before && decodeResult(before.statement)
}

/** The accounts that a payee's files move. */
export async function openClearingAccounts(tx: Tx, branch: Branch, at: number, date: string): Promise<void> {
  const ofPayees = branch.config.payees.flatMap(({ id }) => [settlementOf(id), returningTo(id)])
  for (const account of [feeIncome, suspense, ...ofPayees]) {
    await openAccount(tx, { chain: branch.chain, account, asset: branch.config.currency, at, businessDate: date })
  }
}
