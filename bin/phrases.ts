/** `npm run phrases`: writes the types of the phrase catalogue. Run it after every change of `prompts/en.yaml`. */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { phraseTypes } from '../src/speech/phrase-types.ts'
import { loadCatalogue } from '../src/speech/speech.ts'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
writeFileSync(at('src/speech/phrases.ts'), phraseTypes(loadCatalogue(at('prompts'))))
