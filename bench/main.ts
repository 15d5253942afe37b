/** The benchmarks behind `npm run bench -- calls|ledger|modem [--quick] [--json]`. Each compares with a reference in the same run. */
import { printReport } from './report.ts'

export interface BenchOptions {
  /** A short run, for a first impression. */
  readonly quick: boolean
  /** Exactly one JSON object on standard output; progress and complaints go to standard error. */
  readonly json: boolean
}

/** @returns the exit status: 0 when the benchmark could be measured, whether or not its goals were met; 2 for a name that it does not know */
export async function runBench(name: string, { quick, json }: BenchOptions): Promise<number> {
  switch (name) {
    case 'calls': {
      const { callsBench } = await import('./calls/main.ts')
      const report = await callsBench({ quick })
      printReport(report, { json })
      if (!json) process.stdout.write(`measured on ${report.machine}\n`)
      return 0
    }
    case 'ledger': {
      const { ledgerBench } = await import('./ledger/main.ts')
      printReport(await ledgerBench({ quick }), { json })
      return 0
    }
    default:
      process.stderr.write(`there is no benchmark ${name}: calls, ledger or modem\n`)
      return 2
  }
}
