/**
 * Recorded voices: a `.wav` below `prompts/recorded/<language>/` takes the place of the synthesiser, phrase by phrase. What would be heard
 * as a fault is refused with a sentence that names the file; brought to the telephone's level are they all, like any clip.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from '../../languages.ts'
import type { Catalogue } from '../catalogue.ts'
import { fragmentsOf, grammars, wordText } from '../spoken.ts'
import { silentVoice } from '../voice.ts'
import { measureLevel, sampleRateHz } from './level.ts'

/** Raised with a sentence for each recording that cannot be used, or is missing. */
export class RecordingsFaulty extends Error {
  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'RecordingsFaulty'
  }
}

/**
 * The file that says each text that is recorded: `<key>.wav`, `<key>.<part>.wav`, `word.<word>.wav`. Throws `RecordingsFaulty` for a file
 * that belongs to no phrase, and where some of the ten digits are recorded and others are not.
 */
export function recordingsIn(folder: string, catalogue: Catalogue, language: Language): Map<string, string> {
  const files = (existsSync(folder) ? readdirSync(folder) : []).filter(file => file.endsWith('.wav')).sort()
  const recordings = new Map<string, string>()
  const faults: string[] = []
  for (const file of files) {
    const text = recordedText(catalogue, language, file.slice(0, -'.wav'.length))
    if (text === undefined) faults.push(`${join(folder, file)} belongs to no phrase.`)
    else recordings.set(text, join(folder, file))
  }
  const digits = grammars[language].digits('0123456789')
  const missing = digits.filter(digit => !recordings.has(wordText(digit)))
  if (missing.length > 0 && missing.length < digits.length)
    faults.push(
      `${folder} lacks ${missing.map(digit => `word.${digit}.wav`).join(', ')}: all ten digits are recorded or none, else one number would have two voices.`,
    )
  if (faults.length > 0) throw new RecordingsFaulty(faults)
  return recordings
}

function recordedText(catalogue: Catalogue, language: Language, name: string): string | undefined {
  const word = /^word\.(.+)$/.exec(name)?.[1]
  if (word !== undefined) return grammars[language].vocabulary.includes(word) ? wordText(word) : undefined
  const whole = catalogue[language].get(name)
  if (whole) {
    const fragments = fragmentsOf(whole)
    return fragments.length === 1 ? fragments[0] : undefined
  }
  const [, key, part] = /^(.+)\.(\d+)$/.exec(name) ?? []
  const phrase = key === undefined ? undefined : catalogue[language].get(key)
  return phrase && fragmentsOf(phrase)[Number(part) - 1]
}

/** Softer, and its noise would be raised by 23 dB with its voice. */
const softestDb = -45
/** So many samples in a row at full scale are a peak that was cut off. */
const cutOffSamples = 4
const fullScale = 0.985
/** How far a speaker's length may be from the synthesiser's, as a factor: beyond it, it is another phrase or has a long pause. */
const lengthFactor = 3
/** Somebody who says one word clearly takes as long as this. */
const longestWordMs = 1000

/** What is wrong with a recording of `text` (8 kHz, -1 … 1, before it is levelled), if anything. */
export function recordingFault(samples: Float32Array, language: Language, text: string): string | undefined {
  const { activeDb, begin, end } = measureLevel(samples)
  if (!(activeDb > -60)) return 'is silent.'
  if (activeDb < softestDb) return `is too soft: ${activeDb.toFixed(1)} dBov, at least ${softestDb} are wanted.`
  if (isCutOff(samples)) return 'is clipped: it was recorded too loud.'
  const ms = Math.round(((end - begin) * 1000) / sampleRateHz)
  const usualMs = silentVoice.clip(language, text)?.durationMs ?? ms
  const [shortest, longest] = [usualMs / lengthFactor, Math.max(longestWordMs, usualMs * lengthFactor)]
  if (ms >= shortest && ms <= longest) return undefined
  return `speaks for ${ms} ms, where “${text}” takes ${Math.ceil(shortest)} to ${Math.floor(longest)}.`
}

function isCutOff(samples: Float32Array): boolean {
  let run = 0
  for (const sample of samples) {
    run = Math.abs(sample) >= fullScale ? run + 1 : 0
    if (run >= cutOffSamples) return true
  }
  return false
}
