/**
 * What a published generation of prompts holds: its manifest, read and checked. The folder has one `.alaw` file per clip
 * (`en/4f09ab12cd.alaw`), the lengths of silence, and `manifest.json`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { languages } from '../languages.ts'

const clipSchema = z.object({
  /** The sound name below `tonebank/`, without extension. */
  name: z.string(),
  language: z.enum(languages),
  /** What it says, as it was given to the synthesiser: `payable to,`. */
  text: z.string(),
  durationMs: z.number(),
  /** Active level and peak of the A-law samples, in dBov. */
  levelDb: z.number(),
  peakDb: z.number(),
  /** In the synthesiser's own notation; empty for a recorded clip. */
  phonemes: z.string(),
  source: z.string(),
})

const manifestSchema = z.object({
  format: z.literal(1),
  generation: z.string(),
  clips: z.array(clipSchema),
})

export type ManifestClip = z.infer<typeof clipSchema>
export type Manifest = z.infer<typeof manifestSchema>

/** Reads a generation folder's manifest. Throws when it is missing or not ours. */
export function readManifest(folder: string): Manifest {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
}

/** Where the newest generation below `promptsCache` lies, if any has been rendered. */
export function currentGeneration(promptsCache: string): string | undefined {
  const pointer = join(promptsCache, 'current')
  return existsSync(pointer) ? join(promptsCache, readFileSync(pointer, 'utf8').trim()) : undefined
}
