/** `npm run phonemes`: writes the table of what each clip says. Read its differences aloud before you commit them. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { phonemeTable } from '../src/speech/render/phoneme-table.ts'
import { loadTools } from '../src/speech/render/tools.ts'
import { loadCatalogue } from '../src/speech/speech.ts'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const table = phonemeTable(loadCatalogue(at('prompts')), loadTools(at('.cache/tools.json')))
table.then(text => writeFileSync(at('prompts/phonemes.tsv'), text))
