/**
 * One phase: so many calls to one number, captured, and what they cost. Both sides are measured by this same code; only
 * the number that is dialled and the processes that serve it differ.
 */
import { join } from 'node:path'
import { systemRuntime } from '../../src/runtime.ts'
import { startCapture } from './capture.ts'
import { type Load, startCalls } from './generator.ts'
import { type HeardCall, hear, isWhole } from './heard.ts'
import { readCapture } from './pcap.ts'
import { busiestShare, processorMs } from './processes.ts'
import type { Press } from './script.ts'

/** What stays the same over all phases of a run. */
export interface Stage {
  /** Ours alone (0700): holds the scenario, the callers' file and, while a phase lasts, its capture. */
  readonly folder: string
  readonly scenarioFile: string
  readonly callersFile: string
  readonly presses: readonly Press[]
  readonly beginnings: ReadonlyMap<string, Buffer>
  readonly target: { readonly host: string; readonly port: number }
  readonly mediaPort: number
}

export interface Side {
  readonly name: 'ours' | 'bare' | 'reference'
  readonly number: string
  /** Everything that serves its calls: Asterisk, and the application behind it. */
  readonly pids: readonly number[]
}

export interface Phase {
  readonly side: Side['name']
  readonly load: Load
  readonly failed: number
  readonly heard: readonly HeardCall[]
  /** Processor time of all of the side's processes, divided among the calls. */
  readonly processorMsPerCall: number
  /** The same, process by process in the order of `Side.pids`. */
  readonly processorMsPerCallByPid: readonly number[]
  /** How much of a core the generator used in its busiest five seconds: sipp, and the capture beside it. */
  readonly generatorShare: number
  readonly captureShare: number
  /** Packets that the capture missed: with any, gaps and failures may be the capture's own. */
  readonly dropped: number
}

export async function runPhase(stage: Stage, side: Side, load: Load): Promise<Phase> {
  const { folder, scenarioFile, callersFile, target, mediaPort, presses, beginnings } = stage
  const capture = await startCapture(join(folder, 'rtp.pcap'), { first: mediaPort, last: mediaPort })
  const before = side.pids.map(processorMs)
  const { number } = side
  const sipp = await startCalls({ ...load, folder, scenarioFile, callersFile, number, target, mediaPort })
  const watching = new AbortController()
  const shares = [sipp.pid, capture.pid].map(pid => busiestShare(pid, watching.signal))
  const placed = await sipp.ended().finally(() => watching.abort())
  // The last calls' channels and sessions are still being put away.
  await systemRuntime.sleep(1_000)
  const spent = side.pids.map((pid, index) => processorMs(pid) - (before[index] ?? 0))
  const { bytes, dropped } = await capture.end()

  const heard = hear(readCapture(bytes), { presses, beginnings, mediaPort })
  const whole = Math.min(placed.successful, heard.filter(isWhole).length)
  const [generatorShare = 0, captureShare = 0] = await Promise.all(shares)
  return {
    side: side.name,
    load,
    failed: load.calls - whole,
    heard,
    processorMsPerCall: spent.reduce((sum, ms) => sum + ms, 0) / load.calls,
    processorMsPerCallByPid: spent.map(ms => ms / load.calls),
    generatorShare,
    captureShare,
    dropped,
  }
}
