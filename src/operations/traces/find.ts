/**
 * What the logs and books of an installation say of one trace, and of those that it led to at its other institutions. It reads, and needs
 * nobody to run. A letter's own word for where it came from is followed as what it is: a hint.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../bytes.ts'
import { readSnapshot } from '../../store/open.ts'
import { decodePlain } from '../../store/plain.ts'
import type { ReadTx } from '../../store/store.ts'
import { parseTraceId, type TraceId, traceIdIn } from '../../trace.ts'

export interface Searched {
  readonly id: string
  /** With its books and its log. */
  readonly folder: string
}

export interface FoundTrace {
  readonly institution: string
  readonly trace: TraceId
  /** Lines of the log, oldest first, as they stand there. */
  readonly lines: readonly string[]
  /** Requests that were decided in it: what was asked, under which id, and the name of the outcome. */
  readonly decided: readonly { readonly kind: string; readonly intent: string; readonly outcome: string }[]
  readonly written: readonly { readonly type: string; readonly to: string; readonly place: string }[]
  readonly taken: readonly {
    readonly type: string
    readonly from: string
    readonly place: string
    readonly causedBy: TraceId | undefined
  }[]
}

/** A night that writes to everybody leads to no more. */
const mostTraces = 100

/** `id`: a trace's, a request's, or whatever else of 32 hexadecimal digits a line of a log names, such as a call. */
export async function findTraces(institutions: readonly Searched[], id: string): Promise<readonly FoundTrace[]> {
  const logs = institutions.map(({ folder }) => logLines(folder))
  const wanted = new Set<TraceId>()
  for (const [i, { folder }] of institutions.entries()) {
    for (const line of logs[i] ?? []) {
      const trace = line.includes(id) ? traceIn(line) : undefined
      if (trace) wanted.add(trace)
    }
    for (const trace of await readSnapshot({ folder }, tx => tracesUnder(tx, id))) wanted.add(trace)
  }
  const found: FoundTrace[] = []
  // Each may lead to more, which come behind it.
  let looked = 0
  for (const trace of wanted) {
    if (looked++ >= mostTraces) break
    for (const [i, { id: institution, folder }] of institutions.entries()) {
      const lines = (logs[i] ?? []).filter(line => traceIn(line) === trace)
      const { linked, ...books } = await readSnapshot({ folder }, tx => inBooks(tx, trace))
      for (const other of linked) wanted.add(other)
      const isEmpty = lines.length + books.decided.length + books.written.length + books.taken.length === 0
      if (!isEmpty) found.push({ institution, trace, lines, ...books })
    }
  }
  return found
}

/** Of a request that is known by this id, or of a trace that is. */
async function tracesUnder(tx: ReadTx, id: string): Promise<readonly TraceId[]> {
  if (!(await notesTraces(tx))) return []
  const rows = await tx.all<{ trace: Uint8Array }>(
    'SELECT DISTINCT trace FROM once WHERE id = ? AND trace IS NOT NULL',
    id,
  )
  return [parseTraceId(id), ...rows.map(({ trace }) => traceIdIn(trace))].filter(trace => trace !== undefined)
}

/** Books that were last written by an older version do not. */
async function notesTraces(tx: ReadTx): Promise<boolean> {
  const column = await tx.one("SELECT 1 AS found FROM pragma_table_info('clearing_inbox') WHERE name = 'peer_trace'")
  return column !== undefined
}

async function inBooks(tx: ReadTx, trace: TraceId) {
  if (!(await notesTraces(tx))) return { decided: [], written: [], taken: [], linked: [] }
  const bytes = fromHex(trace)
  const decided = await tx.all<{ kind: string; id: string; outcome: string }>(
    'SELECT kind, id, outcome FROM once WHERE trace = ?',
    bytes,
  )
  const written = await tx.all<{ type: string; peer: string; epoch: bigint; sequence: bigint }>(
    'SELECT type, peer, epoch, sequence FROM clearing_outbox WHERE trace = ? ORDER BY peer, epoch, sequence',
    bytes,
  )
  const met = await tx.all<{
    type: string
    peer: string
    epoch: bigint
    sequence: bigint
    trace: Uint8Array | null
    peer_trace: Uint8Array | null
  }>(
    `SELECT type, peer, epoch, sequence, trace, peer_trace FROM clearing_inbox WHERE trace = ? OR peer_trace = ?
     ORDER BY peer, epoch, sequence`,
    ...[bytes, bytes],
  )
  const letters = met.map(({ type, peer, epoch, sequence, ...of }) => ({
    ...{ type, from: peer, place: `${epoch}/${sequence}` },
    ...{ own: traceIdIn(of.trace), causedBy: traceIdIn(of.peer_trace) },
  }))
  return {
    decided: decided.map(({ kind, id, outcome }) => ({ kind, intent: id, outcome: nameOf(outcome) })),
    written: written.map(({ type, peer, epoch, sequence }) => ({ type, to: peer, place: `${epoch}/${sequence}` })),
    taken: letters.filter(({ own }) => own === trace).map(({ own: _own, ...letter }) => letter),
    linked: letters.flatMap(({ own, causedBy }) => [own, causedBy]).filter(other => other !== undefined),
  }
}

/** Amounts and accounts are no concern of whoever looks for a fault. */
function nameOf(plain: string): string {
  const outcome = (decodePlain(plain) ?? {}) as { readonly outcome?: unknown }
  return typeof outcome.outcome === 'string' ? outcome.outcome : 'done'
}

/** Of every file that is kept, oldest first. */
function logLines(folder: string): readonly string[] {
  const ages = readdirSync(folder).flatMap(name => {
    const age = /^log(?:\.(\d+))?\.ndjson$/.exec(name)
    return age ? [{ name, age: Number(age[1] ?? 0) }] : []
  })
  return ages
    .toSorted((a, b) => b.age - a.age)
    .flatMap(({ name }) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter(line => line !== '')
}

const traceIn = (line: string): TraceId | undefined => parseTraceId(/"traceId":"([0-9a-f]{32})"/.exec(line)?.[1] ?? '')
