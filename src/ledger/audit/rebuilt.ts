/**
 * Every table against the change log: rebuilt from the last checkpoint, or from nothing, by what was logged, and compared row
 * by row, as is every table, index, trigger and view by its definition. Here lies what no rule of money can find: an exchanged
 * name, another checker, a letter's content, a hostile trigger. And the log itself against the heads that others hold.
 */
import { verify } from 'node:crypto'
import { checkpointDigest } from '../../store/change-log/checkpoint.ts'
import type { LogHead } from '../../store/change-log/head.ts'
import { type Divergence, type Rebuilt, rebuildAndCompare } from '../../store/change-log/rebuild-and-compare.ts'
import { readRecord } from '../../store/change-log/record.ts'
import { hashAt } from '../../store/change-log/tables.ts'
import { readSnapshot } from '../../store/open.ts'
import type { ReadTx } from '../../store/store.ts'
import { inHex } from './chain.ts'
import type { Finding } from './finding.ts'
import { type KnownKey, publicKey } from './heads-check.ts'

export interface LogCheckOptions {
  readonly keys: readonly KnownKey[]
  /** Tables whose rows are not logged. */
  readonly transient?: ReadonlySet<string>
  /** Rows of one table that are named. */
  readonly most?: number
  /** The record up to which all was proved before: only rows that were written since are compared. */
  readonly since?: LogHead | undefined
}

export async function checkRebuilt(
  source: { readonly folder: string } | { readonly snapshot: Uint8Array },
  { keys, transient = new Set(), most = 20, since }: LogCheckOptions,
): Promise<{ readonly findings: readonly Finding[]; readonly head: LogHead }> {
  const rebuilt = rebuildAndCompare(source, { transient, most, since })
  const words = await readSnapshot(source, tx => unsigned(tx, rebuilt, keys))
  return { findings: [...rebuilt.divergences.map(findingOf), ...words], head: rebuilt.head }
}

/** Whether the log still has what others hold of it. Their signatures were verified by whoever hands them in. */
export async function checkLogHeads(tx: ReadTx, held: readonly LogHead[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const ends = await tx.one<{ first: bigint | null; last: bigint | null }>(
    'SELECT min(sequence) AS first, max(sequence) AS last FROM change_log',
  )
  for (const { sequence, hash } of held) {
    const where = `record ${sequence}`
    const here = await hashAt(tx, sequence)
    if (here !== undefined && inHex(here) !== inHex(hash)) {
      findings.push({ kind: 'log', where, what: 'the head that somebody else holds has another hash' })
    } else if (here === undefined && sequence >= (ends?.first ?? 0n)) {
      findings.push({
        kind: 'log',
        where,
        what: `somebody else holds its head, and the log ends at ${ends?.last ?? 0n}`,
      })
    }
  }
  return findings
}

function findingOf(divergence: Divergence): Finding {
  switch (divergence.kind) {
    case 'schema':
      return { kind: 'schema', where: divergence.name, what: `on ${divergence.table}: it is ${divergence.what}` }
    case 'row': {
      const key = Object.values(divergence.key).map(value => (value instanceof Uint8Array ? inHex(value) : value))
      const columns = divergence.columns.length > 0 ? `: ${divergence.columns.join(', ')}` : ''
      return {
        kind: 'row',
        where: `${divergence.table} ${key.join(' ')}`,
        what: `the log says otherwise, it is ${divergence.what}${columns}`,
      }
    }
    case 'log':
      return { kind: 'log', where: `record ${divergence.sequence}`, what: divergence.what }
    case 'checkpoint':
      return { kind: 'checkpoint', where: `record ${divergence.sequence}`, what: divergence.what }
  }
}

/** What was rebuilt from must be somebody's word. One that was taken for a change of the schema is signed by the next night. */
async function unsigned(tx: ReadTx, { from }: Rebuilt, keys: readonly KnownKey[]): Promise<Finding[]> {
  if (from === undefined) return []
  if (from.signatures.length === 0 && (await changesSchema(tx, from.head.sequence + 1n))) return []
  const digest = checkpointDigest(from)
  const isGenuine = from.signatures.some(({ keyId, bytes }) => {
    const key = keys.find(each => each.keyId === keyId)
    return key !== undefined && verify(null, digest, publicKey(key), bytes)
  })
  if (isGenuine) return []
  const what = 'nobody who is known has signed it'
  return [{ kind: 'checkpoint', where: `record ${from.head.sequence}`, what }]
}

async function changesSchema(tx: ReadTx, sequence: bigint): Promise<boolean> {
  const row = await tx.one<{ record: Uint8Array }>('SELECT record FROM change_log WHERE sequence = ?', sequence)
  return row !== undefined && readRecord(row.record).kind === 'schema'
}
