/**
 * An ear that was never trained on the voices it judges: it hears sounds of one speaker, takes to that speaker's throat and line, and finds
 * each sound's word among templates of other speakers by time warping.
 */
import { adapted, type Cepstra, cepstraOf } from './features.ts'
import { distance, type Track, trackOf } from './warping.ts'

export interface TemplateVoice {
  readonly name: string
  /** By word; adapted to its speaker. */
  readonly words: ReadonlyMap<string, Cepstra>
}

export interface Ear {
  /**
   * The word in each of one speaker's sounds (8 kHz, -1 … 1), `undefined` where none is understood. They must be several, of
   * different words: what they have in common is taken to be the speaker.
   */
  read(sounds: readonly Float32Array[]): (string | undefined)[]
}

/** How much shorter a throat may be than that of the templates' speakers: men, most of them. */
const warps = [0.85, 0.92, 1, 1.08, 1.16, 1.24]
/** A word is as near as the nearest so many voices say it. */
const nearest = 2
/** Farther than any digit that is understood: no word. */
const farthest = 2.1

export function openEar(voices: readonly TemplateVoice[]): Ear {
  const words = [...(voices[0]?.words.keys() ?? [])]
  const templates = new Map<string, Track[]>(
    words.map(word => [word, voices.map(({ words }) => trackOf(words.get(word) ?? []))]),
  )
  const nearestOf = (sound: Track): Heard =>
    words
      .map(
        (word): Heard => ({
          word,
          distance: meanOfLeast((templates.get(word) ?? []).map(each => distance(sound, each))),
        }),
      )
      .reduce((best, each) => (each.distance < best.distance ? each : best), {
        word: '',
        distance: Number.POSITIVE_INFINITY,
      })
  return {
    read(sounds) {
      const readings = warps.map(warp =>
        adapted(sounds.map(each => cepstraOf(each, warp))).map(each => nearestOf(trackOf(each))),
      )
      const misfit = (heard: readonly Heard[]) =>
        heard.reduce((sum, each) => sum + Math.min(each.distance, 2 * farthest), 0)
      const best = readings.reduce((best, each) => (misfit(each) < misfit(best) ? each : best))
      return best.map(each => (each.distance <= farthest ? each.word : undefined))
    },
  }
}

interface Heard {
  readonly word: string
  readonly distance: number
}

function meanOfLeast(distances: readonly number[]): number {
  const least = [...distances].sort((a, b) => a - b).slice(0, nearest)
  return least.reduce((sum, each) => sum + each, 0) / least.length
}
