/**
 * What every benchmark hands back, and how it is printed: a table for people, or with `json` exactly one object on
 * standard output, so that a script can read it.
 */

export interface BenchOptions {
  /** A short run, for a first impression. */
  readonly quick: boolean
  /** Exactly one JSON object on standard output; progress and complaints go to standard error. */
  readonly json: boolean
  /** The modem's, which takes over an hour: keeps what an earlier run has measured. */
  readonly resume: boolean
  /** The ledger's: what keeps the books, and whether a commit there waits for a standby. */
  readonly engine: 'sqlite' | 'kept'
  readonly standby: boolean
  /** Kept for the capacity card, which is written anew. */
  readonly card: boolean
  /** The take-over's: how many sales the books have at the end. */
  readonly sales?: number
  /** The take-over's: nothing but a machine that has followed, with books that are made sooner. */
  readonly followed: boolean
}

export interface Figure {
  readonly name: string
  readonly ours: number
  /** What a user would pick instead, measured in the same run. */
  readonly reference: number
  readonly ratio: number
  /** In words: `≥ 0.5`. */
  readonly goal: string
  readonly met: boolean
  /** What a reader must know to judge the figure, such as `limited by generator`. */
  readonly note?: string
}

/** Measured beside them, without a goal and a reference. */
export interface Fact {
  readonly name: string
  readonly value: number
}

export interface BenchReport {
  readonly bench: string
  readonly figures: readonly Figure[]
  readonly facts?: readonly Fact[]
}

export function printReport(report: BenchReport, options: { json: boolean }): void {
  if (options.json) {
    process.stdout.write(`${JSON.stringify(report)}\n`)
    return
  }
  const rows = [
    ['figure', 'ours', 'reference', 'ratio', 'goal', 'met'],
    ...report.figures.map(figure => [
      figure.name,
      readable(figure.ours),
      readable(figure.reference),
      readable(figure.ratio),
      figure.goal,
      figure.met ? 'yes' : 'NO',
    ]),
  ]
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const lines = rows.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  const notes = report.figures.flatMap(figure => (figure.note === undefined ? [] : [`${figure.name}: ${figure.note}`]))
  const facts = (report.facts ?? []).map(({ name, value }) => `${name}: ${readable(value)}`)
  process.stdout.write(`${[`bench ${report.bench}`, ...lines, ...notes, ...facts].join('\n')}\n`)
}

/** Four significant digits: more would be noise. */
function readable(value: number): string {
  return Number.isInteger(value) ? value.toString() : value.toPrecision(4)
}
