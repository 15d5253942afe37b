/**
 * `npm run ear-templates`: makes the ear's templates again (`templates.json`). It needs Debian's festival and festvox-kdlpc16k besides what the
 * product needs, which `npm run bench` installs.
 */
import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { type Language, languages } from '../../src/languages.ts'
import { loadTools, run, type Tools } from '../../src/speech/render/tools.ts'
import { seeded } from '../../test/simulation/modem/line/random.ts'
import type { TemplateVoice } from './ear.ts'
import { adapted, cepstraOf } from './features.ts'
import { frozen } from './frozen.ts'
import { type DigitVoice, digitsOf, digitWords, espeakVoice, festivalVoice } from './voices.ts'

/** Eight of espeak-ng's Englishes, of men and women, two of them by its Klatt synthesiser; and the diphones of a man. */
const english = [
  'en-us',
  'en-us+f2',
  'en-us+Andrea',
  'en-us+Annie',
  'en-us+linda',
  'en-us+klatt4',
  'en-us+m7',
  'en-us-nyc+f2',
]
/** There is no other Mandarin in Debian or npm than the product's own synthesiser: these are other throats of it. */
const mandarin = [
  'cmn-latn-pinyin+f2',
  'cmn-latn-pinyin+klatt4',
  'cmn-latn-pinyin+klatt2',
  'cmn-latn-pinyin+m7',
  'cmn-latn-pinyin+Annie',
]

/** Those that espeak-ng speaks, under its version's name. */
export async function espeakTemplates(language: Language, tools: Tools): Promise<TemplateVoice[]> {
  const tool = tools['espeak-ng']
  const version = /\d+\.\d+(\.\d+)?/.exec(await run(tool, ['--version'], ''))?.[0] ?? 'unknown'
  const templates: TemplateVoice[] = []
  for (const voice of language === 'en' ? english : mandarin)
    templates.push(await template(espeakVoice(tool, version, voice), language, tools))
  return templates
}

async function template(voice: DigitVoice, language: Language, tools: Tools): Promise<TemplateVoice> {
  const digits = await digitsOf(voice, language, tools)
  const cepstra = adapted(
    digitWords(language).map(word => cepstraOf(onQuietLine(digits.get(word) ?? new Float32Array()))),
  )
  return { name: voice.name, words: new Map(digitWords(language).map((word, at) => [word, cepstra[at] ?? []])) }
}

/** Between silences, 30 dB above a line's noise: what is no speech has something to be known by. */
function onQuietLine(samples: Float32Array): Float32Array {
  const random = seeded(7)
  const noise = 10 ** (-52 / 20)
  return Float32Array.from(
    { length: samples.length + 2400 },
    (_, n) => (n >= 1200 ? (samples[n - 1200] ?? 0) : 0) + noise * random.gauss(),
  )
}

async function main(): Promise<void> {
  const tools = loadTools(new URL('../../.cache/tools.json', import.meta.url).pathname)
  const version = /\d+\.\d+(\.\d+)?/.exec(await run({ command: 'festival', args: [], env: {} }, ['--version'], ''))?.[0]
  const [en, zh] = await Promise.all(languages.map(language => espeakTemplates(language, tools)))
  const ked = await template(festivalVoice(version ?? 'unknown', 'ked_diphone'), 'en', tools)
  const file = { en: [...(en ?? []), ked].map(frozen), zh: (zh ?? []).map(frozen) }
  writeFileSync(new URL('templates.json', import.meta.url), `${JSON.stringify(file, null, 1)}\n`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
