/**
 * The whole catalogue rendered from nothing by the real synthesisers: in time, on one level, saying what the checked
 * table says, and told apart by the listener. Nothing is skipped where the synthesisers are missing: it fails.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aLaw } from '../../../src/g711.ts'
import { writeWav } from '../../../src/modem/tools/wav.ts'
import { money, yuan } from '../../../src/money.ts'
import { Secret } from '../../../src/secret.ts'
import { currentGeneration, type Manifest, readManifest } from '../../../src/speech/manifest.ts'
import { openClipCache } from '../../../src/speech/render/clip-cache.ts'
import { keepGeneration } from '../../../src/speech/render/publish.ts'
import { addNames, ClipsFaulty, type Rendered, renderCatalogue } from '../../../src/speech/render/render.ts'
import { loadTools } from '../../../src/speech/render/tools.ts'
import { renderedVoice } from '../../../src/speech/rendered-voice.ts'
import { type Language, loadCatalogue, openSpeech, utterance } from '../../../src/speech/speech.ts'
import { loadClipSet } from '../../calls/listen/clip-set.ts'
import { digitsIn } from '../../calls/listen/digits.ts'
import { listen } from '../../calls/listen/listen.ts'
import { recordingOf, seededRandom } from '../../unit/listen/artificial.ts'
import { pad } from '../modem/line/impairments.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const catalogue = loadCatalogue(at('prompts'))
const tools = loadTools(at('.cache/tools.json'))
const lantern = { en: 'Lantern Books', zh: '灯笼书店' }

const promptsCache = mkdtempSync(join(tmpdir(), 'tonebank-prompts-'))
const order = { catalogue, names: [lantern], tools, recordedFolder: at('prompts/recorded'), promptsCache }
let rendered: Rendered
let manifest: Manifest
let tookMs: number

beforeAll(async () => {
  const startedMs = performance.now()
  rendered = await renderCatalogue(order)
  tookMs = performance.now() - startedMs
  manifest = readManifest(rendered.folder)
  // As a clip's name tells all that decides its sound, real calls need not render them again.
  const made = openClipCache(join(promptsCache, 'clips'))
  const kept = openClipCache(at('.cache/prompts/clips'))
  for (const { name } of manifest.clips) if (!kept.has(name)) kept.write(name, made.read(name))
}, 300_000)

afterAll(() => rmSync(promptsCache, { recursive: true, force: true }))

describe('the prompts', () => {
  it('render from nothing in a minute or two, and in four where others have the machine', () => {
    expect(rendered.made).toBe(rendered.clips)
    expect(tookMs).toBeLessThan(240_000)
  })

  it('lie within 1 dB of each other, none clipped, none silent', () => {
    const levels = manifest.clips.map(({ levelDb }) => levelDb)
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThanOrEqual(1)
    expect(Math.max(...manifest.clips.map(({ peakDb }) => peakDb))).toBeLessThan(-0.5)
    expect(Math.min(...manifest.clips.map(({ durationMs }) => durationMs))).toBeGreaterThan(90)
  })

  it('say what the checked table says: else read `npm run phonemes` aloud', () => {
    const rows = readFileSync(at('prompts/phonemes.tsv'), 'utf8').trim().split('\n').slice(1)
    const named = new Set(Object.values(lantern).map(name => `${name},`))
    const said = manifest.clips.filter(({ text, source }) => !named.has(text) && !source.startsWith('recorded'))
    expect(said.map(({ language, text, phonemes }) => `${language}\t${text}\t${phonemes}`)).toEqual(rows)
  })

  it('are one byte a sample, with the fixed name that the dialplan plays', () => {
    for (const { name, durationMs } of manifest.clips) {
      expect(statSync(join(rendered.folder, `${name}.alaw`)).size).toBe(durationMs * 8)
    }
    for (const language of ['en', 'zh']) {
      expect(statSync(join(rendered.folder, `${language}/apology.alaw`)).size).toBeGreaterThan(8000)
    }
  })

  it('are taken from the cache the second time, and are the current generation', async () => {
    const again = await renderCatalogue(order)
    expect(again).toEqual({ ...rendered, made: 0 })
    expect(currentGeneration(promptsCache)).toBe(rendered.folder)
  })

  it('get a clip for a new name without rendering the rest', async () => {
    const more = await renderCatalogue({ ...order, names: [lantern, { en: 'Li Wei', zh: '李伟' }] })
    expect(more.made).toBe(2)
    expect(more.folder).not.toBe(rendered.folder)
  })

  it('get names while calls are playing from them', async () => {
    const name = { en: 'Zhao Lin', zh: '赵琳' }
    const voice = renderedVoice(rendered.folder)
    const speech = openSpeech({ catalogue, voice })
    const hello = utterance('sign-in.hello', { customer: name })
    const before = speech.clips('zh', hello)
    const broken = { ...tools, ffmpeg: { ...tools.ffmpeg, path: '/bin/false' } }
    await expect(addNames(rendered.folder, [name], { tools: broken, promptsCache })).rejects.toThrow()
    expect(readManifest(rendered.folder)).toEqual(manifest)
    await addNames(rendered.folder, [name], order)
    await addNames(rendered.folder, [name], order)
    expect(speech.clips('zh', hello)).toEqual(before)
    voice.readAgain()
    for (const language of ['en', 'zh'] as const) {
      const clip = voice.clip(language, `${name[language]},`)
      expect(speech.clips(language, hello)).toContainEqual(clip)
      expect(statSync(join(rendered.folder, `${clip?.name}.alaw`)).size).toBe((clip?.durationMs ?? 0) * 8)
    }
    expect(readManifest(rendered.folder).clips).toHaveLength(manifest.clips.length + 2)
  })

  it('are refused when a clip of the cache is spoilt', async () => {
    const victim = manifest.clips.find(({ text }) => text === 'seven,')
    const path = join(promptsCache, 'clips', `${victim?.name}.alaw`)
    const before = readFileSync(path)
    writeFileSync(path, new Uint8Array(8000).fill(aLaw.silence))
    await expect(renderCatalogue(order)).rejects.toSatisfy(
      error => error instanceof ClipsFaulty && error.message.includes('en "seven,": silent'),
    )
    writeFileSync(path, before)
  })
})

describe('recorded digits', () => {
  // Generations of their own, as the others' are counted, from the same clips.
  const ownCache = mkdtempSync(join(tmpdir(), 'tonebank-recorded-'))
  const recordedFolder = join(ownCache, 'recorded')
  const ownOrder = { ...order, recordedFolder, promptsCache: ownCache }
  beforeAll(() => symlinkSync(join(promptsCache, 'clips'), join(ownCache, 'clips')))
  afterAll(() => rmSync(ownCache, { recursive: true, force: true }))
  const digits = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
  const record = (gain: number) => {
    mkdirSync(join(recordedFolder, 'en'), { recursive: true })
    for (const word of digits) {
      const clip = manifest.clips.find(({ text }) => text === `${word},`)
      const samples = aLaw.decode(readFileSync(join(rendered.folder, `${clip?.name}.alaw`)))
      const padded = pad(
        samples.map(sample => Math.max(-1, Math.min(1, gain * sample))),
        4000,
        4000,
      )
      writeFileSync(join(recordedFolder, 'en', `word.${word}.wav`), writeWav(padded))
    }
  }

  it('take the place of the synthesised ones, trimmed and on the same level', async () => {
    record(0.3)
    const own = await renderCatalogue(ownOrder)
    const clips = readManifest(own.folder).clips.filter(({ source }) => source.startsWith('recorded'))
    expect(clips.map(({ text }) => text).sort()).toEqual(digits.map(word => `${word},`).sort())
    for (const { text, levelDb, durationMs, source } of clips) {
      expect(source).toBe(`recorded word.${text.slice(0, -1)}.wav`)
      expect(Math.abs(levelDb + 22)).toBeLessThan(0.5)
      expect(durationMs).toBeLessThan(900)
    }
  })

  it('are refused, and nothing is published, when they were recorded too loud', async () => {
    const before = currentGeneration(ownCache)
    expect(before).toBeDefined()
    record(40)
    await expect(renderCatalogue(ownOrder)).rejects.toThrow(/word\.\w+\.wav is clipped/)
    expect(currentGeneration(ownCache)).toBe(before)
  })
})

describe.each<Language>(['en', 'zh'])('a caller who hears %s', language => {
  const every = [...'0123456789']
  it.each([
    { pace: 'to write', fastest: 2.3, shortestMs: 1000 },
    { pace: 'slow', fastest: 1.4, shortestMs: 2000 },
  ] as const)(
    'is told number and password $pace: at most $fastest digits a second',
    ({ pace, fastest, shortestMs }) => {
      const speech = openSpeech({ catalogue, voice: renderedVoice(rendered.folder) })
      for (const digits of ['0123456789504832', ...every.map(digit => digit.repeat(16))]) {
        const number = { ...utterance('voucher.number', { number: digits }), pace }
        const password = { ...utterance('voucher.password', { password: new Secret(digits.slice(0, 8)) }), pace }
        const told = playedAt(speech.clips(language, number))
        const [groups, passwordGroups] = [groupsIn(told), groupsIn(playedAt(speech.clips(language, password)))]
        expect(groups.map(group => group.length)).toEqual([4, 4, 4, 4])
        expect(passwordGroups).toEqual(shifted(groups.slice(0, 2), passwordGroups))
        for (const [first, , , last] of groups) {
          expect(3000 / ((last?.startsMs ?? 0) - (first?.startsMs ?? 0))).toBeLessThanOrEqual(fastest)
        }
        for (const [index, group] of groups.entries()) {
          if (index === 0) continue
          expect((group[0]?.startsMs ?? 0) - (groups[index - 1]?.[3]?.endsMs ?? 0)).toBeGreaterThanOrEqual(shortestMs)
        }
      }
    },
  )

  it('can write down number, password and amount from the sound alone', () => {
    const speech = openSpeech({ catalogue, voice: renderedVoice(rendered.folder) })
    const clips = loadClipSet(rendered.folder)
    const random = seededRandom(20261122)
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
    const [number, password] = [digits(16), digits(8)]
    const said = [
      utterance('buy.confirm', { amount: money(12_050n), payee: lantern }),
      utterance('voucher.number', { number }),
      utterance('voucher.password', { password: new Secret(password) }),
      utterance('balance.told', { balance: yuan(123_456n) }),
    ].flatMap(each => speech.clips(language, each))
    const played = said.map(({ name }) => ({
      ...{ name, language, text: name },
      samples: aLaw.decode(readFileSync(join(rendered.folder, `${name}.alaw`))),
    }))
    const { samples } = recordingOf(played, { random, noise: 0.004, loss: 0.03 })

    const heard = listen(samples, clips)
    const spokenNames = said.map(({ name }) => name).filter(name => !name.startsWith('silence/'))
    expect(heard.map(each => (each.kind === 'clip' ? each.clip.name : 'unknown'))).toEqual(spokenNames)
    const rows = digitsIn(heard)
    const told = rows.filter(({ announcedBy }) => /number is,|password is,|是,$/.test(announcedBy ?? ''))
    expect(told.map(row => row.digits).slice(0, 2)).toEqual([number, password])
    expect(Math.min(...told.map(row => row.smallestMargin))).toBeGreaterThan(0.1)
  })
})

interface Played {
  readonly name: string
  readonly startsMs: number
  readonly endsMs: number
}

/** When each clip plays, by the samples in its file. */
function playedAt(clips: readonly { readonly name: string }[]): Played[] {
  let ms = 0
  return clips.map(({ name }) => {
    const startsMs = ms
    ms += statSync(join(rendered.folder, `${name}.alaw`)).size / 8
    return { name, startsMs, endsMs: ms }
  })
}

/** The digits among what is played, parted where nothing is said for a second or more. */
function groupsIn(played: readonly Played[]): Played[][] {
  const groups: Played[][] = []
  for (const clip of played) {
    if (!isDigit(clip.name)) continue
    const last = groups.at(-1)?.at(-1)
    if (!last || clip.startsMs - last.endsMs >= 1000) groups.push([])
    groups.at(-1)?.push(clip)
  }
  return groups
}

function isDigit(name: string): boolean {
  const text = manifest.clips.find(clip => clip.name === name)?.text ?? ''
  return /^(zero|one|two|three|four|five|six|seven|eight|nine|[零幺二三四五六七八九]),$/.test(text)
}

/** The same times, counted from another beginning. */
function shifted(groups: readonly Played[][], like: readonly Played[][]): Played[][] {
  const byMs = (like[0]?.[0]?.startsMs ?? 0) - (groups[0]?.[0]?.startsMs ?? 0)
  return groups.map(group =>
    group.map(({ name, startsMs, endsMs }) => ({ name, startsMs: startsMs + byMs, endsMs: endsMs + byMs })),
  )
}

// Last, as it makes the cache forget what the others look at.
it('clips stay with an installation when others have made newer ones', async () => {
  const own = keepGeneration(rendered.folder, join(promptsCache, 'own/sounds'))
  const before = readManifest(own)
  for (const en of ['One', 'Two', 'Three']) await renderCatalogue({ ...order, names: [{ en, zh: '李伟' }] })
  expect(existsSync(rendered.folder)).toBe(false)
  expect(readManifest(own)).toEqual(before)
  for (const { name, durationMs } of before.clips) {
    expect(statSync(join(own, `${name}.alaw`)).size).toBe(durationMs * 8)
  }
  expect(statSync(join(own, 'en/apology.alaw')).size).toBeGreaterThan(8000)
  expect(statSync(join(own, 'silence')).isDirectory()).toBe(true)
})
