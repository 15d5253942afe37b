/** How the card writes numbers and tables. */

export const many = (value: number): string => Math.round(value).toLocaleString('en-US')
export const short = (value: number): string => (value >= 100 ? many(value) : `${Number(value.toPrecision(3))}`)

/** To two digits, downwards: the assumptions bear no more. */
export function rounded(value: bigint): string {
  const unit = 10n ** BigInt(Math.max(0, value.toString().length - 2))
  return ((value / unit) * unit).toLocaleString('en-US')
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const

export function bytes(value: bigint): string {
  let [unit, scale] = [0, 1n]
  while (value >= scale * 1_000n && unit < units.length - 1) {
    scale *= 1_000n
    unit++
  }
  return `${short(Number((value * 1_000n) / scale) / 1_000)} ${units[unit]}`
}

/** As the formatter of this repository has them: columns as wide as their longest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
