/** What was measured, as tables of the card: one for each run that was kept. */
import { kinds } from '../../test/simulation/failovers/troubles.ts'
import { nameOf } from './failover-figures.ts'
import type { Measured, Run } from './measured.ts'
import { many, short, table } from './words.ts'

export function measuredParts(measured: Measured): readonly string[] {
  return [
    part('Calls', measured.calls, 'npm run bench -- calls --card', callRows),
    part('Sales', measured.kept, 'npm run bench -- ledger --engine kept --standby --card', saleRows),
    part('Books, and another machine', measured.takeover, 'npm run bench -- takeover --card', bookRows),
    part('Failovers', measured.failovers, 'npm run failovers -- --card', failoverRows),
  ]
}

type Row = readonly [what: string, is: string]

function part(title: string, run: Run | undefined, command: string, rows: (of: Values) => readonly Row[]): string {
  if (run === undefined) return `## ${title}\n\nNot kept yet: \`${command}\`.`
  const values = new Values(run)
  return `## ${title}\n\n${run.date}, ${run.on}, \`${run.command}\`.\n\n${table(['', ''], rows(values))}`
}

/** Of one run. A row of the page whose value was not measured then is left out. */
class Values {
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  row(what: string, names: readonly string[], say: (...values: number[]) => string): readonly Row[] {
    const found = names.flatMap(name => this.#run.values[name] ?? [])
    return found.length === names.length ? [[what, say(...found)]] : []
  }
}

function callRows(of: Values): readonly Row[] {
  return [
    ...of.row(
      'calls at once on one machine: Asterisk, the bank and the callers of the benchmark together',
      ['concurrentCalls', 'concurrentCallsReference'],
      (ours, plain) => `${many(ours)}; a plain dialplan ${many(plain)}`,
    ),
    ...of.row(
      'of a core for one call',
      ['cpuMsPerCall', 'asteriskMsPerCall', 'pinCheckMs', 'callSeconds'],
      (all, asterisk, pin, seconds) =>
        `${short(all)} ms in ${short(seconds)} s: Asterisk ${short(asterisk)}, the PIN check ${short(pin)}, the rest of the bank ${short(all - asterisk - pin)}`,
    ),
    ...of.row(
      'calls at once of one process of an institution, whose conversations share one core',
      ['cpuMsPerCall', 'asteriskMsPerCall', 'pinCheckMs', 'callSeconds'],
      (...values) =>
        `${many(perProcess(...values))}, computed; it turns calls away beyond 500 where nothing else is said`,
    ),
    ...of.row(
      'from key to prompt, of 100 calls',
      ['keyToPromptP50Ms', 'keyToPromptP99Ms'],
      (p50, p99) => `${short(p50)} ms, ${short(p99)} of the slowest in a hundred`,
    ),
  ]
}

/** The PIN is checked on other cores. */
export function perProcess(cpuMs = 0, asteriskMs = 0, pinMs = 0, seconds = 0): number {
  return Math.floor((1_000 / (cpuMs - asteriskMs - pinMs)) * seconds)
}

function saleRows(of: Values): readonly Row[] {
  const beside = (what: string, name: string) =>
    of.row(
      what,
      [`${name}Reference`, name],
      (other, ours) => `${short(other)} (ours ${(ours / other).toFixed(1)} times as many)`,
    )
  const share = (what: string, name: string) =>
    of.row(
      what,
      [name, `${name}Reference`],
      (ours, alone) => `${many(ours)}, ${(ours / alone).toFixed(2)} of SQLite alone`,
    )
  return [
    ...of.row('sales of one writer in a second, SQLite alone', ['salesPerSecondKeptReference'], many),
    ...share('PostgreSQL keeps the log', 'salesPerSecondKept'),
    ...share('and a second PostgreSQL confirms each commit', 'salesPerSecondKeptSync'),
    ...beside('instead: every table in PostgreSQL, groups on one connection', 'salesPerSecondKeptAgainstGrouped'),
    ...beside('instead: SERIALIZABLE, 16 connections', 'salesPerSecondKeptAgainstSerializable16'),
    ...beside('instead: SERIALIZABLE, 64 connections', 'salesPerSecondKeptAgainstSerializable64'),
    ...of.row(
      'until the second PostgreSQL had a record on its disk',
      ['standbyFlushLagMsP50', 'standbyFlushLagMsMost'],
      (p50, most) => `${short(p50)} ms, at most ${short(most)}`,
    ),
  ]
}

/** Below that the machine's other work is what was measured. */
export function isLine(explained: number): boolean {
  return explained >= 0.9
}

function bookRows(of: Values): readonly Row[] {
  return [
    ...of.row('sales in the books', ['sales'], many),
    ...of.row(
      'a sale in the database: all tables and indexes',
      ['databaseBytesPerSale'],
      bytes => `${many(bytes)} bytes`,
    ),
    ...of.row(
      'a sale in the change log, with its record from stock and its confirmation',
      ['logBytesPerSale'],
      bytes => `${many(bytes)} bytes`,
    ),
    ...of.row("the same in PostgreSQL's own write-ahead log", ['walBytesPerSale'], bytes => `${many(bytes)} bytes`),
    ...of.row(
      'how far behind a machine is that follows',
      ['followerLagMsP50', 'followerLagMsMost'],
      (p50, most) => `${short(p50)} ms, at most ${short(most)}; it looks every 200`,
    ),
    ...of.row(
      'from the free lease to the first sale of a machine that has followed',
      ['takeOverSeconds'],
      seconds => `${short(seconds)} s`,
    ),
    ...of.row(
      'the same from the kill of the one that wrote',
      ['takeOverSecondsKilled', 'takeOverSecondsKilledAfterLease'],
      (all, after) => `${short(all)} s, of which ${short(after)} after its lease of 3 s`,
    ),
    ...of.row(
      'a machine without books, from a checkpoint and as many sales in the log after it',
      ['bareMachineBaseSeconds', 'bareMachineSecondsPer100k', 'bareMachineLinearity'],
      (base, slope, explained) =>
        isLine(explained)
          ? `${short(base)} s and ${short(slope)} s for each 100,000 sales, by a straight line through three sizes (R² ${explained.toFixed(3)})`
          : `no line shows at that load (R² ${explained.toFixed(2)} of three sizes): nothing is computed from it`,
    ),
  ]
}

function failoverRows(of: Values): readonly Row[] {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`
  return [
    ...Object.keys(kinds).flatMap(kind =>
      of.row(
        `${kind}: until the next answered request`,
        [`${nameOf(kind)}MsMedian`, `${nameOf(kind)}MsMost`, `${nameOf(kind)}Times`],
        (middle, most, times) => `${seconds(middle)}, at most ${seconds(most)} of ${many(times)} times`,
      ),
    ),
    ...of.row(
      'failovers that lost or repeated something, or took longer than is promised',
      ['failed', 'answered'],
      (failed, answered) => `${many(failed)}, of ${many(answered)} answered requests`,
    ),
  ]
}
