/** `npm run phrases`: writes the types of the phrase catalogue. Run it after every change of `prompts/en.yaml`. */
import { writeFileSync } from 'node:fs'
import { loadCatalogue } from '../src/speech/catalogue.ts'
import { phraseTypes } from '../src/speech/phrase-types.ts'

const root = new URL('..', import.meta.url)
writeFileSync(new URL('src/speech/phrases.ts', root), phraseTypes(loadCatalogue(new URL('prompts', root).pathname)))
