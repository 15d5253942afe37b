/** Recordings that take the place of the synthesiser: which text a file says, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Language } from '../../../src/languages.ts'
import { recordingFault, recordingsIn } from '../../../src/speech/render/recordings.ts'
import { loadCatalogue } from '../../../src/speech/speech.ts'
import { grammars } from '../../../src/speech/spoken.ts'

const catalogue = loadCatalogue(fileURLToPath(new URL('../../../prompts', import.meta.url)))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tonebank-recordings-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(folder, name), '')
}
const found = (language: Language) => [...recordingsIn(folder, catalogue, language).keys()]
const digitFiles = (language: Language) => grammars[language].digits('0123456789').map(word => `word.${word}.wav`)

describe('a recording', () => {
  it('says the phrase, the part of a phrase or the word that its name tells', () => {
    put('language.choose.wav', 'voucher.number.1.wav', 'word.hundred.wav', 'notes.txt')
    expect(found('en')).toEqual(['For English, press 1.', expect.stringContaining('number'), 'hundred,'])
  })

  it.each(['nothing.wav', 'resumed.sold.wav', 'voucher.number.9.wav', 'word.gazillion.wav'])(
    'named %s belongs to no phrase',
    name => {
      put(name)
      expect(() => found('en')).toThrow(`${join(folder, name)} belongs to no phrase.`)
    },
  )

  it.each<Language>(['en', 'zh'])('of the digits is there for all ten or for none: %s', language => {
    const [zero = '', ...others] = digitFiles(language)
    put(...others)
    expect(() => found(language)).toThrow(`lacks ${zero}: all ten digits are recorded or none`)
    put(zero)
    expect(found(language)).toHaveLength(10)
  })
})

describe('what is heard in it', () => {
  const tone = (amplitude: number, ms: number) =>
    Float32Array.from({ length: ms * 8 }, (_, n) =>
      Math.max(-1, Math.min(1, amplitude * Math.sin((2 * Math.PI * 440 * n) / 8000))),
    )
  const silence = new Float32Array(4000)

  it.each([
    ['a word', tone(0.3, 400), undefined],
    ['a soft one', tone(0.02, 400), undefined],
    ['a slow one', tone(0.3, 950), undefined],
    ['nothing', silence, 'is silent.'],
    ['hardly anything', tone(0.005, 400), 'is too soft: -49.0 dBov'],
    ['too loud a voice', tone(1.5, 400), 'is clipped'],
    ['the beginning of a word', tone(0.3, 70), 'speaks for 70 ms, where “seven,” takes'],
    ['a sentence', tone(0.3, 1400), 'speaks for 1400 ms, where “seven,” takes'],
  ])('is %s', (_, samples, fault) => {
    const said = recordingFault(new Float32Array([...silence, ...samples, ...silence]), 'en', 'seven,')
    if (fault === undefined) expect(said).toBeUndefined()
    else expect(said).toContain(fault)
  })

  it('is measured against its own phrase', () => {
    const long = 'Nobody has the number you dialled. Please check it and call again. Goodbye.'
    expect(recordingFault(tone(0.3, 4000), 'en', long)).toBeUndefined()
    expect(recordingFault(tone(0.3, 1000), 'en', long)).toContain('speaks for 1000 ms')
  })
})
