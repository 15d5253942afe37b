/** The straight line through measured points, by least squares. */

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Line {
  readonly base: number
  readonly slope: number
  /** The part of what varies that the line explains (R²). */
  readonly explained: number
}

export function lineThrough(points: readonly Point[]): Line {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [x, y] = [mean(point => point.x), mean(point => point.y)]
  const spread = mean(point => (point.x - x) ** 2)
  const slope = mean(point => (point.x - x) * (point.y - y)) / spread
  const base = y - slope * x
  const left = mean(point => (point.y - base - slope * point.x) ** 2)
  const all = mean(point => (point.y - y) ** 2)
  return { base, slope, explained: all === 0 ? 1 : 1 - left / all }
}
