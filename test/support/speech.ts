/** The real catalogue, spoken by a voice without sound: clips last as long as they would when spoken. */
import { loadCatalogue, openSpeech, type Speech, silentVoice } from '../../src/speech/speech.ts'

let opened: Speech | undefined

export function catalogueSpeech(): Speech {
  opened ??= openSpeech({ catalogue: loadCatalogue('prompts'), voice: silentVoice })
  return opened
}
