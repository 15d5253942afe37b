/** Rows that only one of two dumps has, the first few: `+` the first, `-` the second. */
export function difference(rows: readonly string[], others: readonly string[]): readonly string[] {
  const [mine, theirs] = [new Set(rows), new Set(others)]
  return [
    ...rows.filter(row => !theirs.has(row)).map(row => `+ ${row}`),
    ...others.filter(row => !mine.has(row)).map(row => `- ${row}`),
  ].slice(0, 6)
}
