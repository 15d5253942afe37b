/**
 * What the logs and books of an installation say of one trace, and of those that it led to at its other institutions. It reads, and needs
 * nobody to run. A letter's own word for where it came from is followed where the books of its sender say the same.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '../../bytes.ts'
import type { InstitutionId } from '../../ids.ts'
import { type LetterPlace, toldTrace } from '../../mail/told-trace.ts'
import { readSnapshot } from '../../store/open.ts'
import { decodePlain } from '../../store/plain.ts'
import type { ReadTx } from '../../store/store.ts'
import { parseTraceId, type TraceId, traceBytes, traceIdIn } from '../../trace.ts'

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
  /** `told`: what the letter says of the trace, by which its receiver can ask about it. */
  readonly written: readonly FoundLetter[]
  /** `told`: what its sender can find the letter's trace by. */
  readonly taken: readonly FoundLetter[]
}

export interface FoundLetter extends LetterPlace {
  readonly type: string
  readonly told: TraceId | undefined
}

/** A night that writes to everybody leads to no more. */
const mostTraces = 100

/**
 * `id`: a trace's, a request's, what a letter says of its trace, or whatever else of 32 hexadecimal digits a line of a log names, such as
 * a call.
 */
export async function findTraces(institutions: readonly Searched[], id: string): Promise<readonly FoundTrace[]> {
  const all = institutions.map(each => ({ ...each, log: logLines(each.folder) }))
  const wanted = new Set<TraceId>()
  for (const { folder, log } of all) {
    for (const line of log) {
      const trace = line.includes(id) ? traceIn(line) : undefined
      if (trace) wanted.add(trace)
    }
    for (const trace of await inBooksOf(folder, [], tx => tracesUnder(tx, id))) wanted.add(trace)
  }
  const found = await follow(all, wanted)
  if (found.length > 0) return found
  // As an institution elsewhere knows it, which took a letter: each that was written here is tried.
  const told = await Promise.all(all.map(({ folder }) => inBooksOf(folder, [], tx => tracesTold(tx, id))))
  return follow(all, new Set(told.flat()))
}

/** A row of either table of letters, by who wrote it and to whom. */
type LetterRow = Pick<LetterPlace, keyof LetterPlace>

interface Opened extends Searched {
  readonly log: readonly string[]
}

/** `wanted` grows by what each leads to. */
async function follow(institutions: readonly Opened[], wanted: Set<TraceId>): Promise<readonly FoundTrace[]> {
  const found: FoundTrace[] = []
  let looked = 0
  for (const trace of wanted) {
    if (looked++ >= mostTraces) break
    for (const { id: institution, folder, log } of institutions) {
      const lines = log.filter(line => traceIn(line) === trace)
      const books = await inBooksOf(folder, nothing, tx => inBooks(tx, trace))
      const isEmpty = lines.length + books.decided.length + books.written.length + books.taken.length === 0
      if (isEmpty) continue
      found.push({ institution, trace, lines, ...books })
      for (const other of await linkedTo(institutions, books)) wanted.add(other)
    }
  }
  return found
}

/** Those in which the letters were taken that were written, and in which those were written that were taken. */
async function linkedTo(institutions: readonly Opened[], { written, taken }: Books): Promise<readonly TraceId[]> {
  const linked: TraceId[] = []
  for (const { id, folder } of institutions) {
    const came = written.filter(({ to }) => to === id)
    const sent = taken.filter(({ from }) => from === id)
    if (came.length + sent.length === 0) continue
    const traces = await inBooksOf(folder, [], async tx => [
      ...(await Promise.all(came.map(letter => takenIn(tx, letter)))),
      ...(await Promise.all(sent.map(letter => writtenIn(tx, letter)))),
    ])
    linked.push(...traces.filter(trace => trace !== undefined))
  }
  return linked
}

async function takenIn(tx: ReadTx, { from, to, epoch, sequence, told }: FoundLetter): Promise<TraceId | undefined> {
  const row = await tx.one<{ trace: Uint8Array | null }>(
    `SELECT trace FROM clearing_inbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ? AND peer_trace = ?`,
    ...[to, from, epoch, sequence, traceBytes(told)],
  )
  return traceIdIn(row?.trace)
}

async function writtenIn(tx: ReadTx, { from, to, epoch, sequence, told }: FoundLetter): Promise<TraceId | undefined> {
  const row = await tx.one<{ trace: Uint8Array | null }>(
    'SELECT trace FROM clearing_outbox WHERE tenant = ? AND peer = ? AND epoch = ? AND sequence = ?',
    ...[from, to, epoch, sequence],
  )
  const trace = traceIdIn(row?.trace)
  return trace !== undefined && toldTrace(trace, { from, to, epoch, sequence }) === told ? trace : undefined
}

/** `none`: of books that were last written by an older version, which noted no traces. */
function inBooksOf<O>(folder: string, none: O, read: (tx: ReadTx) => Promise<O>): Promise<O> {
  return readSnapshot({ folder }, async tx => {
    const column = await tx.one("SELECT 1 AS found FROM pragma_table_info('clearing_inbox') WHERE name = 'peer_trace'")
    return column === undefined ? none : read(tx)
  })
}

/** Of a request that is known by this id, of a letter that says it, or of a trace that has it. */
async function tracesUnder(tx: ReadTx, id: string): Promise<TraceId[]> {
  const own = parseTraceId(id)
  const rows = await tx.all<{ trace: Uint8Array }>(
    `SELECT trace FROM once WHERE id = ? AND trace IS NOT NULL
     UNION SELECT trace FROM clearing_inbox WHERE peer_trace = ? AND trace IS NOT NULL`,
    ...[id, traceBytes(own)],
  )
  return [own, ...rows.map(({ trace }) => traceIdIn(trace))].filter(trace => trace !== undefined)
}

/** Letters that are looked at together. */
const lettersAtOnce = 10_000

/** In which the letters were written that say this of it. */
async function tracesTold(tx: ReadTx, told: string): Promise<TraceId[]> {
  const found: TraceId[] = []
  let last: LetterPlace = { from: '' as InstitutionId, to: '' as InstitutionId, epoch: 0n, sequence: 0n }
  for (;;) {
    const rows = await tx.all<LetterRow & { readonly trace: Uint8Array }>(
      `SELECT tenant AS "from", peer AS "to", epoch, sequence, trace FROM clearing_outbox
       WHERE trace IS NOT NULL AND (tenant, peer, epoch, sequence) > (?, ?, ?, ?)
       ORDER BY tenant, peer, epoch, sequence LIMIT ?`,
      ...[last.from, last.to, last.epoch, last.sequence, BigInt(lettersAtOnce)],
    )
    for (const { trace, ...letter } of rows) {
      const own = traceIdIn(trace)
      if (own !== undefined && toldTrace(own, letter) === told) found.push(own)
    }
    const end = rows.at(-1)
    if (end === undefined || rows.length < lettersAtOnce) return found
    last = end
  }
}

type Books = Pick<FoundTrace, 'decided' | 'written' | 'taken'>
const nothing: Books = { decided: [], written: [], taken: [] }

async function inBooks(tx: ReadTx, trace: TraceId): Promise<Books> {
  const bytes = fromHex(trace)
  const decided = await tx.all<{ kind: string; id: string; outcome: string }>(
    'SELECT kind, id, outcome FROM once WHERE trace = ?',
    bytes,
  )
  const written = await tx.all<LetterRow & { readonly type: string }>(
    `SELECT type, tenant AS "from", peer AS "to", epoch, sequence FROM clearing_outbox WHERE trace = ?
     ORDER BY peer, epoch, sequence`,
    bytes,
  )
  const taken = await tx.all<LetterRow & { readonly type: string; readonly peer_trace: Uint8Array | null }>(
    `SELECT type, peer AS "from", tenant AS "to", epoch, sequence, peer_trace FROM clearing_inbox WHERE trace = ?
     ORDER BY peer, epoch, sequence`,
    bytes,
  )
  return {
    decided: decided.map(({ kind, id, outcome }) => ({ kind, intent: id, outcome: nameOf(outcome) })),
    written: written.map(letter => ({ ...letter, told: toldTrace(trace, letter) })),
    taken: taken.map(({ peer_trace, ...letter }) => ({ ...letter, told: traceIdIn(peer_trace) })),
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
