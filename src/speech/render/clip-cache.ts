/**
 * Clips that were rendered before, by name: `clips/en/4f09ab12cd.alaw` and, beside it, the phonemes and what was measured of it. As
 * the name is a hash of all that decides the sound, a clip in here never goes stale.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type Measured, masterVersion, measure } from './master.ts'

export interface CachedClip {
  readonly codes: Uint8Array
  readonly phonemes: string
}

export interface ClipCache {
  has(name: string): boolean
  read(name: string): CachedClip
  /** Of the bytes as they are now: a clip is measured again only when it is another than was measured last. */
  measured(name: string): Measured
  /** Whole or not at all, so that a build that was killed leaves nothing half-written behind. */
  write(name: string, clip: CachedClip): void
}

const noted = z.object({ of: z.string(), durationMs: z.number(), levelDb: z.number(), peakDb: z.number() })

export function openClipCache(folder: string): ClipCache {
  const path = (name: string, extension: string) => join(folder, `${name}.${extension}`)
  const put = (target: string, content: string | Uint8Array) => {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(`${target}.${process.pid}`, content)
    renameSync(`${target}.${process.pid}`, target)
  }
  const codesOf = (name: string) => readFileSync(path(name, 'alaw'))
  return {
    // The sound is written last: where it is, the phonemes are too.
    has: name => existsSync(path(name, 'alaw')),
    read: name => ({ codes: codesOf(name), phonemes: readFileSync(path(name, 'phonemes'), 'utf8') }),
    measured(name) {
      const codes = codesOf(name)
      const of = `${masterVersion} ${createHash('sha256').update(codes).digest('hex')}`
      const note = path(name, 'measured.json')
      if (existsSync(note)) {
        const known = noted.parse(JSON.parse(readFileSync(note, 'utf8')))
        if (known.of === of) return known
      }
      const result = measure(codes)
      // A silent clip has no level: it is refused each time.
      if (Number.isFinite(result.levelDb)) put(note, JSON.stringify({ of, ...result }))
      return result
    },
    write(name, { codes, phonemes }) {
      put(path(name, 'phonemes'), phonemes)
      put(path(name, 'alaw'), codes)
    },
  }
}
