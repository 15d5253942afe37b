/** What PostgreSQL and a folder show of a bank from outside: who has the lease, how far the log and a follower are, and what all of it weighs. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type pg from 'pg'
import { systemRuntime } from '../../src/runtime.ts'
import { checkpointFolder, checkpointsIn } from '../../src/store/change-log/checkpoint.ts'
import { databaseIn } from '../../src/store/connection.ts'
import { median } from '../ledger/turns.ts'

const recordKeysFile = 'record-keys/scratch.db'
const lookEveryMs = 5
const sampleEveryMs = 50

/** When nobody had the lease of `epoch` any more, on the clock that all processes of a machine share. */
export async function leaseFreed(client: pg.Client, epoch: bigint): Promise<bigint> {
  for (;;) {
    const beforeNs = process.hrtime.bigint()
    const { isFree, epoch: now } = await leaseOf(client)
    if (isFree || now > epoch) return beforeNs
    await systemRuntime.sleep(lookEveryMs)
  }
}

export async function leaseOf(client: pg.Client): Promise<{ readonly epoch: bigint; readonly isFree: boolean }> {
  const { rows } = await client.query('SELECT epoch, free FROM tonebank_lease')
  const [row] = rows
  if (row === undefined) throw new Error('nobody has had the lease')
  return { epoch: BigInt(row.epoch), isFree: row.free }
}

export interface Weight {
  readonly walBytes: bigint
  readonly logBytes: bigint
}

/** Of PostgreSQL's own write-ahead log since it began, and of the records that it keeps. */
export async function weigh(client: pg.Client): Promise<Weight> {
  const { rows } = await client.query(
    `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn AS wal, (SELECT coalesce(sum(length(record)), 0) FROM tonebank_log) AS log`,
  )
  return { walBytes: BigInt(rows[0].wal), logBytes: BigInt(rows[0].log) }
}

/** Of the last snapshot: all tables without the log. */
export function snapshotBytes(folder: string): number {
  const last = checkpointsIn(checkpointFolder(folder)).at(-1)
  if (last === undefined) throw new Error(`there is no checkpoint in ${folder}`)
  return statSync(last.file).size
}

/** Copies what a machine needs beside the books. The folder of `from` is in use. */
export function copyRecordKeys(from: string, to: string): void {
  const keys = new Database(join(from, recordKeysFile), { readonly: true })
  try {
    keys.prepare('VACUUM INTO ?').run(join(to, recordKeysFile))
  } finally {
    keys.close()
  }
}

/** Looks again and again how long ago the log was where a follower's books are. */
export function watchLag(client: pg.Client, folder: string): { stop(): Promise<{ medianMs: number; mostMs: number }> } {
  const books = new Database(databaseIn(folder), { readonly: true, timeout: 5_000 })
  const heads: { readonly atMs: number; readonly sequence: number }[] = []
  const lagsMs: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const atMs = performance.now()
      const { rows } = await client.query('SELECT max(sequence)::int AS sequence FROM tonebank_log')
      heads.push({ atMs, sequence: rows[0].sequence ?? 0 })
      const { sequence } = books.prepare('SELECT max(sequence) AS sequence FROM change_log').get() as {
        sequence: number
      }
      const firstMissing = heads.find(head => head.sequence > sequence)
      lagsMs.push(firstMissing === undefined ? 0 : performance.now() - firstMissing.atMs)
      await systemRuntime.sleep(sampleEveryMs)
    }
  })()
  return {
    stop: async () => {
      isOver = true
      await watching
      books.close()
      return { medianMs: median(lagsMs), mostMs: Math.max(...lagsMs) }
    },
  }
}
