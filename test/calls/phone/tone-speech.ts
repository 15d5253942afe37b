/** A speech in which every phrase is one tone, so that a test knows what a phone heard without understanding it. */
import { join } from 'node:path'
import type { PhraseKey, Speech } from '../../../src/speech/speech.ts'
import { writeToneClip } from '../harness/tone.ts'

export interface Tone {
  readonly frequencyHz: number
  readonly seconds: number
}

/** Writes the clips into `soundsFolder`; a phrase without a tone of its own is 0.2 s of `elseHz`. */
export function toneSpeech(soundsFolder: string, tones: Partial<Record<PhraseKey, Tone>>, elseHz = 300): Speech {
  const write = (name: string, frequencyHz: number, seconds: number) =>
    writeToneClip(join(soundsFolder, `${name}.alaw`), frequencyHz, seconds)
  write('silence/500', 0, 0.5)
  write('en/else', elseHz, 0.2)
  for (const [phrase, { frequencyHz, seconds }] of Object.entries(tones)) write(`en/${phrase}`, frequencyHz, seconds)
  return {
    clips: (_, { phrase }) => {
      const tone = tones[phrase]
      return tone ? [{ name: `en/${phrase}`, durationMs: tone.seconds * 1000 }] : [{ name: 'en/else', durationMs: 200 }]
    },
    text: (_, { phrase }) => phrase,
    canName: () => true,
    has: () => false,
  }
}
