/**
 * `npm run bench -- load`: the whole demonstration under 100 calls for ten minutes while operators look at their page, and then
 * everything that runs is drained and started again while 50 callers buy. Whether no call failed, memory stayed flat and the event loop
 * free; whether no call was cut, and no money is in doubt.
 *
 * Its reference is the same load without anybody at the page. Calls count as failed by sipp, and by what the bank says of those that
 * did not end at its menu, where all of these callers hang up.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { harbour } from '../../demo/institutions.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { freePort } from '../../src/switch/ports.ts'
import { startCalls } from '../calls/generator.ts'
import type { BenchReport, Figure } from '../report.ts'
import { type Acting, buying, looking, writeCallers } from './callers.ts'
import {
  type InstallationCaller,
  newFolder,
  openCallers,
  type RunningInstallation,
  removeFolder,
  spentBy,
  startInstallation,
  writeFile,
} from './installation.ts'
import { counted, type Metrics, openPage, quantile, readMetrics, targetOf, watchMemory } from './watch.ts'

interface Plan {
  readonly concurrent: number
  /** With operators at their page, and without. */
  readonly minutes: number
  readonly referenceMinutes: number
  /** In the midst of a purchase when it is drained. */
  readonly buyers: number
}

/** A quarter of an hour. */
const fullPlan: Plan = { concurrent: 100, minutes: 10, referenceMinutes: 2, buyers: 50 }
const quickPlan: Plan = { concurrent: 20, minutes: 1, referenceMinutes: 1, buyers: 10 }

const pages = ['en', 'zh', 'en'] as const
const price = 2_000n

/** Needs root, as sipp sends keys from a raw socket. Tells its progress on standard error. */
export async function loadBench({ quick }: { readonly quick: boolean }): Promise<BenchReport> {
  if (process.getuid?.() !== 0) throw new Error('the load benchmark needs root: sipp sends keys from a raw socket')
  const plan = quick ? quickPlan : fullPlan
  const folder = newFolder()
  let installation: RunningInstallation | undefined
  try {
    writeFile(folder, plan.concurrent)
    installation = await startInstallation(folder)
    tell(`opening ${plan.concurrent} accounts`)
    const callers = await openCallers(folder, installation, plan.concurrent)
    const work = join(folder, 'sipp')
    const lookers = writeCallers(work, 'looking', looking({ listenMs: 4_000, balances: 5 }), callers)
    const buyers = writeCallers(work, 'buying', buying(), callers)
    const place = { work, mediaPort: await freePort(systemRuntime, 'udp', '127.0.0.1') }

    await underLoad(installation, place, lookers, { concurrent: plan.concurrent, minutes: 1, isOpen: false })
    const alone = await underLoad(installation, place, lookers, {
      ...plan,
      minutes: plan.referenceMinutes,
      isOpen: false,
    })
    const watched = await underLoad(installation, place, lookers, { ...plan, isOpen: true })
    const drained = await drainUnderCalls(folder, installation, place, buyers, callers.slice(0, plan.buyers))
    installation = drained.installation
    return { bench: 'load', figures: [...loadFigures(watched, alone), ...drainFigures(drained)] }
  } finally {
    installation?.process.kill('SIGINT')
    await installation?.ended()
    removeFolder(folder)
  }
}

const tell = (line: string) => void process.stderr.write(`${line}\n`)

interface Place {
  readonly work: string
  readonly mediaPort: number
}

interface Loaded {
  readonly calls: number
  readonly failed: number
  readonly before: Metrics
  readonly after: Metrics
  readonly memory: readonly number[]
  readonly pageBytes: readonly number[]
}

async function underLoad(
  { operations, target }: RunningInstallation,
  place: Place,
  acting: Acting,
  { concurrent, minutes, isOpen }: { readonly concurrent: number; readonly minutes: number; readonly isOpen: boolean },
): Promise<Loaded> {
  const bank = await targetOf(operations, harbour.id)
  const before = await readMetrics(bank)
  const open = isOpen ? await Promise.all(pages.map(language => openPage(operations, language))) : []
  const memory = watchMemory(bank)
  const calls = Math.round((concurrent * minutes * 60_000) / acting.callMs)
  const placed = await placeCalls(place, acting, target, { calls, concurrent })
  for (const each of open) each.close()
  const samples = await memory.end()
  const after = await readMetrics(bank)
  const left = counted(before, after, 'tonebank_calls_left_total')
  const elsewhere = [...left].reduce((sum, [name, count]) => sum + (name.includes('step="bank.menu"') ? 0 : count), 0)
  const failed = Math.max(calls - placed.successful, elsewhere)
  tell(`${calls} calls, ${concurrent} at once, ${isOpen ? 'with' : 'without'} the page: ${failed} failed`)
  return { calls, failed, before, after, memory: samples, pageBytes: open.map(({ bytes }) => bytes()) }
}

async function placeCalls(
  { work, mediaPort }: Place,
  { scenarioFile, callersFile, callMs }: Acting,
  target: RunningInstallation['target'],
  load: { readonly calls: number; readonly concurrent: number },
) {
  const sipp = await startCalls({
    ...load,
    ...{ callMs, folder: work, scenarioFile, callersFile, number: '9001', target, mediaPort },
  })
  return sipp.ended()
}

interface DrainedUnderCalls {
  /** As it was started again. */
  readonly installation: RunningInstallation
  readonly calls: number
  readonly cut: number
  /** Accounts that are neither as they were nor one voucher poorer, and purchases of whole calls that are not in the books. */
  readonly inDoubt: number
  readonly isProved: boolean
}

/** As many as are asked call within ten seconds; while they are buying, everything is told to end, and started again. */
async function drainUnderCalls(
  folder: string,
  { operations, target, ended }: RunningInstallation,
  place: Place,
  acting: Acting,
  callers: readonly InstallationCaller[],
): Promise<DrainedUnderCalls> {
  const bank = await targetOf(operations, harbour.id)
  const calls = callers.length
  // sipp begins as many in a call's length as are let at once: for ten seconds' worth it is told of more.
  const concurrent = Math.max(calls, Math.round((calls * acting.callMs) / 10_000))
  const calling = placeCalls(place, acting, target, { calls, concurrent })
  const isUp = async () =>
    [...(await readMetrics(bank))].some(([name, n]) => name.startsWith('tonebank_calls_active') && n >= calls)
  while (!(await isUp())) await systemRuntime.sleep(200)
  tell(`draining under ${calls} calls`)
  const drain = await command(folder, 'drain', '--all')
  tell(drain.text.trim().split('\n').at(-1) ?? '')
  const placed = await calling
  await ended()
  const installation = await startInstallation(folder)
  const spent = await Promise.all(callers.map(caller => spentBy(folder, caller)))
  const bought = spent.filter(minor => minor === price).length
  const odd = spent.filter(minor => minor !== price && minor !== 0n).length
  const audit = await command(folder, 'audit')
  return {
    installation,
    calls,
    cut: calls - placed.successful,
    inDoubt: odd + Math.max(0, placed.successful - bought),
    isProved: audit.status === 0,
  }
}

async function command(folder: string, ...words: readonly string[]) {
  const program = [join(places.checkout, 'bin/tonebank.mjs'), ...words, '--data', folder]
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', piece => (text += piece))
  const [status] = await once(child, 'close')
  return { status: status as number, text }
}

const p99 = ({ before, after }: Loaded, histogram: string) => 1_000 * quantile(before, after, histogram, 0.99)

function loadFigures(watched: Loaded, alone: Loaded): Figure[] {
  const loop = [watched, alone].map(each => p99(each, 'tonebank_event_loop_delay_seconds')) as [number, number]
  const prompt = [watched, alone].map(each => p99(each, 'tonebank_key_to_prompt_seconds')) as [number, number]
  const growth = growthOf(watched.memory)
  const opened = `${watched.calls} calls; ${pages.length} pages open, ${watched.pageBytes.join(', ')} bytes of what is live`
  return [
    figure('callsFailedUnderLoad', watched.failed, alone.failed, '0', watched.failed === 0, opened),
    figure('eventLoopDelayP99Ms', ...loop, '≤ 20', loop[0] <= 20, 'how late a timer of the bank’s process is'),
    figure(
      'keyToPromptP99MsInside',
      ...prompt,
      '≤ 20',
      prompt[0] <= 20,
      'from the answer to the prompt, in the bank’s process',
    ),
    figure(
      'memoryGrowthPercent',
      growth,
      0,
      '≤ 5',
      growth <= 5,
      `${watched.memory.length} samples, last fifth against the second`,
    ),
  ]
}

function drainFigures({ calls, cut, inDoubt, isProved }: DrainedUnderCalls): Figure[] {
  const proved = isProved ? 'all books prove themselves' : 'an audit found something'
  return [
    figure('callsCutByDrain', cut, 0, '0', cut === 0, `${calls} callers in the midst of a purchase`),
    figure('purchasesInDoubtAfterDrain', inDoubt, 0, '0', inDoubt === 0 && isProved, proved),
  ]
}

const figure = (name: string, ours: number, reference: number, goal: string, met: boolean, note: string): Figure => ({
  ...{ name, ours, reference, ratio: reference === 0 ? Number.NaN : ours / reference, goal, met, note },
})

/** In percent: what is used in the last fifth of the time against the second, when what is kept for good is there. */
export function growthOf(samples: readonly number[]): number {
  const fifth = Math.max(1, Math.floor(samples.length / 5))
  const mean = (some: readonly number[]) => some.reduce((sum, each) => sum + each, 0) / some.length
  return 100 * (mean(samples.slice(-fifth)) / mean(samples.slice(fifth, 2 * fifth)) - 1)
}
