/** Which clips a catalogue needs, and the name of each: a hash of everything that decides how it sounds. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Language, languages, type SpokenName } from '../../languages.ts'
import type { Catalogue } from '../catalogue.ts'
import { nameTexts, textsOf } from '../speech.ts'
import { type SpokenWork, workTexts } from '../work.ts'
import type { Engine } from './engines.ts'
import { masterVersion, targetDb } from './master.ts'
import { recordingsIn } from './recordings.ts'
import { bandFilter } from './telephone-band.ts'

export interface WantedClip {
  readonly language: Language
  readonly text: string
  /** `en/4f09ab12cd`: short, because a request to Asterisk names many and is limited to 4,096 bytes. */
  readonly name: string
  /** The engine's id, or the recording's file name. */
  readonly source: string
  /** A recording that is used instead of the synthesiser. */
  readonly recording?: string
  /** Of `recordedFolder`, and no work that lasts as long as it lasts. */
  readonly isPhrase?: boolean
}

/** A work, and where its recordings lie. */
export interface WorkToRender {
  readonly work: SpokenWork
  readonly fileOf: (recording: string) => string
}

export interface Wanted {
  readonly catalogue: Catalogue
  readonly names: readonly SpokenName[]
  readonly works?: readonly WorkToRender[] | undefined
  readonly engines: Readonly<Record<Language, Engine>>
  /** `prompts/recorded`. */
  readonly recordedFolder: string
}

/** Throws `RecordingsFaulty`. */
export function wantedClips({ catalogue, names, works = [], engines, recordedFolder }: Wanted): WantedClip[] {
  return languages.flatMap(language => {
    const recordings = recordingsIn(join(recordedFolder, language), catalogue, language)
    const phrases = new Set(recordings.keys())
    const texts = new Set([...textsOf(catalogue, language), ...nameTexts(names, language)])
    for (const { work, fileOf } of works) {
      const { recording } = work[language]
      for (const text of workTexts(work[language])) {
        texts.add(text)
        if (recording !== undefined) recordings.set(text, fileOf(recording))
      }
    }
    return [...texts].map((text): WantedClip => {
      const recording = recordings.get(text)
      if (!recording) return synthesised(engines, language, text)
      const name = `${language}/${hashOf(readFileSync(recording))}`
      return { language, text, name, source: `recorded ${basename(recording)}`, recording, isPhrase: phrases.has(text) }
    })
  })
}

/** The clips of proper names alone. */
export function wantedNames(names: readonly SpokenName[], engines: Wanted['engines']): WantedClip[] {
  return languages.flatMap(language => nameTexts(names, language).map(text => synthesised(engines, language, text)))
}

function synthesised(engines: Wanted['engines'], language: Language, text: string): WantedClip {
  const { id } = engines[language]
  return { language, text, name: `${language}/${hashOf(JSON.stringify([id, text]))}`, source: id }
}

/** Ten hexadecimal digits: among a million clips two share a name with a chance of one in two. We have two thousand. */
function hashOf(made: string | Buffer): string {
  return createHash('sha256')
    .update(JSON.stringify([bandFilter, masterVersion, targetDb]))
    .update(made)
    .digest('hex')
    .slice(0, 10)
}
