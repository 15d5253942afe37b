/** The benchmarks behind `npm run bench -- calls|frames|load|flood|ledger|settle|audit|line|ear|modem [--quick] [--json] [--resume]`. Each compares with a reference in the same run. */
import { machine } from './machine.ts'
import { type BenchOptions, type BenchReport, printReport } from './report.ts'

/** @returns the exit status: 0 when the benchmark could be measured, whether or not its goals were met; 2 for what cannot be asked of it */
export async function runBench(name: string, options: BenchOptions): Promise<number> {
  const measure = await benchmark(name)
  if (measure === undefined) {
    process.stderr.write(
      `there is no benchmark ${name}: calls, frames, load, flood, ledger, settle, audit, line, ear or modem\n`,
    )
    return 2
  }
  if (options.resume && name !== 'modem') {
    process.stderr.write(`${name} is measured in one go: only the modem's benchmark is resumed\n`)
    return 2
  }
  if (name !== 'ledger' && (options.engine !== 'sqlite' || options.standby)) {
    process.stderr.write(`${name} has no engine to choose: only the ledger's benchmark has\n`)
    return 2
  }
  const forPeople = options.json ? process.stderr : process.stdout
  forPeople.write(`measuring on ${machine()}\n`)
  printReport(await measure(options), options)
  return 0
}

/** Loaded one at a time: what one benchmark imports must not weigh on another. */
async function benchmark(name: string): Promise<((options: BenchOptions) => Promise<BenchReport>) | undefined> {
  switch (name) {
    case 'calls':
      return (await import('./calls/main.ts')).callsBench
    case 'frames':
      return (await import('./frames/main.ts')).framesBench
    case 'load':
      return (await import('./load/main.ts')).loadBench
    case 'flood':
      return (await import('./flood/main.ts')).floodBench
    case 'modem':
      return (await import('./modem/main.ts')).modemBench
    case 'line':
      return (await import('./line/main.ts')).lineBench
    case 'ear':
      return (await import('./ear/main.ts')).earBench
    case 'audit':
      return (await import('./audit/main.ts')).auditBench
    case 'settle':
      return (await import('./settle/main.ts')).settleBench
    case 'ledger':
      return (await import('./ledger/main.ts')).ledgerBench
    default:
      return undefined
  }
}
