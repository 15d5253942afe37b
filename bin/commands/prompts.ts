/** `tonebank prompts`: renders every phrase and measures it, from nothing where that is asked for. */
import { existsSync, rmSync } from 'node:fs'
import { fileOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { spokenIn } from '../../src/operations/installation/names.ts'
import { places } from '../../src/operations/places.ts'
import { makePrompts } from '../../src/operations/prompts.ts'
import { systemRuntime } from '../../src/runtime.ts'

export async function prompts(options: Where & { fresh?: boolean }): Promise<void> {
  if (options.fresh) rmSync(places.promptsCache, { recursive: true, force: true })
  const beganAtMs = systemRuntime.monotonicMs()
  const file = fileOf(options)
  // Before the first start there is nobody to name: the phrases alone are rendered.
  const spoken = existsSync(file) ? await spokenIn(readInstallation(file)) : { names: [], works: [] }
  const { folder, clips, made } = await makePrompts(spoken)
  const seconds = ((systemRuntime.monotonicMs() - beganAtMs) / 1000).toFixed(1)
  console.log(`${clips} clips in ${folder}, ${made} of them made now, in ${seconds} s; levels measured, none refused`)
}
