/**
 * Puts each fault into a copy of the scripts, and looks whether the explorer finds it. To explore 50 copies takes minutes, so
 * the path on which a fault was found last is tried first. It counts only where the explorer goes: along the paths that it
 * walked in the scripts as they are, where it found nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Processes } from '../../support/processes.ts'
import { faults, scriptsWith } from './faults.ts'
import { lineNames } from './line-name.ts'
import { readPath } from './path.ts'
import { along, explorations } from './shares.ts'
import type { Exploration } from './tally.ts'

/** Paths by the names of faults. Written by `npm run explore -- --faults`, never by hand. */
const file = new URL('found-on.json', import.meta.url)

const recorded = (): Record<string, string> => JSON.parse(readFileSync(file, 'utf8'))

export interface Search {
  /** By the name of the fault; undefined where it was not found. */
  readonly foundOn: Readonly<Record<string, string | undefined>>
  /** What was found on the same paths in a copy without a fault: nothing. */
  readonly foundWithoutFault: Exploration['findings']
}

/** @param walked the paths that were explored in the scripts as they are */
export async function findFaults(explorers: Processes, walked: ReadonlySet<string>): Promise<Search> {
  const copies = faults.map((fault, number) => ({ ...fault, scripts: scriptsWith(fault, number) }))
  const known = Object.entries(recorded()).filter(([, path]) => walked.has(path))
  const pathOf = new Map(known)
  const foundOn: Record<string, string | undefined> = {}

  const tried = copies.filter(({ name }) => pathOf.has(name))
  const trials = await explorations(
    explorers,
    tried.map(({ name, line, scripts }) => ({ line, scripts, ...along([readPath(pathOf.get(name) ?? '')]) })),
  )
  for (const [index, { name }] of tried.entries()) foundOn[name] = trials[index]?.findings[0]?.path

  const sought = copies.filter(({ name }) => foundOn[name] === undefined)
  const searches = await explorations(
    explorers,
    sought.map(({ line, scripts }) => ({ line, scripts, work: 'seek finding' })),
  )
  for (const [index, { name }] of sought.entries()) foundOn[name] = searches[index]?.findings[0]?.path

  const sound = scriptsWith(undefined, copies.length)
  const on = (line: string) => known.map(([, path]) => readPath(path)).filter(path => path.line === line)
  const without = await explorations(
    explorers,
    lineNames.map(line => ({ line, scripts: sound, ...along(on(line)) })),
  )
  return { foundOn, foundWithoutFault: without.flatMap(({ findings }) => findings) }
}

/** Keeps where each fault was found, so that the next search is quick. */
export function record({ foundOn }: Search): void {
  writeFileSync(file, `${JSON.stringify(foundOn, undefined, 2)}\n`)
}
