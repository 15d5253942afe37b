/** Makes the prompts with progress on the terminal, and opens the speech that plays them. */

import { SingleBar } from 'cli-progress'
import { errorCode } from '../error-code.ts'
import { keepGeneration } from '../speech/render/publish.ts'
import { addNames, type Rendered, renderCatalogue } from '../speech/render/render.ts'
import { loadTools } from '../speech/render/tools.ts'
import type { WorkToRender } from '../speech/render/wanted.ts'
import { renderedVoice } from '../speech/rendered-voice.ts'
import {
  loadCatalogue,
  openSpeech,
  type Speech,
  type SpokenName,
  type SpokenWork,
  silentVoice,
} from '../speech/speech.ts'
import { places } from './places.ts'

/** What is spoken besides the phrases. */
export interface ToSpeak {
  readonly names: readonly SpokenName[]
  readonly works: readonly WorkToRender[]
}

/** Renders what the cache lacks; with everything there it takes less than a second. */
export async function makePrompts({ names, works }: ToSpeak): Promise<Rendered> {
  const bar = new SingleBar({
    format: 'prompts  {bar} {value}/{total} clips, {duration_formatted}',
    clearOnComplete: true,
  })
  let shown = false
  try {
    return await renderCatalogue({
      catalogue: loadCatalogue(places.phrases),
      names,
      works,
      tools: loadTools(places.tools),
      recordedFolder: places.recordings,
      promptsCache: places.promptsCache,
      onProgress: ({ done, total }) => {
        if (!shown && done === total) return
        if (!shown) bar.start(total, done)
        shown = true
        bar.update(done)
      },
    })
  } finally {
    if (shown) bar.stop()
  }
}

/** The same for an installation, which plays from a copy of its own below `soundsFolder`. */
export async function makePromptsFor(what: ToSpeak, soundsFolder: string): Promise<Rendered> {
  for (let tries = 1; ; tries++) {
    const rendered = await makePrompts(what)
    try {
      return { ...rendered, folder: keepGeneration(rendered.folder, soundsFolder) }
    } catch (error) {
      // Other installations of this checkout share the cache, which keeps the newest generations only.
      if (errorCode(error) !== 'ENOENT' || tries === 5) throw error
    }
  }
}

/** Speech for a console: text, and clips as long as they would last. */
export function writtenSpeech(): Speech {
  return openSpeech({ catalogue: loadCatalogue(places.phrases), voice: silentVoice })
}

/** Speech from the generation in `folder`, which must hold every clip of the catalogue and of the works. */
export function speechOf(
  folder: string,
  works: readonly SpokenWork[] = [],
): Speech & { learn(names: readonly SpokenName[]): Promise<void> } {
  const voice = renderedVoice(folder)
  return {
    ...openSpeech({ catalogue: loadCatalogue(places.phrases), voice, works }),
    /** Renders names, which calls can tell from then on. Rejects when they cannot be rendered: then they go on without. */
    learn: async names => {
      await addNames(folder, names, { tools: loadTools(places.tools), promptsCache: places.promptsCache })
      voice.readAgain()
    },
  }
}
