/**
 * Makes the prompts: every clip of the catalogue that is not in the cache is synthesised, brought to the telephone's band
 * and level, measured, and published with the rest as one generation. A clip that fails its measurement fails the build.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Language, languages, type SpokenName } from '../../languages.ts'
import type { Catalogue } from '../catalogue.ts'
import { currentGeneration, type ManifestClip, readManifest } from '../manifest.ts'
import { fragmentsOf } from '../spoken.ts'
import { type ClipCache, openClipCache } from './clip-cache.ts'
import { type Engine, openEngines } from './engines.ts'
import { faultOf, master } from './master.ts'
import { publish, publishMore } from './publish.ts'
import { RecordingsFaulty, recordingFault } from './recordings.ts'
import { toTelephoneBand } from './telephone-band.ts'
import type { Tool, Tools } from './tools.ts'
import { type WantedClip, type WorkToRender, wantedClips, wantedNames } from './wanted.ts'

/** Clips per ffmpeg process: enough to hide its start, few enough that two processes share the work evenly. */
const batchSize = 40
/** Batches under way at once. */
const workers = 2

export interface RenderOrder {
  readonly catalogue: Catalogue
  /** Proper names that calls may speak: institutions, payees, customers. */
  readonly names: readonly SpokenName[]
  /** What is read to callers besides: whatever information lines sell. */
  readonly works?: readonly WorkToRender[]
  readonly tools: Tools
  /** `prompts/recorded`. */
  readonly recordedFolder: string
  /** `.cache/prompts`: the cache, and one folder per generation. */
  readonly promptsCache: string
  readonly onProgress?: (progress: { done: number; total: number }) => void
}

export interface Rendered {
  /** The published generation's folder. */
  readonly folder: string
  readonly clips: number
  /** How many of them were not in the cache. */
  readonly made: number
}

/** Raised with every clip that is silent, clipped, too short or off the level. */
export class ClipsFaulty extends Error {
  constructor(faults: readonly string[]) {
    super(`${faults.length} clip(s) cannot be published:\n${faults.join('\n')}`)
    this.name = 'ClipsFaulty'
  }
}

/** Renders and publishes. Throws `ClipsFaulty`, `RecordingsFaulty`, or when a program is missing or fails. */
export async function renderCatalogue(order: RenderOrder): Promise<Rendered> {
  const { catalogue, names, works, tools, recordedFolder, promptsCache, onProgress } = order
  const engines = await openEngines(tools)
  const wanted = wantedClips({ catalogue, names, works, engines, recordedFolder })
  const current = publishedAlready(promptsCache, wanted)
  if (current !== undefined) return { folder: current, clips: wanted.length, made: 0 }
  mkdirSync(promptsCache, { recursive: true })
  const cache = openClipCache(join(promptsCache, 'clips'))

  const filling = { engines, tools, promptsCache, ...(onProgress && { onProgress }) }
  const { made, clips } = await fillCache(wanted, cache, filling)
  const folder = publish(promptsCache, {
    clips,
    codesOf: name => cache.read(name).codes,
    aliases: aliases(order, wanted),
  })
  return { folder, clips: wanted.length, made }
}

/**
 * Renders names into the generation in `folder`, which calls are playing from: what a sentence has named so far stays as it
 * is. Throws as `renderCatalogue` does, and then nothing was added.
 */
export async function addNames(
  folder: string,
  names: readonly SpokenName[],
  { tools, promptsCache }: Pick<RenderOrder, 'tools' | 'promptsCache'>,
): Promise<void> {
  const engines = await openEngines(tools)
  const { clips } = readManifest(folder)
  const known = new Set(clips.map(({ name }) => name))
  const wanted = wantedNames(names, engines).filter(({ name }) => !known.has(name))
  if (wanted.length === 0) return
  const cache = openClipCache(join(promptsCache, 'clips'))
  const added = await fillCache(wanted, cache, { engines, tools, promptsCache })
  publishMore(folder, added.clips, name => cache.read(name).codes)
}

interface Filling extends Pick<RenderOrder, 'tools' | 'promptsCache' | 'onProgress'> {
  readonly engines: Readonly<Record<Language, Engine>>
}

interface Filled {
  /** How many clips were not there. */
  readonly made: number
  /** All that are wanted, measured. */
  readonly clips: readonly ManifestClip[]
}

/** Throws `ClipsFaulty`. */
async function fillCache(
  wanted: readonly WantedClip[],
  cache: ClipCache,
  { engines, tools, promptsCache, onProgress = () => {} }: Filling,
): Promise<Filled> {
  const missing = wanted.filter(({ name }) => !cache.has(name))
  let done = wanted.length - missing.length
  onProgress({ done, total: wanted.length })
  const queue = batches(missing)
  const scratch = mkdtempSync(join(promptsCache, 'scratch-'))
  const work = async () => {
    for (let batch = queue.shift(); batch; batch = queue.shift()) {
      await renderBatch({ batch, engines, ffmpeg: tools.ffmpeg, scratch, cache })
      done += batch.length
      onProgress({ done, total: wanted.length })
    }
  }
  try {
    await Promise.all(Array.from({ length: workers }, work))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const clips = measured(wanted, cache)
  const faults = clips.flatMap(clip => {
    const fault = faultOf(clip)
    return fault ? [`${clip.language} "${clip.text}": ${fault}`] : []
  })
  if (faults.length > 0) throw new ClipsFaulty(faults)
  return { made: missing.length, clips }
}

function measured(wanted: readonly WantedClip[], cache: ClipCache): ManifestClip[] {
  return wanted.map(({ name, language, text, source }) => {
    const { durationMs, levelDb, peakDb } = cache.measured(name)
    return { name, language, text, durationMs, levelDb, peakDb, phonemes: cache.read(name).phonemes, source }
  })
}

/** The current generation, if it holds exactly these clips: it was measured when it was published, so nothing is left to do. */
function publishedAlready(promptsCache: string, wanted: readonly WantedClip[]): string | undefined {
  const folder = currentGeneration(promptsCache)
  if (folder === undefined || !existsSync(join(folder, 'manifest.json'))) return undefined
  const summary = (clips: readonly Pick<WantedClip, 'name' | 'language' | 'text'>[]) =>
    JSON.stringify(clips.map(({ name, language, text }) => [name, language, text]))
  return summary(readManifest(folder).clips) === summary(wanted) ? folder : undefined
}

function batches(clips: readonly WantedClip[]): WantedClip[][] {
  const count = Math.ceil(clips.length / batchSize)
  return Array.from({ length: count }, (_, index) => clips.slice(index * batchSize, (index + 1) * batchSize))
}

interface Batch {
  readonly batch: readonly WantedClip[]
  readonly engines: Readonly<Record<'en' | 'zh', Engine>>
  readonly ffmpeg: Tool
  readonly scratch: string
  readonly cache: ClipCache
}

async function renderBatch({ batch, engines, ffmpeg, scratch, cache }: Batch): Promise<void> {
  const jobs: { name: string; wavPath: string; rawPath: string; phonemes: string }[] = []
  for (const { name, language, text, recording } of batch) {
    const path = join(scratch, name.replace('/', '-'))
    const wavPath = recording ?? `${path}.wav`
    const phonemes = recording ? '' : await engines[language].synthesise(text, wavPath)
    jobs.push({ name, wavPath, rawPath: `${path}.raw`, phonemes })
  }
  const sounds = await toTelephoneBand(ffmpeg, jobs)
  const faults = batch.flatMap(({ isPhrase, recording, language, text }, index) => {
    const fault = isPhrase && recordingFault(sounds[index] ?? new Float32Array(), language, text)
    return fault ? [`${recording} ${fault}`] : []
  })
  if (faults.length > 0) throw new RecordingsFaulty(faults)
  jobs.forEach(({ name, phonemes }, index) => {
    cache.write(name, { codes: master(sounds[index] ?? new Float32Array()), phonemes })
  })
}

/** The plain dialplan plays these without an application to ask, so that their clips need names that never change. */
const fixedPhrases = ['apology', 'busy', 'unknown-number', 'emergency'] as const

function aliases({ catalogue }: RenderOrder, wanted: readonly WantedClip[]): Map<string, string> {
  return new Map(
    languages.flatMap(language =>
      fixedPhrases.map((key): [string, string] => {
        const phrase = catalogue[language].get(key)
        const fragments = phrase ? fragmentsOf(phrase) : []
        const clip = wanted.find(each => each.language === language && each.text === fragments[0])
        if (!clip || fragments.length !== 1) throw new Error(`${language} ${key} must be one phrase without slots`)
        return [`${language}/${key}`, clip.name]
      }),
    ),
  )
}
