/** Speech-like clips and recordings made from a seed, so that the listener can be tested without a synthesiser. */
import { aLaw } from '../../../src/g711.ts'
import type { KnownClip } from '../../calls/listen/clip-set.ts'

/** Numbers in 0 … 1, the same for the same seed (xorshift, 32 bits). */
export function seededRandom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x1_0000_0000
  }
}

/** A few syllables: harmonics of a gliding pitch under two moving formants, at -22 dBov. The text decides all of it. */
export function artificialClip(text: string, lengthMs: number): KnownClip {
  const random = seededRandom(Array.from(text).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7))
  const samples = new Float32Array(Math.round(lengthMs) * 8)
  const syllableSamples = 1200
  let phase = 0
  let syllable = { pitchHz: 0, firstHz: 0, secondHz: 0, glide: 0 }
  for (let n = 0; n < samples.length; n++) {
    const within = (n % syllableSamples) / syllableSamples
    if (n % syllableSamples === 0) {
      const [pitchHz, firstHz] = [110 + 110 * random(), 250 + 650 * random()]
      syllable = { pitchHz, firstHz, secondHz: 900 + 1700 * random(), glide: 0.4 * (random() - 0.5) }
    }
    const pitchHz = syllable.pitchHz * (1 + syllable.glide * within)
    phase += (2 * Math.PI * pitchHz) / 8000
    let value = 0
    for (let harmonic = 1; harmonic * pitchHz < 3400; harmonic++) {
      const near = (formantHz: number, widthHz: number) => 1 / (1 + ((harmonic * pitchHz - formantHz) / widthHz) ** 2)
      value += (near(syllable.firstHz, 90) + 0.6 * near(syllable.secondHz, 150)) * Math.sin(harmonic * phase)
    }
    samples[n] = value * Math.sin(Math.PI * within) ** 0.5
  }
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
  const gain = Math.sqrt(10 ** -2.2 / power)
  return { name: `en/${text}`, language: 'en', text, samples: aLaw.decode(aLaw.encode(samples.map(s => s * gain))) }
}

export interface Impairments {
  readonly random: () => number
  /** Standard deviation of the line's noise. */
  readonly noise: number
  /** Part of the 20 ms packets that never arrive. */
  readonly loss: number
}

/** What a softphone would record of these clips: each filled up to whole packets, silence around, A-law throughout. */
export function recordingOf(
  played: readonly KnownClip[],
  { random, noise, loss }: Impairments = { random: () => 1, noise: 0, loss: 0 },
): { samples: Float32Array; startsMs: number[] } {
  const all: number[] = new Array(4000).fill(0)
  const startsMs: number[] = []
  for (const { samples } of played) {
    startsMs.push(all.length / 8)
    all.push(...samples, ...new Array((160 - (samples.length % 160)) % 160).fill(0))
  }
  all.push(...new Array(4000).fill(0))
  // The sum of three uniform values is near enough to a normal one; its deviation is 1/2.
  const noisy = Float32Array.from(
    all,
    sample => sample + noise * 2 * (random() + random() + random() - (noise ? 1.5 : 3)),
  )
  for (let packet = 0; packet + 160 <= noisy.length; packet += 160) {
    if (random() < loss) noisy.fill(0, packet, packet + 160)
  }
  return { samples: aLaw.decode(aLaw.encode(noisy)), startsMs }
}
