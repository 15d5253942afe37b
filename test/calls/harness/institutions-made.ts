/** A demonstration's institutions as they were made before the first of the calls (`start-once.ts`). */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder where they lie. */
    institutionsMade: string
  }
}

/** Puts a copy of them into the folder of a network that has not started: `startNetwork([], {}, institutionsMade)`. */
export async function institutionsMade(dataFolder: string): Promise<void> {
  cpSync(inject('institutionsMade'), join(dataFolder, 'institutions'), { recursive: true })
}
