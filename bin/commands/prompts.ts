/** `tonebank prompts`: renders every phrase and measures it, from nothing where that is asked for. */
import { rmSync } from 'node:fs'
import { demoNames } from '../../demo/names.ts'
import { places } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { makePrompts } from '../prompts.ts'

export async function prompts(options: { fresh?: boolean }): Promise<void> {
  if (options.fresh) rmSync(places.promptsCache, { recursive: true, force: true })
  const beganAtMs = systemRuntime.monotonicMs()
  const { folder, clips, made } = await makePrompts(demoNames)
  const seconds = ((systemRuntime.monotonicMs() - beganAtMs) / 1000).toFixed(1)
  console.log(`${clips} clips in ${folder}, ${made} of them made now, in ${seconds} s; levels measured, none refused`)
}
