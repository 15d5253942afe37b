/** How well our digits are understood, by an ear that shares nothing with them, as `npm run bench -- ear` measures at greater length. */
import { expect, it } from 'vitest'
import { openEar } from '../../../bench/ear/ear.ts'
import { espeakTemplates } from '../../../bench/ear/freeze.ts'
import { codedValues, frozen, frozenVoices, templatesOf } from '../../../bench/ear/frozen.ts'
import { errorsOf, meetsGoal } from '../../../bench/ear/measure.ts'
import { digitsOf, productVoice, recordedReference } from '../../../bench/ear/voices.ts'
import { readTools } from '../../../setup/tools.mjs'
import { loadTools } from '../../../src/speech/render/tools.ts'

const tools = loadTools('.cache/tools.json')

it('English digits are mistaken hardly more often than recorded ones', async () => {
  const ear = openEar(templatesOf('en'))
  const [ours, theirs] = [await productVoice('en', tools), recordedReference(readTools(process.cwd()).asteriskShare)]
  const reference = errorsOf(ear, await digitsOf(theirs, 'en', tools), 10)
  expect(meetsGoal(errorsOf(ear, await digitsOf(ours, 'en', tools), 10), reference)).toBe(true)
  // An ear that guesses is wrong nine times in ten, and would find all voices alike.
  expect(reference.percent).toBeLessThan(60)
})

it('the frozen templates are what the command makes, where espeak-ng has their version', async () => {
  const kept = new Map(frozenVoices().zh.map(voice => [voice.name, voice]))
  const made = (await espeakTemplates('zh', tools))
    .map(frozen)
    // Of this throat something is random: another file each time.
    .filter(({ name }) => kept.has(name) && !name.endsWith('+f2'))
  expect(made.length === 0 || made.length === kept.size - 1).toBe(true)
  for (const { name, words } of made) {
    for (const [word, coded] of Object.entries(words)) {
      const [now, then] = [codedValues(coded), codedValues(kept.get(name)?.words[word] ?? '')]
      expect(now).toHaveLength(then.length)
      // Rounding may be another on another processor.
      const apart = now.reduce((sum, value, at) => sum + Math.abs(value - (then[at] ?? 0)), 0) / now.length
      expect(apart).toBeLessThan(0.5)
    }
  }
})
