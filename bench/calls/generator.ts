/** Places calls with sipp: so many in all, so many at once, begun at an even rate. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startOutside } from './outside.ts'

export interface Load {
  /** Calls in all. */
  readonly calls: number
  /** Calls at once, at most. */
  readonly concurrent: number
  /** How long a call lasts when nothing delays it. */
  readonly callMs: number
}

export interface CallOrder extends Load {
  /** Holds the scenario and the callers' file, and takes what sipp writes. */
  readonly folder: string
  readonly scenarioFile: string
  readonly callersFile: string
  readonly number: string
  readonly target: { readonly host: string; readonly port: number }
  /** Where the callers' media comes from and goes to: one port for all, as Asterisk has one for each. */
  readonly mediaPort: number
}

export interface Generator {
  readonly pid: number
  /** Waits for the last call. Rejects when sipp does not end long after it should have. */
  ended(): Promise<{ readonly successful: number; readonly failed: number }>
}

/** How long calls may take beyond what the script takes: slow answers, and SIP's own retransmissions (32 s). */
const graceMs = 45_000

export async function startCalls(order: CallOrder): Promise<Generator> {
  const { folder, target, calls, concurrent, callMs } = order
  const statistics = join(folder, 'sipp.csv')
  // Steady: as many calls begin in a call's length as may be under way.
  const everyMs = callMs / concurrent
  const sipp = await startOutside(
    'sipp',
    [
      `${target.host}:${target.port}`,
      ...['-sf', order.scenarioFile, '-inf', order.callersFile, '-s', order.number],
      ...['-i', target.host, '-mi', target.host, '-mp', `${order.mediaPort}`],
      ...['-m', `${calls}`, '-l', `${concurrent}`, '-r', '1000', '-rp', `${Math.round(everyMs * 1000)}`],
      ...[
        '-nostdin',
        '-trace_stat',
        '-stf',
        statistics,
        '-fd',
        '1',
        '-trace_err',
        '-error_file',
        join(folder, 'errors.log'),
      ],
    ],
    { cwd: folder },
  )
  const shouldTakeMs = calls * everyMs + callMs
  return {
    pid: sipp.pid,
    async ended() {
      const status = await sipp.ended(shouldTakeMs + graceMs)
      // 0: all calls succeeded; 1: some failed. Anything else means that sipp could not work.
      if (status !== 0 && status !== 1) throw new Error(`sipp ended with ${status}: ${lastLines(sipp.stderr())}`)
      return readStatistics(readFileSync(statistics, 'utf8'))
    },
  }
}

/** The totals in the last line of sipp's statistics file. */
export function readStatistics(csv: string): { successful: number; failed: number } {
  const [header = '', ...rows] = csv.trim().split('\n')
  const last = rows.at(-1)?.split(';') ?? []
  const column = (name: string) => Number(last[header.split(';').indexOf(name)] ?? Number.NaN)
  return { successful: column('SuccessfulCall(C)'), failed: column('FailedCall(C)') }
}

const lastLines = (text: string) => text.trim().split('\n').slice(-5).join('\n')
