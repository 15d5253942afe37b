/**
 * The last steps of a clip: cut to what is heard, brought to the one level that all clips share, coded as A-law, and
 * measured again as the caller will hear it.
 */
import { aLaw } from '../../g711.ts'
import { measureLevel, sampleRateHz } from './level.ts'

/** Active level of every clip, in dBov. P.56 speech peaks 12–18 dB above it, which stays clear of clipping. */
export const targetDb = -22

/** Part of each clip's name: raise it when this file changes what comes out. */
export const masterVersion = 2

const leadMs = 15
const tailMs = 45
const fadeMs = 4

/** Trims, levels and codes one clip's samples (8 kHz, -1 … 1). */
export function master(samples: Float32Array): Uint8Array {
  const { begin, end, activeDb } = measureLevel(samples)
  const cut = samples.slice(Math.max(0, begin - toSamples(leadMs)), Math.min(samples.length, end + toSamples(tailMs)))
  const gain = Number.isFinite(activeDb) ? 10 ** ((targetDb - activeDb) / 20) : 1
  const fade = toSamples(fadeMs)
  const levelled = cut.map((sample, at) => sample * gain * Math.min(1, (at + 1) / fade, (cut.length - at) / fade))
  return aLaw.encode(levelled)
}

const toSamples = (ms: number): number => (ms * sampleRateHz) / 1000

export interface Measured {
  readonly durationMs: number
  readonly levelDb: number
  readonly peakDb: number
}

/** What the caller gets to hear of a coded clip. */
export function measure(codes: Uint8Array): Measured {
  const { activeDb, peak } = measureLevel(aLaw.decode(codes))
  return {
    durationMs: (codes.length * 1000) / sampleRateHz,
    levelDb: round(activeDb),
    peakDb: round(20 * Math.log10(peak)),
  }
}

const round = (db: number): number => Math.round(db * 100) / 100

/** Clips lie within ±1 dB of each other when each lies this close to the target. */
const toleranceDb = 0.5
const shortestMs = 90

/** What is wrong with a coded clip, if anything: silent, clipped, too loud or too soft. */
export function faultOf({ durationMs, levelDb, peakDb }: Measured): string | undefined {
  if (!(levelDb > -60)) return 'silent'
  if (durationMs < shortestMs) return `only ${durationMs} ms long`
  if (peakDb >= round(20 * Math.log10(aLaw.peak))) return 'clipped'
  if (Math.abs(levelDb - targetDb) > toleranceDb) return `at ${levelDb} dBov, ${targetDb} ± ${toleranceDb} wanted`
  return undefined
}
