/** How sure a counted error rate is, and what theory allows. */

export interface Rate {
  readonly errors: number
  readonly frames: number
}

/** The 95 % interval (Wilson, 1927). */
export function interval({ errors, frames }: Rate): readonly [low: number, high: number] {
  const z = 1.96
  const p = errors / frames
  const centre = p + (z * z) / (2 * frames)
  const spread = z * Math.sqrt((p * (1 - p)) / frames + (z * z) / (4 * frames * frames))
  const scale = 1 + (z * z) / frames
  return [Math.max(0, (centre - spread) / scale), (centre + spread) / scale]
}

/** "At most 1 %": the estimate is, and the interval ends below 2 %. */
export function atMostOnePercent(rate: Rate): boolean {
  return rate.errors / rate.frames <= 0.01 && interval(rate)[1] <= 0.02
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

/** Error rate of frames of `bits` bits at Eb/N0 in dB: noncoherent orthogonal FSK, Pb = ½e^{−γ/2} (Proakis, "Digital Communications", 5.4). */
export function noncoherentFer(bits: number, db: number): number {
  return 1 - (1 - Math.exp(-(10 ** (db / 10)) / 2) / 2) ** bits
}

/** The same for ideal coherent detection of continuous-phase FSK: Q(√(d²γ)), d² = 2(1 − sin 2πh / 2πh) (Anderson, Aulin, Sundberg, ch. 2). */
export function coherentFer(bits: number, h: number, db: number): number {
  const distance = 2 * (1 - Math.sin(2 * Math.PI * h) / (2 * Math.PI * h))
  return 1 - (1 - q(Math.sqrt(distance * 10 ** (db / 10)))) ** bits
}

/** Eb/N0 in dB, to a hundredth, from which on a falling error curve is at most `target`. */
export function fallsTo(target: number, fer: (db: number) => number): number {
  let db = 0
  while (fer(db) > target) db += 0.01
  return db
}

/** Gaussian tail (Borjesson and Sundberg, 1979: within 0.3 %). */
function q(x: number): number {
  return Math.exp((-x * x) / 2) / (Math.sqrt(2 * Math.PI) * (0.661 * x + 0.339 * Math.sqrt(x * x + 5.51)))
}
