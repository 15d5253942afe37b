/**
 * Clips that were rendered before, by name: `clips/en/4f09ab12cd.alaw` and, beside it, the phonemes. As the name is a
 * hash of all that decides the sound, a clip in here never goes stale.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface CachedClip {
  readonly codes: Uint8Array
  readonly phonemes: string
}

export interface ClipCache {
  has(name: string): boolean
  read(name: string): CachedClip
  /** Whole or not at all, so that a build that was killed leaves nothing half-written behind. */
  write(name: string, clip: CachedClip): void
}

export function openClipCache(folder: string): ClipCache {
  const path = (name: string, extension: string) => join(folder, `${name}.${extension}`)
  const put = (target: string, content: string | Uint8Array) => {
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(`${target}.${process.pid}`, content)
    renameSync(`${target}.${process.pid}`, target)
  }
  return {
    // The sound is written last: where it is, the phonemes are too.
    has: name => existsSync(path(name, 'alaw')),
    read: name => ({ codes: readFileSync(path(name, 'alaw')), phonemes: readFileSync(path(name, 'phonemes'), 'utf8') }),
    write(name, { codes, phonemes }) {
      put(path(name, 'phonemes'), phonemes)
      put(path(name, 'alaw'), codes)
    },
  }
}
