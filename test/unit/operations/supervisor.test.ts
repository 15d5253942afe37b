/** Processes that die, and those that cannot be begun, over real ones: while all drain, nobody takes new calls again. */
import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Brief } from '../../../src/operations/brief.ts'
import type { Fork } from '../../../src/operations/child.ts'
import { type Supervised, type Supervisor, supervise } from '../../../src/operations/supervisor.ts'
import { type Runtime, systemRuntime } from '../../../src/runtime.ts'

/** Says what it hears, and its calls end when `ended` lies beside it. */
const institution = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
const at = name => new URL(name, import.meta.url)
const log = line => appendFileSync(at('log'), process.pid + ' ' + line + '\\n')
const whenEnded = done => setInterval(() => existsSync(at('ended')) && done(), 20)
log('born')
process.on('message', message => {
  if (typeof message === 'object') {
    log('brief ' + message.operations.drainMs)
    setTimeout(() => process.send('ready'), existsSync(at('slow')) ? Number(readFileSync(at('slow'), 'utf8')) : 0)
  } else log(message)
  if (message === 'drain') whenEnded(() => process.send('quiet'))
  if (message === 'end') {
    process.send('draining')
    whenEnded(() => process.exit(0))
  }
  if (message === 'stop') process.exit(0)
})
process.on('SIGTERM', () => process.send('draining'))
process.on('disconnect', () => process.exit(0))
`

const drainMs = 30_000
const one: Supervised = { name: 'harbour', brief: { operations: { port: 0, drainMs } } as Brief }

let folder: string
let supervisor: Supervisor | undefined
let told: boolean[]
let said: string[]
let away: number
let closeDialplan: (draining: boolean) => Promise<void>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-supervisor-'))
  writeFileSync(join(folder, 'institution.mjs'), institution)
  told = []
  said = []
  away = 0
  closeDialplan = async () => {}
})
afterEach(async () => {
  await supervisor?.stop()
  supervisor = undefined
  rmSync(folder, { recursive: true, force: true })
})

const begin: Fork = (program, args, options) => fork(program, args, { ...options, execArgv: [], stdio: 'ignore' })

async function started(forkOne: Fork = begin, runtime: Runtime = systemRuntime): Promise<Supervisor> {
  supervisor = await supervise([one], {
    runtime,
    program: join(folder, 'institution.mjs'),
    fork: forkOne,
    say: line => said.push(line),
    onAway: async () => {
      away++
    },
    onDraining: async (_name, draining) => {
      told.push(draining)
      await closeDialplan(draining)
    },
  })
  return supervisor
}

const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8').trim().split('\n') : [])
/** What each that was born heard. */
const lives = () => {
  const found = new Map<string, string[]>()
  for (const line of log()) {
    const [pid = '', ...rest] = line.split(' ')
    found.set(pid, [...(found.get(pid) ?? []), rest.join(' ')])
  }
  return [...found].map(([pid, heard]) => ({ pid: Number(pid), heard }))
}
const last = () => lives().at(-1) ?? { pid: 0, heard: [] }
const callsEnd = () => writeFileSync(join(folder, 'ended'), '')

async function until(what: string, is: () => boolean): Promise<void> {
  const lateMs = systemRuntime.monotonicMs() + 8_000
  while (!is()) {
    if (systemRuntime.monotonicMs() > lateMs) throw new Error(`${what}: ${JSON.stringify([log(), told, said])}`)
    await systemRuntime.sleep(10)
  }
}
const isOver = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), systemRuntime.sleep(50).then(() => false)])

test('one that dies while all drain comes back for its callers alone: it drains from its birth, for the time that is left', async () => {
  const running = await started()
  const draining = running.drain()
  await until('it drains', () => last().heard.includes('drain'))
  process.kill(last().pid, 'SIGKILL')
  await until('it drains again', () => lives().length === 2 && last().heard.includes('drain'))
  expect(await isOver(draining)).toBe(false)
  callsEnd()
  await draining
  expect(told).toEqual([false, true, true])
  const [, left = ''] = /^brief (\d+)$/.exec(last().heard.find(each => each.startsWith('brief')) ?? '') ?? []
  expect(Number(left)).toBeLessThan(drainMs)
  expect(Number(left)).toBeGreaterThan(drainMs - 10_000)
}, 20_000)

test('one that is away when draining begins comes back draining', async () => {
  const running = await started()
  process.kill(last().pid, 'SIGKILL')
  await until('it died', () => said.some(line => line.includes('died (SIGKILL)')))
  const draining = running.drain()
  expect(await isOver(draining)).toBe(false)
  await until('it drains', () => lives().length === 2 && last().heard.includes('drain'))
  callsEnd()
  await draining
  expect(told[0]).toBe(false)
  expect(new Set(told.slice(1))).toEqual(new Set([true]))
}, 20_000)

test('one that dies while it drains by itself comes back to end, and rests afterwards', async () => {
  await started()
  process.kill(last().pid, 'SIGTERM')
  await until('it leaves', () => said.some(line => line.includes('takes no new calls')))
  process.kill(last().pid, 'SIGKILL')
  await until('it ends again', () => lives().length === 2 && last().heard.includes('end'))
  expect(told).toEqual([false, true, true])
  callsEnd()
  await until('it rests', () => away === 1)
  expect(said.at(-1)).toContain('was drained and has ended')
  expect(lives()).toHaveLength(2)
}, 20_000)

test('nothing new starts while all drain', async () => {
  const running = await started()
  expect(running.isDraining).toBe(false)
  callsEnd()
  await running.drain()
  expect(running.isDraining).toBe(true)
  const another = { name: 'lantern', brief: one.brief }
  await expect(running.change([one, another])).rejects.toThrow('everything ends')
  expect(lives()).toHaveLength(1)
}, 20_000)

test('one that is on its way back when all stops is not born', async () => {
  let open = () => {}
  const running = await started()
  closeDialplan = () => new Promise(resolve => (open = resolve))
  process.kill(last().pid, 'SIGKILL')
  await until('it is about to be born', () => told.length === 2)
  await running.stop()
  open()
  await systemRuntime.sleep(500)
  expect(lives()).toHaveLength(1)
}, 20_000)

/** Its clock runs twenty times as fast: a caller's patience of ten seconds is half a second. */
const hasty: Runtime = {
  ...systemRuntime,
  monotonicMs: () => systemRuntime.monotonicMs() * 20,
  sleep: (ms, signal) => systemRuntime.sleep(ms / 20, signal),
}

test('callers of one that lives and is slow to start are kept; of one that does not become ready they are told', async () => {
  await started(begin, hasty)
  writeFileSync(join(folder, 'slow'), '1300')
  process.kill(last().pid, 'SIGKILL')
  await until('it is born again', () => lives().length === 2)
  await systemRuntime.sleep(1_900)
  expect(away).toBe(0)
  writeFileSync(join(folder, 'slow'), '60000')
  process.kill(last().pid, 'SIGKILL')
  await until('they are told', () => away > 0)
  expect(lives()).toHaveLength(3)
}, 20_000)

test('callers of one that dies again and again are told', async () => {
  await started(begin, hasty)
  writeFileSync(join(folder, 'slow'), '60000')
  const dies = setInterval(() => {
    try {
      process.kill(last().pid, 'SIGKILL')
    } catch {
      // It is not born yet.
    }
  }, 100)
  await until('they are told', () => away > 0).finally(() => clearInterval(dies))
}, 20_000)

/** Ways in which a machine that is full says so. */
const failures: readonly [string, Fork][] = [
  // As EAGAIN, ENOMEM and others: an error, with a channel that leads nowhere.
  ['in error with a channel', (program, args) => fork(program, args, { cwd: '/nowhere/at/all', execArgv: [] })],
  [
    'in error without a channel',
    // As EMFILE and ENFILE: Node returns before it makes one.
    () => {
      const child = new EventEmitter()
      setImmediate(() => child.emit('error', new Error('spawn EMFILE')))
      return child as ChildProcess
    },
  ],
  [
    'by throwing',
    () => {
      throw new Error('spawn ENOMEM')
    },
  ],
]

test('a machine that has no process to give is asked again, and the supervisor lives', async () => {
  const ahead = [begin, ...failures.map(([, each]) => each)]
  await started((...how) => (ahead.shift() ?? begin)(...how))
  process.kill(last().pid, 'SIGKILL')
  await until('it is back', () => lives().length === 2)
  expect(said.filter(line => line.includes('could not be started'))).toHaveLength(3)
}, 20_000)

test.each(failures)('a first start that fails %s says so', async (_how, fails) => {
  await expect(started(fails)).rejects.toThrow('harbour could not start: it could not be started')
})
