/**
 * How loud a clip is where somebody speaks. The active level follows ITU-T P.56: the mean power over the time in which
 * the envelope is within 15.9 dB of that same mean, so that pauses count for nothing.
 */

export const sampleRateHz = 8000

const frameSamples = 80
/** P.56, 7.1: margin between the activity threshold and the active level. */
const marginDb = 15.9

export interface Level {
  /** Mean power of active speech, in dB relative to a full-scale square wave (dBov). -Infinity when nothing is heard. */
  readonly activeDb: number
  readonly peak: number
  /** First and last sample (exclusive) of what is heard, by a threshold 38 dB below the active level. */
  readonly begin: number
  readonly end: number
}

export function measureLevel(samples: Float32Array): Level {
  const powers = framePowers(samples)
  const activePower = activeMean(powers)
  const heard = activePower * 10 ** -3.8
  const first = powers.findIndex(power => power > heard)
  const last = powers.findLastIndex(power => power > heard)
  return {
    activeDb: 10 * Math.log10(activePower),
    peak: samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0),
    begin: Math.max(0, first) * frameSamples,
    end: Math.min(samples.length, (last + 1) * frameSamples),
  }
}

/** Mean power of each 10 ms. */
function framePowers(samples: Float32Array): number[] {
  return Array.from({ length: Math.ceil(samples.length / frameSamples) }, (_, frame) => {
    const part = samples.subarray(frame * frameSamples, (frame + 1) * frameSamples)
    return part.reduce((sum, sample) => sum + sample * sample, 0) / part.length
  })
}

/** The fixed point of P.56: the mean over the frames above (that mean − margin). Reached from above in a few rounds. */
function activeMean(powers: readonly number[]): number {
  let mean = average(powers)
  for (let round = 0; round < 20; round++) {
    const threshold = mean * 10 ** (-marginDb / 10)
    const next = average(powers.filter(power => power > threshold))
    if (Math.abs(next - mean) <= mean * 1e-6) break
    mean = next
  }
  return mean
}

function average(powers: readonly number[]): number {
  return powers.length === 0 ? 0 : powers.reduce((sum, power) => sum + power, 0) / powers.length
}
