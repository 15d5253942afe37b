/**
 * Where clips come from. A voice knows which clip says a text and how long it lasts. The rendered one reads a published
 * generation (`rendered-voice.ts`); the one here has no sound and estimates, for the console and for simulated calls.
 */
import { createHash } from 'node:crypto'
import type { Language } from '../languages.ts'
import type { Clip } from './utterance.ts'

export interface Voice {
  /** The clip that says exactly this text, if it has been rendered. */
  clip(language: Language, text: string): Clip | undefined
}

/** Speaking rates of the synthesised voices, as measured over the whole catalogue. */
const msPerCharacter: Record<Language, number> = { en: 62, zh: 255 }

/** A clip for every text there can be, as long as it would last when spoken. */
export const silentVoice: Voice = {
  clip(language, text) {
    const durationMs = Math.max(250, text.length * msPerCharacter[language])
    return { name: `${language}/${createHash('sha256').update(text).digest('hex').slice(0, 10)}`, durationMs }
  },
}

/** The lengths of silence that are published beside the clips, in ms. */
export const silencesMs = [50, 100, 150, 200, 350, 500, 1000] as const

/** The shortest of these silences that lasts `ms` or longer; nothing for no time. */
export function silenceOfAtLeast(ms: number): readonly Clip[] {
  if (ms <= 0) return []
  return [silence(silencesMs.find(each => each >= ms) ?? 1000)]
}

/** Silence, to be played like any clip: between groups of digits, or before the first word of a call. */
export function silence(ms: (typeof silencesMs)[number]): Clip {
  return { name: `silence/${ms}`, durationMs: ms }
}
