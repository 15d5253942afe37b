/** Two machines of one institution and a PostgreSQL, to one of which something happens at a seeded moment; and what must hold whatever happened. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRuntime } from '../../../src/runtime.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { openKeptStore } from '../../../src/store/keeper/open-kept.ts'
import { type KeeperTimes, usualTimes } from '../../../src/store/keeper/place.ts'
import { Postgres } from '../../support/postgres.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'
import { believing } from '../../support/vouching.ts'
import { Wire } from './proxy.ts'
import { type Machine, standingBy } from './says.ts'

export const troubles = [
  'postgres killed',
  'postgres killed over a record',
  'writer killed',
  'network cut',
  'writer stands still',
] as const
export type Trouble = (typeof troubles)[number]

export interface Drill {
  readonly trouble: Trouble
  readonly seed: number
  /** The folder of the code. */
  readonly code: string
  readonly times?: KeeperTimes
}

export interface Drilled {
  /** What must not be. */
  readonly wrong: readonly string[]
  readonly answered: number
  /** From the trouble to the next write that was answered by whoever serves then. */
  readonly backAfterMs: number
}

const soon: KeeperTimes = { ...usualTimes, leaseMs: 600, renewEveryMs: 150, lookEveryMs: 40, answerMs: 1_500 }

/** The longest that a slow and busy machine may take. */
const patienceMs = 60_000

interface Said {
  readonly life: string
  readonly atNs: bigint
  readonly what: string
}

export async function drill({ trouble, seed, code, times = soon }: Drill): Promise<Drilled> {
  const draw = drawFrom(seed)
  const between = (least: number, most: number) => systemRuntime.sleep(least + (draw() % (most - least)))
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-drill-'))
  mkdirSync(join(folder, 'a'), { mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  const postgres = await Postgres.start()
  const wire = await Wire.to(postgres.port)
  const said: Said[] = []
  const lives = new Map<string, ChildProcess>()
  let isOver = false
  const begin = (machine: string, port: number, number = 1) => {
    const name = `${machine}${number}`
    const life: Machine = { name, folder: join(folder, machine), port, password: postgres.password, times }
    const program = ['--import', 'tsx', join(code, 'test/simulation/keeper/life.ts'), JSON.stringify(life)]
    const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] })
    lives.set(name, child)
    let rest = ''
    child.stdout.on('data', text => {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [, at = '0', what = ''] = /^(\d+) (.*)$/.exec(line) ?? []
        said.push({ life: name, atNs: BigInt(at), what })
      }
    })
    // As its supervisor would.
    child.once('exit', () => !isOver && number < 5 && trouble !== 'writer killed' && begin(machine, port, number + 1))
    return child
  }
  const until = async (holds: (each: Said) => boolean, longestMs = patienceMs) => {
    for (const endMs = performance.now() + longestMs; performance.now() < endMs; ) {
      const found = said.find(holds)
      if (found !== undefined) return found
      await systemRuntime.sleep(10)
    }
    throw new Error(`${trouble}, seed ${seed}: it never came`)
  }
  try {
    const writer = begin('a', wire.port)
    await until(({ life, what }) => life === 'a1' && what.startsWith('done'))
    begin('b', postgres.port)
    await until(({ life, what }) => life === 'b1' && what === standingBy)
    await between(200, 1_000)
    const troubledAtNs = process.hrtime.bigint()
    switch (trouble) {
      case 'postgres killed':
        await postgres.kill()
        await between(50, 2 * times.leaseMs)
        await postgres.begin()
        break
      case 'postgres killed over a record':
        // A record waits there for the lease's row, so that it was surely sent and surely not kept.
        await postgres.holding('SELECT 1 FROM tonebank_lease FOR UPDATE')
        await between(times.leaseMs / 4, times.leaseMs / 2)
        await postgres.kill()
        await postgres.begin()
        break
      case 'writer killed':
        writer.kill('SIGKILL')
        break
      case 'network cut':
        wire.cut()
        break
      case 'writer stands still':
        writer.kill('SIGSTOP')
        await until(({ life, what }) => life === 'b1' && what.startsWith('done'))
        writer.kill('SIGCONT')
        break
    }
    const isPostgres = trouble.startsWith('postgres')
    const beganAgainNs = isPostgres ? process.hrtime.bigint() : troubledAtNs
    const isOther = ({ life }: Said) => isPostgres || life.startsWith('b')
    const next = await until(each => isOther(each) && each.what.startsWith('done') && each.atNs > beganAgainNs)
    await between(300, 900)
    isOver = true
    for (const child of lives.values()) child.kill('SIGKILL')
    await Promise.all(
      [...lives.values()].map(child => child.exitCode === null && child.signalCode === null && gone(child)),
    )
    const kept = await keptBy(postgres, join(folder, 'proof'), times)
    return {
      wrong: [...lost(said, kept), ...toldLate(said)],
      answered: said.filter(({ what }) => what.startsWith('done')).length,
      backAfterMs: Number((next.atNs - beganAgainNs) / 1_000_000n),
    }
  } finally {
    isOver = true
    for (const child of lives.values()) child.kill('SIGKILL')
    wire.close()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function gone(child: ChildProcess): Promise<unknown> {
  return new Promise(resolve => child.once('close', resolve))
}

/** What a bare machine makes of the log. */
async function keptBy(postgres: Postgres, folder: string, times: KeeperTimes): Promise<ReadonlyMap<string, bigint>> {
  const store = await openKeptStore({
    ...{ runtime: systemRuntime, at: { folder }, migrations: [], institution: 'bank', keeper: postgres.place(), times },
    migrations: [
      { room: 'test', number: 1, sql: 'CREATE TABLE note (maker TEXT, n INTEGER, PRIMARY KEY (maker, n)) STRICT' },
    ],
    vouching: believing,
    lost: () => {},
  })
  try {
    const rows = await store.read(tx => tx.all<{ maker: string; n: bigint }>('SELECT maker, n FROM note'))
    return new Map(rows.map(({ maker, n }) => [`${maker} ${n}`, n]))
  } finally {
    await store.close()
  }
}

/** Answers, and what readers were told, that the log does not know. */
function lost(said: readonly Said[], kept: ReadonlyMap<string, bigint>): string[] {
  return said.flatMap(({ what }) => {
    const [, kind, note] = /^(done|read) (\S+ \d+)$/.exec(what) ?? []
    return note === undefined || kept.has(note) ? [] : [`${kind} ${note}, which was not kept`]
  })
}

/**
 * Queries answered by one when another served already. One may have been on its way when its process was put to sleep between its answer and the line that tells of it.
 */
function toldLate(said: readonly Said[]): string[] {
  const servings = said.filter(({ what }) => what === 'serving').sort((x, y) => Number(x.atNs - y.atNs))
  return servings.flatMap(({ life }, i) => {
    const next = servings[i + 1]
    if (next === undefined) return []
    const late = said.filter(each => each.life === life && each.what.startsWith('read') && each.atNs > next.atNs)
    return late.length > 1 ? [`${life} answered ${late.length} queries after ${next.life} served`] : []
  })
}
