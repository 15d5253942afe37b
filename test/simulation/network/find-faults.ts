/** Puts each fault into a copy of the code and tells stories until one finds it, beginning with the one that found it last. */
import { readFileSync, writeFileSync } from 'node:fs'
import { inProcesses } from '../../support/processes.ts'
import { copyWith, type Fault, removeCopies } from './copies.ts'
import type { Found, Telling } from './teller.ts'

/** By the names of faults. Written by `npm run simulate -- --faults`, never by hand. */
const file = new URL('found-by.json', import.meta.url)

export interface Recorded {
  readonly seed: number
  /** The first thing that was wrong. */
  readonly found: string
}

export const recorded = (): Readonly<Record<string, Recorded>> => JSON.parse(readFileSync(file, 'utf8'))

export function record(found: Readonly<Record<string, Recorded>>): void {
  writeFileSync(file, `${JSON.stringify(found, undefined, 2)}\n`)
}

/** @param most seeds to tell, from the first */
export async function findFaults(
  faults: readonly Fault[],
  most: number,
  told: (name: string, found: Recorded | undefined) => void = () => {},
): Promise<Readonly<Record<string, Recorded>>> {
  const known = recorded()
  const works = faults.map((fault, number): Telling => {
    const first = known[fault.name]?.seed
    const others = Array.from({ length: most }, (_, i) => i + 1).filter(seed => seed !== first)
    const seeds = first === undefined ? others : [first, ...others]
    return { folder: copyWith(fault, number), seeds, says: fault.says?.source ?? '' }
  })
  const named: Record<string, Recorded> = {}
  const broken: string[] = []
  try {
    const done = (index: number, found: Found | undefined) => {
      const { name } = faults[index] as Fault
      // A copy that cannot run is noticed by anybody: it says nothing of the stories.
      if (found && /ReferenceError|SyntaxError/.test(found.fault)) broken.push(`"${name}" does not run: ${found.fault}`)
      else if (found !== undefined)
        named[name] = { seed: found.seed, found: found.fault.split('\n')[0]?.slice(0, 200) ?? '' }
      told(name, named[name])
    }
    // The modules of a copy stay in memory for as long as the process lives.
    await inProcesses('test/simulation/network/teller.ts', works, { done, worksEach: 1 })
  } finally {
    removeCopies(works.map(({ folder }) => folder))
  }
  if (broken.length > 0) throw new Error(broken.join('\n'))
  return named
}
