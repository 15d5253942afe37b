/** What a person with a pencil would have written down of a call: its rows of spoken digits, from the recording alone. */
import { places } from '../../../src/operations/places.ts'
import { currentGeneration } from '../../../src/speech/manifest.ts'
import type { Language } from '../../../src/speech/speech.ts'
import { loadClipSet } from '../listen/clip-set.ts'
import { digitsIn, type HeardDigits } from '../listen/digits.ts'
import { listen } from '../listen/listen.ts'

/** In the order in which they were heard. */
export function digitsHeard(recording: Int16Array, language: Language): HeardDigits[] {
  const samples = new Float32Array(recording).map(sample => sample / 32_768)
  return digitsIn(listen(samples, loadClipSet(currentGeneration(places.promptsCache) ?? '', language)))
}
