/** The templates as they stand in the repository: features, no sound. One byte to a coefficient, in 32nds. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { type Language, languages } from '../../src/languages.ts'
import type { TemplateVoice } from './ear.ts'
import { type Cepstra, coefficients } from './features.ts'

const step = 1 / 32

const voiceSchema = z.object({
  /** Program, version and voice. */
  name: z.string(),
  words: z.record(z.string(), z.base64()),
})

const fileSchema = z.record(z.enum(languages), z.array(voiceSchema))

export type FrozenVoice = z.infer<typeof voiceSchema>

const path = new URL('templates.json', import.meta.url)

/** The file's voices of each language. Throws when it is not ours. */
export function frozenVoices(): Record<Language, FrozenVoice[]> {
  return fileSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

export function templatesOf(language: Language): TemplateVoice[] {
  return frozenVoices()[language].map(({ name, words }) => ({
    name,
    words: new Map(Object.entries(words).map(([word, coded]) => [word, thawed(coded)])),
  }))
}

export function frozen({ name, words }: TemplateVoice): FrozenVoice {
  const coded = [...words].map(([word, cepstra]) => {
    const bytes = cepstra.flatMap(row => [...row].map(value => Math.max(-127, Math.min(127, Math.round(value / step)))))
    return [word, Buffer.from(Int8Array.from(bytes).buffer).toString('base64')]
  })
  return { name, words: Object.fromEntries(coded) }
}

/** Coefficients of one word as they are kept, for whoever compares two files. */
export function codedValues(coded: string): Int8Array {
  return new Int8Array(Buffer.from(coded, 'base64'))
}

function thawed(coded: string): Cepstra {
  const values = codedValues(coded)
  return Array.from({ length: values.length / coefficients }, (_, row) =>
    Float32Array.from(values.subarray(row * coefficients, (row + 1) * coefficients), value => value * step),
  )
}
