/** A process that tells stories to copies of the code, until one does not end well. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { answerEach } from '../../support/processes.ts'
import type { tell } from './story.ts'

export interface Telling {
  readonly folder: string
  readonly seeds: readonly number[]
  /** A pattern of what is said of it; anything else that is wrong does not count. */
  readonly says: string
}

/** The first seed whose end is not right, and why not. */
export interface Found {
  readonly seed: number
  readonly fault: string
}

answerEach(async ({ folder, seeds, says }: Telling): Promise<Found | undefined> => {
  const story: { readonly tell: typeof tell } = await import(
    pathToFileURL(join(folder, 'test/simulation/network/story.ts')).href
  )
  for (const seed of seeds) {
    const fault = (await story.tell(seed)).faults.find(each => new RegExp(says).test(each))
    if (fault !== undefined) return { seed, fault }
  }
  return undefined
})
