/** `tonebank bench`: runs one benchmark; its exit status says whether it could be measured, not whether goals were met. */
import { runBench } from '../../bench/main.ts'
import type { BenchOptions } from '../../bench/report.ts'

export async function bench(name: string, options: Partial<BenchOptions>): Promise<void> {
  process.exitCode = await runBench(name, {
    ...{ quick: false, json: false, resume: false, engine: 'sqlite', standby: false, card: false, followed: false },
    ...options,
  })
}
