/** The last full run, beside the page that quotes it: `docs/modem/bench.json`, all points as tables, and the plots. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { machine } from '../machine.ts'
import type { BenchReport, Figure } from '../report.ts'
import { MODES } from './lines.ts'
import { drawPlots } from './plots.ts'
import { type Point, Points } from './points.ts'
import { table } from './table.ts'

const FOLDER = 'docs/modem'
const TABLES_HEADER = `# What the modem's benchmark measured

Frames of 150 bytes lost of those sent, with the 95 % interval (Wilson). Written by \`npm run bench -- modem\`; [the modem](../modem.md) says what it means.
`

interface Kept extends BenchReport {
  /** The machines that measured: one, unless the run was taken up again. */
  readonly on: readonly string[]
  readonly points: readonly Point[]
}

export class BenchRecord {
  readonly points: Points
  readonly #on: readonly string[]
  readonly #known: readonly Figure[]
  readonly #isKept: boolean

  /** `resume`: begins with what the last run has measured. A quick run is never kept. */
  constructor({ quick, resume }: { quick: boolean; resume: boolean }) {
    const last = resume ? readLast() : { on: [], figures: [], points: [] }
    this.points = new Points(last.points)
    this.#on = [...last.on, machine()]
    this.#known = last.figures
    this.#isKept = !quick
  }

  /** All of these, if they are known. */
  figures(names: readonly string[]): Figure[] | undefined {
    const known = this.#known.filter(({ name }) => names.includes(name))
    return known.length === names.length ? known : undefined
  }

  async keep(report: BenchReport): Promise<void> {
    if (!this.#isKept) return
    mkdirSync(FOLDER, { recursive: true })
    const kept: Kept = { on: this.#on, ...report, points: this.points.all }
    writeFileSync(`${FOLDER}/bench.json`, `${JSON.stringify(kept, null, 1)}\n`)
    const tables = MODES.map(mode => `${table(mode, this.points)}\n`)
    writeFileSync(`${FOLDER}/tables.md`, [TABLES_HEADER, ...tables].join('\n'))
    await drawPlots(this.points, FOLDER)
  }
}

/** What we wrote ourselves. @throws CannotDo when there is none. */
function readLast(): Kept {
  const file = `${FOLDER}/bench.json`
  if (!existsSync(file)) throw new CannotDo(`there is no run to resume: ${file} is missing`)
  return JSON.parse(readFileSync(file, 'utf8'))
}
