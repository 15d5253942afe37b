/**
 * The synthesisers. English is flite's `slt`, a recorded woman's voice; Mandarin is espeak-ng, the only one in Debian that
 * knows tones and their sandhi. Both also tell the phonemes they spoke, from which `prompts/phonemes.tsv` is made.
 */
import type { Language } from '../../languages.ts'
import { run, type Tool, type Tools } from './tools.ts'

export interface Engine {
  /** Program, version, voice and settings: everything that decides how a text sounds. */
  readonly id: string
  /** Returns the text's phonemes in the engine's own notation, and writes the speech to `wavPath` if there is one. */
  synthesise(text: string, wavPath?: string): Promise<string>
}

export async function openEngines(tools: Tools): Promise<Readonly<Record<Language, Engine>>> {
  const [en, zh] = await Promise.all([flite(tools.flite), espeak(tools['espeak-ng'])])
  return { en, zh }
}

async function flite(tool: Tool): Promise<Engine> {
  // flite ends with 1 after telling its version.
  const version = versionIn('flite', await run(tool, ['--version'], '', [0, 1]))
  return {
    id: `flite ${version} slt`,
    async synthesise(text, wavPath) {
      // Without the line's end flite swallows a last sentence of one word: "Thank you for calling." and no "Goodbye."
      const phonemes = await run(tool, ['-voice', 'slt', '-ps', '-o', wavPath ?? 'none'], `${text}\n`)
      return tidy(phonemes.replace(/\bpau\b/g, ' '))
    },
  }
}

/** A little slower than espeak-ng's usual 175 words a minute: digits are written down as they are heard. */
const wordsPerMinute = '165'

async function espeak(tool: Tool): Promise<Engine> {
  const version = versionIn('espeak-ng', await run(tool, ['--version'], ''))
  // In 1.51 `cmn` spells characters out; its voice for Latin pinyin reads both. From 1.52 on the two agree.
  const voice = version.localeCompare('1.52', 'en', { numeric: true }) < 0 ? 'cmn-latn-pinyin' : 'cmn'
  return {
    id: `espeak-ng ${version} ${voice} ${wordsPerMinute}`,
    async synthesise(text, wavPath) {
      const sound = wavPath === undefined ? ['-q'] : ['-w', wavPath]
      const args = ['-v', voice, '-s', wordsPerMinute, '-b', '1', '-x', ...sound, '--stdin']
      return tidy((await run(tool, args, pinyin(text))).replace(/[_|:]+/g, ' '))
    },
  }
}

/** `重[chong2]新` → `chong2新`: where a reading is written, the synthesiser gets it in place of the character. */
function pinyin(text: string): string {
  return text.replace(/\p{Script=Han}\[([a-z]+[1-5])\]/gu, '$1')
}

function versionIn(program: string, answer: string): string {
  const version = /\d+\.\d+(\.\d+)*/.exec(answer)?.[0]
  if (!version) throw new Error(`${program} does not tell its version`)
  return version
}

const tidy = (phonemes: string): string => phonemes.replace(/\s+/g, ' ').trim()
