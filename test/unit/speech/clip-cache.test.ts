/** What is kept of clips that were rendered before. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { openClipCache } from '../../../src/speech/render/clip-cache.ts'
import { measure } from '../../../src/speech/render/master.ts'

const folder = mkdtempSync(join(tmpdir(), 'tonebank-clips-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const toneOf = (peak: number) =>
  aLaw.encode(Float32Array.from({ length: 4_000 }, (_, at) => peak * Math.sin((2 * Math.PI * 440 * at) / 8_000)))

it('a clip is measured once, and again when its bytes are others', () => {
  const cache = openClipCache(folder)
  const [loud, soft] = [toneOf(0.2), toneOf(0.05)]
  cache.write('en/tone', { codes: loud, phonemes: 't oU n' })
  expect(cache.measured('en/tone')).toMatchObject(measure(loud))

  const note = join(folder, 'en/tone.measured.json')
  writeFileSync(note, readFileSync(note, 'utf8').replace(/"peakDb":[^,}]*/, '"peakDb":-99'))
  expect(cache.measured('en/tone')).toMatchObject({ peakDb: -99 })

  cache.write('en/tone', { codes: soft, phonemes: 't oU n' })
  expect(cache.measured('en/tone')).toMatchObject(measure(soft))
})
