/** `tonebank bench`: runs one benchmark; its exit status says whether it could be measured, not whether goals were met. */
import { runBench } from '../../bench/main.ts'

export async function bench(
  name: string,
  options: { quick?: boolean; json?: boolean; resume?: boolean },
): Promise<void> {
  process.exitCode = await runBench(name, { quick: false, json: false, resume: false, ...options })
}
