/** Writes `phrases.ts`, through which the compiler knows each phrase and its slots, from the English catalogue. */
import { type Catalogue, type Phrase, slotsOf } from './catalogue.ts'

/** The source text of `src/speech/phrases.ts`. */
export function phraseTypes(catalogue: Catalogue): string {
  const lines = [...catalogue.en.values()].map(phrase => `  '${phrase.key}': ${valuesType(phrase)}`)
  return `/** Each phrase of \`prompts/en.yaml\` and the values it takes. Written by \`npm run phrases\`; do not edit. */
import type { SlotValues } from './slot-values.ts'

type S = SlotValues

// biome-ignore lint/complexity/noBannedTypes: {} is "no values", told apart from a phrase with values by its keys.
type None = {}

export interface Phrases {
${lines.join('\n')}
}
`
}

function valuesType(phrase: Phrase): string {
  const slots = [...slotsOf(phrase)]
  if (slots.length === 0) return 'None'
  return `{ ${slots.map(([slot, kind]) => `readonly ${slot}: S['${kind}']`).join('; ')} }`
}
