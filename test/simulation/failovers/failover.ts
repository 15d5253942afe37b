/**
 * Two machines of an institution whose books a cluster keeps: one writes, the other stands by; at a seeded moment something happens to one of them or to the
 * cluster, which heals while they go on. What must hold, and how long nobody was answered.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRuntime } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { beginMark } from '../../../src/store/keeper/beginning.ts'
import { usualTimes } from '../../../src/store/keeper/place.ts'
import { drawFrom } from '../../support/virtual-runtime.ts'
import { Lives, type Said } from '../keeper/lives.ts'
import { standingBy } from '../keeper/says.ts'
import type { Cluster } from './cluster.ts'
import { type Kind, kinds } from './troubles.ts'

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
  const drawn = drawFrom(seed)
  const draw = (most: number) => drawn() % most
  const between = (least: number, most: number) => systemRuntime.sleep(least + draw(most - least))
  const folder = join(cluster.folder, institution)
  mkdirSync(join(folder, 'a'), { recursive: true, mode: 0o700 })
  writeFileSync(beginMark(join(folder, 'a')), '')
  const { withoutRestarts, strike } = kinds[kind]
  const lives = new Lives({
    ...{ code: '.', folder, institution, times: usualTimes, restarts: !withoutRestarts },
    on: (machine, program, args) => cluster.machines.on(machine, program, args),
  })
  const answerAfter = (atNs: bigint) =>
    lives.until('an answer', each => each.what.startsWith('done') && each.atNs > atNs + BigInt(tailMs) * 1_000_000n)
  const keeper = cluster.keeper()
  const place = { ...keeper, password: new Secret(keeper.password) }
  const heals: (() => void)[] = []
  const healed = () => {
    for (const heal of heals.splice(0)) heal()
  }
  try {
    const writer = lives.begin('a', keeper)
    await lives.until('a has the lease', ({ life, what }) => life === 'a1' && what === 'serving')
    lives.begin('b', keeper)
    await lives.until('b stands by', ({ life, what }) => life === 'b1' && what === standingBy)
    const members = await cluster.whole()
    await between(200, 1_000)
    const beganAtNs = process.hrtime.bigint()
    const later = (heal: () => void) => heals.push(heal)
    const troubledAtNs = (await strike({ cluster, lives, writer, ...members, draw, later })) ?? beganAtNs
    const next = await answerAfter(troubledAtNs).catch((error: Error) => error)
    const wrong: string[] = next instanceof Error ? [next.message] : []
    if (!(next instanceof Error)) await lives.askAgain()
    // Whoever was fenced lives on while all of it comes back.
    healed()
    await cluster.whole()
    const last: Said | Error = await answerAfter(process.hrtime.bigint()).catch((error: Error) => error)
    if (last instanceof Error) wrong.push(`when all was healed: ${last.message}`)
    await between(200, 500)
    await lives.end()
    return {
      wrong: [...wrong, ...(await lives.wrong(place, join(folder, 'proof')))],
      answered: lives.said.filter(({ what }) => what.startsWith('done')).length,
      backAfterMs: next instanceof Error ? Number.POSITIVE_INFINITY : Number((next.atNs - troubledAtNs) / 1_000_000n),
    }
  } finally {
    await lives.end()
    healed()
  }
}
