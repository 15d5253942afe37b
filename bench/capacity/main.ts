/** `npm run bench -- capacity`: writes the capacity card out of what was measured. It measures nothing itself. */
import { writeFileSync } from 'node:fs'
import type { BenchReport } from '../report.ts'
import { type Measured, pageFile, readMeasured } from './measured.ts'
import { capacityPage } from './page.ts'

export async function capacityBench(): Promise<BenchReport> {
  const measured: Measured = readMeasured()
  writeFileSync(pageFile, capacityPage(measured))
  process.stderr.write(`written: ${pageFile}\n`)
  return { bench: 'capacity', figures: [] }
}
