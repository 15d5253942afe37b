/**
 * What has been measured for the capacity card: the last run of each benchmark that was told to keep it (`--card`), with the machine and its load.
 * `docs/capacity/measured.json` is read by the page's program (`page.ts`) and by nothing else.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import type { BenchReport } from '../report.ts'

export const measuredFile = 'docs/capacity/measured.json'
export const pageFile = 'docs/capacity.md'

const run = z.strictObject({
  command: z.string(),
  /** Date in the ISO form. */
  date: z.iso.date(),
  /** The machine in one line, with its load before the run. */
  on: z.string(),
  values: z.record(z.string(), z.number()),
})
export type Run = z.infer<typeof run>

const sources = ['calls', 'kept', 'takeover', 'failovers'] as const
export type Source = (typeof sources)[number]

const measured = z.strictObject({ calls: run, kept: run, takeover: run, failovers: run }).partial()
export type Measured = z.infer<typeof measured>

/** Nothing, where nothing was kept yet. @throws ZodError when somebody wrote it otherwise */
export function readMeasured(): Measured {
  return existsSync(measuredFile) ? measured.parse(JSON.parse(readFileSync(measuredFile, 'utf8'))) : {}
}

export function keepRun(source: Source, kept: Run): void {
  const all: Measured = { ...readMeasured(), [source]: kept }
  mkdirSync('docs/capacity', { recursive: true })
  writeFileSync(measuredFile, `${JSON.stringify(all, undefined, 2)}\n`)
}

/** Ours under a figure's name, its reference under the name with `Reference`, and facts. To four digits: more is noise. */
export function valuesOf({ figures, facts = [] }: BenchReport): Record<string, number> {
  const values: [string, number][] = [
    ...figures.flatMap(({ name, ours, reference }): [string, number][] => [
      [name, ours],
      [`${name}Reference`, reference],
    ]),
    ...facts.map(({ name, value }): [string, number] => [name, value]),
  ]
  return Object.fromEntries(values.map(([name, value]) => [name, Number(value.toPrecision(4))]))
}
