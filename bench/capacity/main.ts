/** `npm run bench -- capacity`: writes the capacity card out of what was measured. It measures nothing itself. */
import { writeFileSync } from 'node:fs'
import { now, systemRuntime } from '../../src/runtime.ts'
import type { BenchReport } from '../report.ts'
import { keepRun, type Measured, pageFile, type Run, readMeasured, type Source } from './measured.ts'
import { capacityPage } from './page.ts'

export async function capacityBench(): Promise<BenchReport> {
  const measured: Measured = readMeasured()
  writeFileSync(pageFile, capacityPage(measured))
  process.stderr.write(`written: ${pageFile}\n`)
  return { bench: 'capacity', figures: [] }
}

/** Keeps a run of today, and writes the card anew. */
export async function keepOnCard(source: Source, run: Omit<Run, 'date'>): Promise<void> {
  const date = new Date(now({ runtime: systemRuntime })).toISOString().slice(0, 10)
  keepRun(source, { ...run, date })
  await capacityBench()
}
