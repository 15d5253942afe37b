/** The voice of a published generation: each clip of its manifest by language and text. */
import { readManifest } from './manifest.ts'
import type { Clip } from './utterance.ts'
import type { Voice } from './voice.ts'

/** Opens the generation in `folder`. Throws when its manifest is missing or not ours. */
export function renderedVoice(folder: string): Voice {
  const clips = new Map<string, Clip>(
    readManifest(folder).clips.map(({ language, text, name, durationMs }) => [
      `${language} ${text}`,
      { name, durationMs },
    ]),
  )
  return { clip: (language, text) => clips.get(`${language} ${text}`) }
}
