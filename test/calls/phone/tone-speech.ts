/** A speech in which every phrase is one tone, so that a test knows what a phone heard without understanding it. */
import { join } from 'node:path'
import type { PhraseKey, Speech } from '../../../src/speech/speech.ts'
import { writeToneClip } from '../harness/tone.ts'

export interface Tone {
  readonly frequencyHz: number
  readonly seconds: number
}

/** Writes the clips into `soundsFolder`. A phrase without a tone of its own sounds as `others`, or a short 300 Hz. */
export function toneSpeech(
  soundsFolder: string,
  tones: Partial<Record<PhraseKey, Tone>>,
  others: PhraseKey | 'else' = 'else',
): Speech {
  const all: Record<string, Tone> = { else: { frequencyHz: 300, seconds: 0.2 }, ...tones }
  const write = (name: string, { frequencyHz, seconds }: Tone) =>
    writeToneClip(join(soundsFolder, `${name}.alaw`), frequencyHz, seconds)
  write('silence/500', { frequencyHz: 0, seconds: 0.5 })
  for (const [phrase, tone] of Object.entries(all)) write(`en/${phrase}`, tone)
  return {
    clips: (_, { phrase }) => {
      const name = phrase in all ? phrase : others
      return [{ name: `en/${name}`, durationMs: (all[name]?.seconds ?? 0) * 1000 }]
    },
    text: (_, { phrase }) => phrase,
    has: () => false,
  }
}
