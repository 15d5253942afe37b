/** The machines of a drill: processes of `life.ts`, what they say, and what of that must not be. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { systemRuntime } from '../../../src/runtime.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import type { KeeperPlace, KeeperTimes } from '../../../src/store/keeper/place.ts'
import { believing } from '../../support/vouching.ts'
import { type KeeperOfMachine, type Machine, noteTables } from './says.ts'

/** The longest that a slow and busy machine may take. */
const patienceMs = 60_000

export interface Said {
  readonly life: string
  readonly atNs: bigint
  readonly what: string
}

export interface LivesOptions {
  /** The folder of the code. */
  readonly code: string
  /** With a folder for each machine. */
  readonly folder: string
  readonly institution: string
  readonly times: KeeperTimes
  /** As its supervisor would: another life for who has ended. */
  readonly restarts: boolean
  /** What runs a program on that machine. */
  readonly on?: (machine: string, program: string, args: readonly string[]) => readonly [string, ...string[]]
}

export class Lives {
  readonly said: Said[] = []
  readonly #options: LivesOptions
  readonly #children = new Map<string, ChildProcess>()
  #isOver = false

  constructor(options: LivesOptions) {
    this.#options = options
  }

  begin(machine: string, keeper: KeeperOfMachine, number = 1): ChildProcess {
    const { code, folder, institution, times, restarts, on } = this.#options
    const name = `${machine}${number}`
    const life: Machine = { name, folder: join(folder, machine), institution, keeper, times }
    const args = ['--import', 'tsx', join(code, 'test/simulation/keeper/life.ts'), JSON.stringify(life)]
    const [program, ...rest] = on?.(machine, process.execPath, args) ?? [process.execPath, ...args]
    const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.on('error', () => {})
    this.#children.set(name, child)
    let unended = ''
    child.stdout.on('data', text => {
      const lines = `${unended}${text}`.split('\n')
      unended = lines.pop() ?? ''
      for (const line of lines) {
        const [, at = '0', what = ''] = /^(\d+) (.*)$/.exec(line) ?? []
        this.said.push({ life: name, atNs: BigInt(at), what })
      }
    })
    child.once('exit', () => !this.#isOver && number < 9 && restarts && this.begin(machine, keeper, number + 1))
    return child
  }

  /** The first that was said so, now or in the time to come. */
  async until(what: string, holds: (each: Said) => boolean, longestMs = patienceMs): Promise<Said> {
    for (let [i, endMs] = [0, performance.now() + longestMs]; performance.now() < endMs; ) {
      for (; i < this.said.length; i++) {
        const each = this.said[i]
        if (each !== undefined && holds(each)) return each
      }
      await systemRuntime.sleep(10)
    }
    throw new Error(`${what}: it never came`)
  }

  /** What each other life was asked last and did not answer is asked again at the one that serves. Resolves when all of it is answered. */
  async askAgain(): Promise<void> {
    let askAtMs = 0
    for (const endMs = performance.now() + patienceMs; performance.now() < endMs; await systemRuntime.sleep(100)) {
      const serves = this.said.findLast(({ life, what }) => what === 'serving' && this.#lives(life))?.life
      const open = unanswered(this.said.filter(({ life, what }) => life !== serves || what.startsWith('done ')))
      if (open.size === 0) return
      if (serves === undefined || performance.now() < askAtMs) continue
      // It may be refused.
      askAtMs = performance.now() + 3_000
      for (const each of open) this.#children.get(serves)?.stdin?.write(`${each}\n`)
    }
    throw new Error('what was asked again was not answered')
  }

  #lives(life: string): boolean {
    const child = this.#children.get(life)
    return child?.exitCode === null && child.signalCode === null
  }

  async end(): Promise<void> {
    this.#isOver = true
    const all = [...this.#children.values()].filter(child => child.exitCode === null && child.signalCode === null)
    const gone = all.map(child => new Promise(resolve => child.once('close', resolve)))
    for (const child of all) child.kill('SIGKILL')
    await Promise.all(gone)
  }

  /** What must not be, by the books that a bare machine in `folder` makes of what is kept. */
  async wrong(keeper: KeeperPlace, folder: string): Promise<readonly string[]> {
    const { institution, times } = this.#options
    const opening = openKeptStore({
      ...{ runtime: systemRuntime, at: { folder }, migrations: noteTables, institution, keeper, times },
      vouching: believing,
      lost: () => {},
    })
    const store = await opening.catch((error: Error) => error)
    if (store instanceof Error) return [`a bare machine cannot serve: ${store.message}`]
    try {
      const rows = await store.read(tx => tx.all<{ maker: string; n: bigint }>('SELECT maker, n FROM note'))
      const made = await store.read(tx => tx.one<{ made: bigint }>('SELECT made FROM tally'))
      const kept = new Set(rows.map(({ maker, n }) => `${maker} ${n}`))
      const twice = made?.made === BigInt(kept.size) ? [] : [`${kept.size} notes were made ${made?.made} times`]
      return [...lost(this.said, kept), ...unseen(this.said), ...toldLate(this.said), ...twice]
    } finally {
      await store.close()
    }
  }
}

/** Of each life: what is refused while nobody can keep anything are tens of thousands, of which each says so itself. */
const mostAskedAgain = 64

function unanswered(said: readonly Said[]): ReadonlySet<string> {
  const answered = new Set(said.map(({ what }) => what).filter(what => what.startsWith('done ')))
  const asked = new Map<string, string[]>()
  for (const { what } of said) {
    const [, maker = '', first, last] = /^asked (\S+) (\d+) (\d+)$/.exec(what) ?? []
    const own = asked.get(maker) ?? []
    asked.set(maker, own)
    for (let n = Number(first); n <= Number(last); n++) own.push(`${maker} ${n}`)
  }
  const last = [...asked.values()].flatMap(own => own.slice(-mostAskedAgain))
  return new Set(last.filter(each => !answered.has(`done ${each}`)))
}

/** Answers, and what readers were told, that the log does not know. */
function lost(said: readonly Said[], kept: ReadonlySet<string>): string[] {
  return said.flatMap(({ what }) => {
    const [, kind, note] = /^(done|read) (\S+ \d+)$/.exec(what) ?? []
    return note === undefined || kept.has(note) ? [] : [`${kind} ${note}, which was not kept`]
  })
}

/** Answers given before one served who then did not see what they were for. */
function unseen(said: readonly Said[]): string[] {
  return said.flatMap(({ life, what, atNs }) => {
    if (what !== 'serving' || !said.some(each => each.life === life && each.what === 'sees no more')) return []
    const sees = seenBy(said.filter(each => each.life === life))
    const answered = said.filter(each => each.what.startsWith('done ') && each.atNs < atNs)
    const missing = answered.filter(each => !sees(each.what.slice('done '.length)))
    return missing.map(each => `${life} served without ${each.what}`)
  })
}

function seenBy(said: readonly Said[]): (note: string) => boolean {
  const runs = said.flatMap(({ what }) => {
    const [, maker, all = ''] = /^sees (\S+) (\d.*)$/.exec(what) ?? []
    return all.split(' ').map(run => ({ maker, ends: run.split('-').map(Number) }))
  })
  return note => {
    const [maker, n] = note.split(' ')
    return runs.some(
      ({ maker: of, ends: [first = 0, last = -1] }) => of === maker && first <= Number(n) && Number(n) <= last,
    )
  }
}

/** How many may have been on their way each when a process was put to sleep between its answer and the line that tells of it: a query, and a group. */
const onTheWay = { read: { many: 1, name: 'queries' }, done: { many: 8, name: 'requests' } } as const

/** What was answered by one when another served already. */
function toldLate(said: readonly Said[]): string[] {
  const servings = said.filter(({ what }) => what === 'serving').sort((x, y) => Number(x.atNs - y.atNs))
  return servings.flatMap(({ life }, i) => {
    const next = servings[i + 1]
    if (next === undefined) return []
    return (['read', 'done'] as const).flatMap(kind => {
      const late = said.filter(each => each.life === life && each.what.startsWith(kind) && each.atNs > next.atNs)
      const { many, name } = onTheWay[kind]
      return late.length > many ? [`${life} answered ${late.length} ${name} after ${next.life} served`] : []
    })
  })
}
