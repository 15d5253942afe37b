/** Writes `phrases.ts`, through which the compiler knows each phrase and its slots, from the English catalogue. */
import { type Catalogue, isOfPages, type Phrase, slotsOf } from './catalogue.ts'

/** The source text of `src/speech/phrases.ts`. */
export function phraseTypes(catalogue: Catalogue): string {
  const phrases = [...catalogue.en.values()]
  const spoken = phrases.filter(({ key }) => !isOfPages(key)).map(member)
  const ofPages = phrases.filter(({ key }) => isOfPages(key)).map(member)
  return `/** Each phrase of \`prompts/en.yaml\` and the values it takes. Written by \`npm run phrases\`; do not edit. */
import type { SlotValues } from './slot-values.ts'

type S = SlotValues

// biome-ignore lint/complexity/noBannedTypes: {} is "no values", told apart from a phrase with values by its keys.
type None = {}

export interface Phrases {
${spoken.join('\n')}
}

/** Those that are read on pages only. */
export interface PagePhrases {
${ofPages.join('\n')}
}
`
}

/** One member, as the formatter would write it, so that writing and formatting do not undo each other. */
function member(phrase: Phrase): string {
  const key = /^[a-z][a-z0-9]*$/.test(phrase.key) ? phrase.key : `'${phrase.key}'`
  const slots = [...slotsOf(phrase)].map(([slot, kind]) => `readonly ${slot}: S['${kind}']`)
  if (slots.length === 0) return `  ${key}: None`
  const line = `  ${key}: { ${slots.join('; ')} }`
  return line.length <= lineWidth ? line : `  ${key}: {\n${slots.map(slot => `    ${slot}\n`).join('')}  }`
}

/** As in `biome.json`. */
const lineWidth = 120
