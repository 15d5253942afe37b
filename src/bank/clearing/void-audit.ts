/**
 * That two officers declared each file void that was not lost by its payee, and signed just what the books say of it; and that what was
 * found to contradict does. Nothing imported of the bank.
 */
import { decode } from 'cborg'
import { hex, readHeader } from '../../clearing/audit/proof.ts'
import { decisionsOf, finding, record } from '../../institution/people-audit.ts'
import type { BooksOf, Identity } from '../../ledger/audit/identity.ts'

type Row = {
  readonly payee: string
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly voidedBy: string | null
  readonly at: bigint | null
  readonly root: Uint8Array | null
  readonly totals: Uint8Array | null
}

export const voidFiles =
  ({ tenant }: BooksOf): Identity =>
  async tx => {
    const decided = await decisionsOf(tx)
    const rows = await tx.all<Row>(
      `SELECT payee, number, date, hash, header, state, lines, voided_by AS voidedBy, at, root, totals
       FROM payee_file LEFT JOIN contradicted_file USING (tenant, payee, number)
       WHERE tenant = ? AND (voided_by IS NOT NULL OR at IS NOT NULL) ORDER BY payee, number`,
      tenant,
    )
    return rows.flatMap(row => {
      const { payee, number, voidedBy } = row
      const where = `file ${payee} ${number}`
      const told = readHeader(row, { from: payee, to: tenant }, undefined)
      const read = row.totals === null ? undefined : totalsIn(safely(row.totals))
      const found = []
      if (voidedBy !== null) {
        const by = decided.get(voidedBy)
        const isSo =
          by?.kind === 'void-file' &&
          by.request['payee'] === payee &&
          String(by.request['number']) === String(number) &&
          (isOlderThanFacts(by.request, row) || says(record(by.request['facts']), row, told.totals, read))
        if (!isSo) found.push(finding(where, 'two people did not declare it void'))
      }
      if (read !== undefined) {
        const differs = !isSame(told.totals, read) || told.root !== hex(row.root ?? new Uint8Array())
        if (row.state !== 'refused' || !differs)
          found.push(finding(where, 'what was found to contradict in it does not'))
      }
      return found
    })
  }

/**
 * Two people signed the file's number and why, as the program asked for no facts then. Such a program noted nothing of what it found in the
 * file, either; of one of which something is noted no decision without facts was ever carried out.
 */
const isOlderThanFacts = (request: Readonly<Record<string, unknown>>, { at }: Row) =>
  request['facts'] === undefined && at === null

function says(
  signed: Readonly<Record<string, unknown>>,
  { date, hash, lines, at }: Row,
  told: ReadonlyMap<string, string>,
  read: ReadonlyMap<string, string> | undefined,
): boolean {
  return (
    signed['file'] === hex(hash) &&
    signed['date'] === date &&
    String(signed['lines']) === String(lines) &&
    isSame(totalsIn(signed['told']), told) &&
    isSame(totalsIn(signed['read']), read ?? new Map()) &&
    String(signed['since'] ?? '') === String(at ?? '')
  )
}

const totalsIn = (value: unknown): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(record(value)).map(([kind, total]) => {
      const { count, minor } = record(total)
      return [kind, `${count}/${minor}`]
    }),
  )

const isSame = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
  one.size === other.size && [...one].every(([kind, total]) => other.get(kind) === total)

function safely(encoded: Uint8Array): unknown {
  try {
    return decode(encoded, { rejectDuplicateMapKeys: true })
  } catch {
    return undefined
  }
}
