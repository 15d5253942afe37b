/** Two machines of one institution and a PostgreSQL, to one of which something happens at a seeded moment; and what must hold whatever happened. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRuntime } from '../../../src/runtime.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { type KeeperTimes, usualTimes } from '../../../src/store/keeper/place.ts'
import { Postgres } from '../../support/postgres.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'
import { Lives, type Said } from './lives.ts'
import { Wire } from './proxy.ts'
import { standingBy } from './says.ts'

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

export async function drill({ trouble, seed, code, times = soon }: Drill): Promise<Drilled> {
  const draw = drawFrom(seed)
  const between = (least: number, most: number) => systemRuntime.sleep(least + (draw() % (most - least)))
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-drill-'))
  mkdirSync(join(folder, 'a'), { mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  const postgres = await Postgres.start()
  const wire = await Wire.to(postgres.port)
  const lives = new Lives({
    ...{ code, folder, times, institution: 'bank' },
    restarts: trouble !== 'writer killed',
  })
  const { database, user } = postgres.place()
  const by = (port: number) => ({ hosts: [{ host: '127.0.0.1', port }], database, user, password: postgres.password })
  const until: Lives['until'] = (what, holds) => lives.until(`${trouble}, seed ${seed}: ${what}`, holds)
  try {
    const writer = lives.begin('a', by(wire.port))
    await until('a serves', ({ life, what }) => life === 'a1' && what.startsWith('done'))
    lives.begin('b', by(postgres.port))
    await until('b stands by', ({ life, what }) => life === 'b1' && what === standingBy)
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
        await until('b serves', ({ life, what }) => life === 'b1' && what.startsWith('done'))
        writer.kill('SIGCONT')
        break
    }
    const isPostgres = trouble.startsWith('postgres')
    const beganAgainNs = isPostgres ? process.hrtime.bigint() : troubledAtNs
    const isOther = ({ life }: Said) => isPostgres || life.startsWith('b')
    const next = await until(
      'an answer',
      each => isOther(each) && each.what.startsWith('done') && each.atNs > beganAgainNs,
    )
    await between(300, 900)
    await lives.end()
    return {
      wrong: await lives.wrong(postgres.place(), join(folder, 'proof')),
      answered: lives.said.filter(({ what }) => what.startsWith('done')).length,
      backAfterMs: Number((next.atNs - beganAgainNs) / 1_000_000n),
    }
  } finally {
    await lives.end()
    wire.close()
    await postgres.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
