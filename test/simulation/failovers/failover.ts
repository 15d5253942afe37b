/**
 * Two machines of an institution whose books a cluster keeps: one writes, the other stands by; at a seeded moment something happens to one of them or to the
 * cluster. What must hold, and how long nobody was answered.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { usualTimes } from '../../../src/store/keeper/place.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'
import { Lives } from '../keeper/lives.ts'
import { standingBy } from '../keeper/says.ts'
import type { Cluster } from './cluster.ts'

/** By name, with the goal for the time until the next answer, in milliseconds; a busy machine misses it by some. `ttl` of Patroni is 20 s. */
export const kinds = {
  'primary killed': 5_000,
  'writer killed': 5_000,
  'writer cut from the primary': 5_000,
  'two writers at once': 5_000,
  'standby paused': 10_000,
  'node cut': 25_000,
} as const
export type Kind = keyof typeof kinds

export const writers = ['a', 'b']

/** What was on its way may still be answered so long after the trouble. */
const tailMs = 300

export interface FailedOver {
  /** What must not be. */
  readonly wrong: readonly string[]
  readonly answered: number
  /** From the trouble to the next answer after `tailMs`. */
  readonly backAfterMs: number
}

/** @param institution another one each time */
export async function failOver(cluster: Cluster, kind: Kind, seed: number, institution: string): Promise<FailedOver> {
  const draw = drawFrom(seed)
  const between = (least: number, most: number) => systemRuntime.sleep(least + (draw() % (most - least)))
  const folder = join(cluster.folder, institution)
  mkdirSync(join(folder, 'a'), { recursive: true, mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  const lives = new Lives({
    ...{ code: '.', folder, institution, times: usualTimes, restarts: kind !== 'writer killed' },
    on: (machine, program, args) => cluster.machines.on(machine, program, args),
  })
  const keeper = cluster.keeper()
  let heal = () => {}
  try {
    const writer = lives.begin('a', keeper)
    await lives.until('a has the lease', ({ life, what }) => life === 'a1' && what === 'serving')
    lives.begin('b', keeper)
    await lives.until('b stands by', ({ life, what }) => life === 'b1' && what === standingBy)
    await cluster.whole()
    const [leader, standby] = [await cluster.who('leader'), await cluster.who('sync_standby')]
    await between(200, 1_000)
    const troubledAtNs = process.hrtime.bigint()
    switch (kind) {
      case 'primary killed':
        cluster.signal(leader, 'SIGKILL')
        break
      case 'writer killed':
        writer.kill('SIGKILL')
        break
      case 'writer cut from the primary':
        cluster.machines.cut('a', leader)
        heal = () => cluster.machines.join('a', leader)
        break
      case 'two writers at once':
        writer.kill('SIGSTOP')
        await lives.until('b serves', ({ life, what }) => life === 'b1' && what.startsWith('done'))
        writer.kill('SIGCONT')
        break
      case 'standby paused':
        cluster.signal(standby, 'SIGSTOP')
        heal = () => cluster.signal(standby, 'SIGCONT')
        break
      case 'node cut':
        cluster.machines.wire(leader, 'down')
        heal = () => cluster.machines.wire(leader, 'up')
        break
    }
    const tailNs = troubledAtNs + BigInt(tailMs) * 1_000_000n
    const next = await lives.until('an answer', ({ what, atNs }) => what.startsWith('done') && atNs > tailNs)
    await lives.askAgain(next.life)
    await between(200, 500)
    await lives.end()
    heal()
    heal = () => {}
    const place = { ...keeper, password: new Secret(keeper.password) }
    return {
      wrong: await lives.wrong(place, join(folder, 'proof')),
      answered: lives.said.filter(({ what }) => what.startsWith('done')).length,
      backAfterMs: Number((next.atNs - troubledAtNs) / 1_000_000n),
    }
  } finally {
    await lives.end()
    heal()
  }
}
