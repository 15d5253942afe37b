/**
 * The table of what each clip says, in the synthesisers' own phonemes (`prompts/phonemes.tsv`). It is checked in, so that
 * a reading that changes, by a new program or a new phrase, is seen and judged by a person before a caller hears it.
 */

import { type Language, languages } from '../../languages.ts'
import type { Catalogue } from '../catalogue.ts'
import { textsOf } from '../speech.ts'
import { type Engine, openEngines } from './engines.ts'
import type { Tools } from './tools.ts'

/** One line per clip of the catalogue and the grammars: language, text, phonemes. The first line names the engines. */
export async function phonemeTable(catalogue: Catalogue, tools: Tools): Promise<string> {
  const engines = await openEngines(tools)
  const rows = await Promise.all(languages.map(language => rowsOf(catalogue, language, engines[language])))
  const heading = `# Written by \`npm run phonemes\`. en: ${engines.en.id}; zh: ${engines.zh.id}`
  return `${[heading, ...rows.flat()].join('\n')}\n`
}

async function rowsOf(catalogue: Catalogue, language: Language, engine: Engine): Promise<string[]> {
  const rows: string[] = []
  for (const text of textsOf(catalogue, language)) {
    rows.push(`${language}\t${text}\t${await engine.synthesise(text)}`)
  }
  return rows
}
