/** The clips that may be in a recording: every one of a published generation, as samples. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { aLaw } from '../../../src/g711.ts'
import { readManifest } from '../../../src/speech/manifest.ts'
import type { Language } from '../../../src/speech/speech.ts'

export interface KnownClip {
  readonly name: string
  readonly language: Language
  readonly text: string
  /** 8 kHz, -1 … 1. */
  readonly samples: Float32Array
}

export type ClipSet = readonly KnownClip[]

/** Reads the generation in `folder`; of one language only, if asked. */
export function loadClipSet(folder: string, language?: Language): ClipSet {
  return readManifest(folder)
    .clips.filter(clip => language === undefined || clip.language === language)
    .map(({ name, language: spoken, text }) => ({
      name,
      language: spoken,
      text,
      samples: aLaw.decode(readFileSync(join(folder, `${name}.alaw`))),
    }))
}
