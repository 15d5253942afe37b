/** How sure a counted error rate is, and what theory allows. */

export interface Rate {
  readonly errors: number
  readonly frames: number
}

/** Upper end of the 95 % interval (Wilson, 1927). */
export function upperLimit({ errors, frames }: Rate): number {
  const z = 1.96
  const p = errors / frames
  const centre = p + (z * z) / (2 * frames)
  const spread = z * Math.sqrt((p * (1 - p)) / frames + (z * z) / (4 * frames * frames))
  return (centre + spread) / (1 + (z * z) / frames)
}

/** "At most 1 %": the estimate is, and the interval ends below 2 %. */
export function atMostOnePercent(rate: Rate): boolean {
  return rate.errors / rate.frames <= 0.01 && upperLimit(rate) <= 0.02
}

/** Where an error curve over dB falls to `target`, between its points on a logarithmic scale; the last point where it never does. */
export function crossing(points: readonly (Rate & { readonly db: number })[], target: number): number {
  const value = (rate: Rate) => Math.log(Math.max(rate.errors, 0.5) / rate.frames)
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1], points[i]]
    if (before === undefined || after === undefined) continue
    if (value(before) > Math.log(target) && value(after) <= Math.log(target)) {
      const part = (value(before) - Math.log(target)) / (value(before) - value(after))
      return before.db + part * (after.db - before.db)
    }
  }
  const [first] = points
  return first !== undefined && value(first) <= Math.log(target) ? first.db : Number.NaN
}

/** Eb/N0 in dB at which `bits` bits have 10 % frame errors: noncoherent orthogonal FSK, Pb = ½e^{−γ/2} (Proakis, "Digital Communications", 5.4). */
export function noncoherentDb(bits: number): number {
  return 10 * Math.log10(2 * Math.log(0.5 / (0.105 / bits)))
}

/** The same for ideal coherent detection of continuous-phase FSK: Q(√(d²γ)), d² = 2(1 − sin 2πh / 2πh) (Anderson, Aulin, Sundberg, ch. 2). */
export function coherentDb(bits: number, h: number): number {
  const distance = 2 * (1 - Math.sin(2 * Math.PI * h) / (2 * Math.PI * h))
  let db = 0
  while (q(Math.sqrt(distance * 10 ** (db / 10))) * bits > 0.105) db += 0.01
  return db
}

/** Gaussian tail (Borjesson and Sundberg, 1979: within 0.3 %). */
function q(x: number): number {
  return Math.exp((-x * x) / 2) / (Math.sqrt(2 * Math.PI) * (0.661 * x + 0.339 * Math.sqrt(x * x + 5.51)))
}
