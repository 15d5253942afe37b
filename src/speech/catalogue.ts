/**
 * The phrases of `prompts/*.yaml`: read, split into text and slots, and proved to say the same in every language. What a
 * phrase looks like is written at the top of `prompts/en.yaml`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Language, languages } from '../languages.ts'
import type { SlotKind } from './slot-values.ts'

export type Part = { readonly text: string } | { readonly slot: string; readonly kind: SlotKind }

export interface Phrase {
  readonly key: string
  readonly parts: readonly Part[]
}

/** Whether a phrase is read on pages only: it is spoken nowhere, and has no clips. */
export const isOfPages = (key: string): boolean => key.startsWith('page.')

export type Catalogue = Readonly<Record<Language, ReadonlyMap<string, Phrase>>>

const kinds: Record<SlotKind, true> = {
  amount: true,
  amounts: true,
  digits: true,
  groups: true,
  number: true,
  date: true,
  longdate: true,
  time: true,
  name: true,
  work: true,
}

/** Raised with every fault found, so that a writer of phrases repairs them in one go. */
export class CatalogueFaulty extends Error {
  constructor(faults: readonly string[]) {
    super(`the phrase catalogue has ${faults.length} fault(s):\n${faults.join('\n')}`)
    this.name = 'CatalogueFaulty'
  }
}

/** Reads `en.yaml` and `zh.yaml` below `folder`. Throws `CatalogueFaulty`. */
export function loadCatalogue(folder: string): Catalogue {
  const read = (language: Language) => readFileSync(join(folder, `${language}.yaml`), 'utf8')
  return parseCatalogue({ en: read('en'), zh: read('zh') })
}

/** As `loadCatalogue`, from the files' contents. */
export function parseCatalogue(yaml: Readonly<Record<Language, string>>): Catalogue {
  const faults: string[] = []
  const catalogue = { en: phrasesOf('en', yaml.en, faults), zh: phrasesOf('zh', yaml.zh, faults) }
  faults.push(...differences(catalogue))
  if (faults.length > 0) throw new CatalogueFaulty(faults)
  return catalogue
}

function phrasesOf(language: Language, yaml: string, faults: string[]): Map<string, Phrase> {
  const entries: unknown = parse(yaml)
  if (typeof entries !== 'object' || entries === null) throw new CatalogueFaulty([`${language}: not a list of phrases`])
  const phrases = new Map<string, Phrase>()
  for (const [key, text] of Object.entries(entries)) {
    const where = `${language} ${key}`
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(key)) faults.push(`${where}: a key is lower case, digits, - and .`)
    if (typeof text !== 'string' || text.trim() === '') faults.push(`${where}: no text`)
    else phrases.set(key, { key, parts: partsOf(where, text, faults) })
  }
  for (const phrase of phrases.values()) {
    const kindsOf = new Map<string, SlotKind>()
    for (const part of phrase.parts) {
      if (!('slot' in part)) continue
      const before = kindsOf.get(part.slot) ?? part.kind
      if (before !== part.kind) faults.push(`${language} ${phrase.key}: slot ${part.slot} has two kinds`)
      kindsOf.set(part.slot, part.kind)
    }
  }
  return phrases
}

/** Splits at `{slot:kind}`. */
function partsOf(where: string, text: string, faults: string[]): Part[] {
  const parts: Part[] = []
  for (const piece of text.split(/(\{[^}]*\})/)) {
    if (piece === '') continue
    if (!piece.startsWith('{')) {
      if (/[{}]/.test(piece)) faults.push(`${where}: a brace without its partner`)
      parts.push({ text: piece })
      continue
    }
    const [, slot, kind] = /^\{([a-z][a-zA-Z]*):([a-z]+)\}$/.exec(piece) ?? []
    if (slot === undefined || kind === undefined) faults.push(`${where}: ${piece} is not {slot:kind}`)
    else if (!isKind(kind)) faults.push(`${where}: no slot is of kind ${kind}`)
    else parts.push({ slot, kind })
  }
  return parts
}

function isKind(kind: string): kind is SlotKind {
  return Object.hasOwn(kinds, kind)
}

/** Slot name → kind, in the order of first use. */
export function slotsOf(phrase: Phrase): Map<string, SlotKind> {
  return new Map(phrase.parts.flatMap(part => ('slot' in part ? [[part.slot, part.kind] as const] : [])))
}

function differences(catalogue: Catalogue): string[] {
  const faults: string[] = []
  const keys = new Set(languages.flatMap(language => [...catalogue[language].keys()]))
  for (const key of keys) {
    const [en, zh] = [catalogue.en.get(key), catalogue.zh.get(key)]
    if (!en || !zh) faults.push(`${key}: missing in ${en ? 'zh' : 'en'}`)
    else if (signature(en) !== signature(zh)) faults.push(`${key}: slots differ: ${signature(en)} and ${signature(zh)}`)
  }
  return faults
}

function signature(phrase: Phrase): string {
  const slots = phrase.parts.flatMap(part => ('slot' in part ? [`${part.slot}:${part.kind}`] : []))
  return [...new Set(slots)].sort().join(' ') || 'none'
}
