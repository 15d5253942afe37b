/** Ten digits by each voice: the templates' synthesisers, the candidates, and the recorded reference. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { aLaw } from '../../src/g711.ts'
import type { Language } from '../../src/languages.ts'
import { openEngines } from '../../src/speech/render/engines.ts'
import { master } from '../../src/speech/render/master.ts'
import { toTelephoneBand } from '../../src/speech/render/telephone-band.ts'
import { run, type Tool, type Tools } from '../../src/speech/render/tools.ts'
import { grammars } from '../../src/speech/spoken.ts'

/** By word, 8 kHz, cut and levelled as every clip is. */
export type SpokenDigits = ReadonlyMap<string, Float32Array>

export interface DigitVoice {
  readonly name: string
  /** Writes the word to `wavPath`, or returns where there is a file that says it. */
  readonly say: (word: string, wavPath: string) => Promise<string | undefined>
}

/** From 0 to 9, as the product's grammar says them. */
export const digitWords = (language: Language): readonly string[] => grammars[language].digits('0123456789')

/** What a candidate or a template says; throws where its program is missing. */
export async function digitsOf(voice: DigitVoice, language: Language, tools: Tools): Promise<SpokenDigits> {
  const scratch = mkdtempSync(join(tmpdir(), 'tonebank-ear-'))
  try {
    const jobs: { wavPath: string; rawPath: string }[] = []
    for (const [digit, word] of digitWords(language).entries()) {
      const own = join(scratch, `${digit}.wav`)
      jobs.push({ wavPath: (await voice.say(word, own)) ?? own, rawPath: join(scratch, `${digit}.raw`) })
    }
    const sounds = await toTelephoneBand(tools.ffmpeg, jobs)
    return new Map(
      digitWords(language).map((word, at) => [word, aLaw.decode(master(sounds[at] ?? new Float32Array()))]),
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What callers hear. */
export async function productVoice(language: Language, tools: Tools): Promise<DigitVoice> {
  const engine = (await openEngines(tools))[language]
  return { name: engine.id, say: async (word, wavPath) => void (await engine.synthesise(`${word},`, wavPath)) }
}

export function fliteVoice(tool: Tool, voice: string): DigitVoice {
  const say = async (word: string, wavPath: string) =>
    void (await run(tool, ['-voice', voice, '-o', wavPath], `${word},\n`))
  return { name: `flite ${voice}`, say }
}

export function espeakVoice(tool: Tool, version: string, voice: string, wordsPerMinute = 150): DigitVoice {
  return {
    name: `espeak-ng ${version} ${voice}`,
    say: async (word, wavPath) =>
      void (await run(tool, ['-v', voice, '-s', `${wordsPerMinute}`, '-b', '1', '-w', wavPath, '--stdin'], `${word},`)),
  }
}

/** Debian's `festival`, with a voice of `festvox-…`. */
export function festivalVoice(version: string, voice: string): DigitVoice {
  const text2wave: Tool = { command: 'text2wave', args: [], env: {} }
  return {
    name: `festival ${version} ${voice}`,
    say: async (word, wavPath) =>
      void (await run(text2wave, ['-eval', `(voice_${voice})`, '-o', wavPath], `${word},\n`)),
  }
}

/** Asterisk's own English digits, spoken by a woman in a studio. */
export function recordedReference(asteriskShare: string): DigitVoice {
  const files = digitWords('en')
  return { name: 'recorded', say: async word => join(asteriskShare, 'sounds-en/digits', `${files.indexOf(word)}.wav`) }
}
