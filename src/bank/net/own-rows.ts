/** Own net statements as they are kept. */
import type { InstitutionId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'

export type OwnRow = {
  readonly number: bigint
  readonly date: string
  readonly hash: Uint8Array
  readonly header: Uint8Array
  readonly state: string
  readonly lines: bigint
  readonly told: bigint
  /** The latest closed date when it was last written again; null: it was written once. */
  readonly again: string | null
}

const columns = 'number, date, hash, header, state, lines, told, again'

export function lastOwn(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<OwnRow | undefined> {
  return tx.one<OwnRow>(
    `SELECT ${columns} FROM net_statement WHERE tenant = ? AND bank = ? ORDER BY number DESC LIMIT 1`,
    ...[config.id, bank],
  )
}

export function ownOf(tx: ReadTx, { config }: Branch, bank: InstitutionId, number: bigint) {
  return tx.one<OwnRow>(
    `SELECT ${columns} FROM net_statement WHERE tenant = ? AND bank = ? AND number = ?`,
    ...[config.id, bank, number],
  )
}

/** The one whose lines are being told. */
export function writingTo(tx: ReadTx, { config }: Branch, bank: InstitutionId): Promise<OwnRow | undefined> {
  return tx.one<OwnRow>(
    `SELECT ${columns} FROM net_statement WHERE tenant = ? AND bank = ? AND state = 'writing' ORDER BY number LIMIT 1`,
    ...[config.id, bank],
  )
}
