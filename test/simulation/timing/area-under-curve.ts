/**
 * How well the time of an answer tells two kinds of request apart: the area under the receiver operating characteristic,
 * which is the chance that one of the first kind took longer than one of the second (a tie counts half). 0.5 tells nothing.
 */
export function areaUnderCurve(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map(ms => ({ ms, isFirst: true })), ...second.map(ms => ({ ms, isFirst: false }))]
  all.sort((a, b) => a.ms - b.ms)
  let rankSum = 0
  for (let from = 0; from < all.length; ) {
    let to = from
    while (to < all.length && all[to]?.ms === all[from]?.ms) to++
    // Ranks count from 1; those that tie share the mean of theirs.
    const rank = (from + 1 + to) / 2
    rankSum += rank * all.slice(from, to).filter(({ isFirst }) => isFirst).length
    from = to
  }
  const u = rankSum - (first.length * (first.length + 1)) / 2
  return u / (first.length * second.length)
}

/** Whichever of the two is the slower. */
export function separation(first: readonly number[], second: readonly number[]): number {
  const area = areaUnderCurve(first, second)
  return Math.max(area, 1 - area)
}
