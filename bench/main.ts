/** The benchmarks behind `npm run bench -- calls|frames|load|flood|ledger|takeover|settle|audit|line|ear|modem|capacity [--quick] [--json] [--resume] [--card]`. Each compares with a reference in the same run. */
import { keepOnCard } from './capacity/main.ts'
import { type Source, valuesOf } from './capacity/measured.ts'
import { machine } from './machine.ts'
import { type BenchOptions, type BenchReport, printReport } from './report.ts'

/** @returns the exit status: 0 when the benchmark could be measured, whether or not its goals were met; 2 for what cannot be asked of it */
export async function runBench(name: string, options: BenchOptions): Promise<number> {
  const measure = await benchmark(name)
  if (measure === undefined) {
    process.stderr.write(
      `there is no benchmark ${name}: calls, frames, load, flood, ledger, takeover, settle, audit, line, ear, modem or capacity\n`,
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
  if (name !== 'takeover' && (options.sales !== undefined || options.followed)) {
    process.stderr.write(
      `${name} has neither a number of sales nor a machine that followed: only the benchmark of taking over has\n`,
    )
    return 2
  }
  const source = options.card ? sourceOf(name, options) : undefined
  if (options.card && source === undefined) {
    process.stderr.write('the capacity card has a place for calls, takeover and ledger --engine kept --standby\n')
    return 2
  }
  const on = machine()
  const forPeople = options.json ? process.stderr : process.stdout
  forPeople.write(`measuring on ${on}\n`)
  const report = await measure(options)
  printReport(report, options)
  if (source !== undefined) {
    const words = ['npm run bench --', name, ...(source === 'kept' ? ['--engine kept --standby'] : [])]
    if (options.quick) words.push('--quick')
    if (options.sales !== undefined) words.push(`--sales ${options.sales}`)
    if (options.followed) words.push('--followed')
    await keepOnCard(source, { command: words.join(' '), on, values: valuesOf(report) })
  }
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
    case 'capacity':
      return (await import('./capacity/main.ts')).capacityBench
    case 'takeover':
      return (await import('./takeover/main.ts')).takeoverBench
    case 'ledger':
      return (await import('./ledger/main.ts')).ledgerBench
    default:
      return undefined
  }
}

/** Undefined: the card has no place for it. */
function sourceOf(name: string, { engine, standby }: BenchOptions): Source | undefined {
  if (name === 'ledger') return engine === 'kept' && standby ? 'kept' : undefined
  return name === 'calls' || name === 'takeover' ? name : undefined
}
