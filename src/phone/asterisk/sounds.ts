/** ARI's `sounds`: proof at start-up that every clip is there, so that no prompt fails in a call. */
import { z } from 'zod'
import type { AriClient } from './ari-client.ts'

const sounds = z.array(z.object({ id: z.string(), formats: z.array(z.object({ language: z.string() })) }))

/** Asterisk takes each folder of its sounds for a language, and `tonebank/` is one. */
export const clipsFolder = 'tonebank'

export class ClipsMissing extends Error {
  constructor(missing: readonly string[]) {
    super(`Asterisk lacks ${missing.length} clip(s), such as tonebank/${missing[0]}: render the prompts`)
    this.name = 'ClipsMissing'
  }
}

/** `clips`: names below `tonebank/`. Throws `ClipsMissing`. */
export async function proveClipsExist(ari: AriClient, clips: readonly string[]): Promise<void> {
  if (clips.length === 0) return
  const all = sounds.parse(await ari.request('sounds', 'list'))
  const ours = all.filter(({ formats }) => formats.some(({ language }) => language === clipsFolder))
  const known = new Set(ours.map(({ id }) => id))
  const missing = clips.filter(clip => !known.has(clip))
  if (missing.length > 0) throw new ClipsMissing(missing)
}
