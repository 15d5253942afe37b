/** The voice of a published generation: each clip of its manifest by language and text. */
import { readManifest } from './manifest.ts'
import type { Clip } from './utterance.ts'
import type { Voice } from './voice.ts'

export interface RenderedVoice extends Voice {
  /** After clips were added to the generation. */
  readAgain(): void
}

/** Opens the generation in `folder`. Throws when its manifest is missing or not ours. */
export function renderedVoice(folder: string): RenderedVoice {
  let clips: ReadonlyMap<string, Clip>
  const readAgain = () => {
    const { clips: all } = readManifest(folder)
    clips = new Map(all.map(({ language, text, name, durationMs }) => [`${language} ${text}`, { name, durationMs }]))
  }
  readAgain()
  return { readAgain, clip: (language, text) => clips.get(`${language} ${text}`) }
}
