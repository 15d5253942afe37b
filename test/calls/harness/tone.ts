/** Tones to tell clips apart by ear: each test clip is a tone of its own, and what a phone heard is a list of tones. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { aLaw } from '../../../src/g711.ts'
import { sampleRate } from './wav.ts'

/** Writes a clip as the speech builder does: raw A-law (G.711). */
export function writeToneClip(path: string, frequencyHz: number, seconds: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const tone = Float32Array.from(
    { length: seconds * sampleRate },
    (_, index) => 0.25 * Math.sin((2 * Math.PI * frequencyHz * index) / sampleRate),
  )
  writeFileSync(path, aLaw.encode(tone))
}

/** The tones in a recording, in order, each once: the strongest of `candidatesHz` in every 40 ms that is not silent. */
export function tonesIn(samples: Int16Array, candidatesHz: readonly number[]): number[] {
  const block = (sampleRate * 40) / 1000
  const heard: number[] = []
  for (let start = 0; start + block <= samples.length; start += block) {
    const piece = samples.subarray(start, start + block)
    if (piece.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0) < 1000) continue
    const [strongest] = candidatesHz.toSorted((a, b) => energyAt(piece, b) - energyAt(piece, a))
    if (strongest !== undefined && heard.at(-1) !== strongest) heard.push(strongest)
  }
  return heard
}

/** One bin of the discrete Fourier transform. */
function energyAt(samples: Int16Array, frequencyHz: number): number {
  let real = 0
  let imaginary = 0
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * frequencyHz * index) / sampleRate
    real += sample * Math.cos(angle)
    imaginary += sample * Math.sin(angle)
  }
  return real ** 2 + imaginary ** 2
}
