/**
 * Turns bits into a line signal: binary FSK with continuous phase and transitions at their exact instants.
 *
 * A symbol lasts 8000/1200 = 6⅔ samples, so a transition nearly always falls between two samples. Each sample takes the
 * phase of the continuous-time signal at its own instant; rounding transitions to samples would cost 0.5 dB in a receiver
 * that follows the phase (and is what most soft modems do).
 */
import { type LineMode, SAMPLE_RATE, symbolSamples } from './modes.ts'

export interface SignalShape {
  /** Power of the signal in dBm0. A sine that just fills the G.711 A-law range has +3.14 dBm0 (ITU-T G.711, table 5). */
  readonly levelDbm0?: number
  /** How much stronger the mark tone is than the space tone, in dB; the mean level stays. Makes up for a line that favours one. */
  readonly twistDb?: number
}

const FULL_SCALE_DBM0 = 3.14
const DEFAULT_LEVEL_DBM0 = -10

/** Peak amplitude (full scale is 1) of a sine of `levelDbm0`. */
export function amplitudeOf(levelDbm0: number): number {
  return 10 ** ((levelDbm0 - FULL_SCALE_DBM0) / 20)
}

/** `bits` (one per byte, 0 or 1, sent first to last) as samples in −1…1 at 8 kHz. The result ends with the last whole sample of the last symbol. */
export function modulate(bits: Uint8Array, mode: LineMode, shape: SignalShape = {}): Float32Array {
  const amplitude = amplitudeOf(shape.levelDbm0 ?? DEFAULT_LEVEL_DBM0)
  const tilt = 10 ** ((shape.twistDb ?? 0) / 40)
  const level = amplitude / Math.sqrt((tilt * tilt + 1 / (tilt * tilt)) / 2)
  const markStep = (2 * Math.PI * mode.markHz) / SAMPLE_RATE
  const spaceStep = (2 * Math.PI * mode.spaceHz) / SAMPLE_RATE
  const period = symbolSamples(mode)

  const samples = new Float32Array(Math.ceil(bits.length * period))
  let phase = 0
  let n = 0
  for (let k = 0; k < bits.length; k++) {
    const mark = bits[k] === 1
    const step = mark ? markStep : spaceStep
    const peak = mark ? level * tilt : level / tilt
    const start = k * period
    const end = (k + 1) * period
    for (; n < end && n < samples.length; n++) samples[n] = peak * Math.cos(phase + step * (n - start))
    phase = (phase + step * period) % (2 * Math.PI)
  }
  return samples
}
