/** How far two sounds are from each other when one is stretched and squeezed along the other: dynamic time warping (Sakoe and Chiba, 1978). */
import { type Cepstra, coefficients } from './features.ts'

/** Cepstra and how they change, one row for each 15 ms, flat: 16 values a row. */
export interface Track {
  readonly rows: number
  readonly values: Float32Array
}

const width = 2 * coefficients
/** Frames on each side over which a change is a slope. */
const slopeReach = 2
/** Changes are smaller than what changes. */
const slopeWeight = 2.2

export function trackOf(cepstra: Cepstra): Track {
  const values = new Float32Array(cepstra.length * width)
  const at = (row: number) => cepstra[Math.min(cepstra.length - 1, Math.max(0, row))]
  cepstra.forEach((row, index) => {
    values.set(row, index * width)
    for (let order = 0; order < coefficients; order++) {
      let slope = 0
      for (let n = 1; n <= slopeReach; n++) slope += n * ((at(index + n)?.[order] ?? 0) - (at(index - n)?.[order] ?? 0))
      values[index * width + coefficients + order] = (slopeWeight * slope) / 10
    }
  })
  return { rows: cepstra.length, values }
}

/** How far a path may stray from the diagonal, as a share of the longer sound, and never less than `leastBand` frames. */
const bandShare = 0.25
const leastBand = 8

/** Mean distance of a row along the best path, a diagonal step counted twice; infinite where one is more than 2.2 times as long as the other. */
export function distance(a: Track, b: Track): number {
  const [n, m] = [a.rows, b.rows]
  if (n === 0 || m === 0 || n > 2.2 * m || m > 2.2 * n) return Number.POSITIVE_INFINITY
  const band = Math.max(leastBand, Math.round(bandShare * Math.max(n, m)))
  let before = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY)
  let now = new Float64Array(m + 1)
  before[0] = 0
  for (let i = 1; i <= n; i++) {
    now.fill(Number.POSITIVE_INFINITY)
    const middle = (i * m) / n
    const to = Math.min(m, Math.ceil(middle + band))
    for (let j = Math.max(1, Math.floor(middle - band)); j <= to; j++) {
      const cost = between(a.values, (i - 1) * width, b.values, (j - 1) * width)
      const straight = (before[j - 1] as number) + 2 * cost
      const aside = Math.min(before[j] as number, now[j - 1] as number) + cost
      now[j] = Math.min(straight, aside)
    }
    ;[before, now] = [now, before]
  }
  return (before[m] as number) / (n + m)
}

function between(a: Float32Array, from: number, b: Float32Array, to: number): number {
  let sum = 0
  for (let k = 0; k < width; k++) {
    const difference = (a[from + k] as number) - (b[to + k] as number)
    sum += difference * difference
  }
  return Math.sqrt(sum)
}
