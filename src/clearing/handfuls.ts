/**
 * Several rows to a statement: a day end writes a hundred thousand, and what a statement costs by itself is then shared. Few sizes,
 * as each is a text of its own that stays prepared, and stands in the change log.
 */

const sizes = [16, 4, 1] as const

export type Handful = (typeof sizes)[number]

/** All of them in their order, as many at a time as there is a statement for. */
export function* inHandfuls<T>(rows: readonly T[]): Generator<{ readonly size: Handful; readonly some: readonly T[] }> {
  for (let at = 0; at < rows.length; ) {
    const size = sizes.find(each => each <= rows.length - at) ?? 1
    yield { size, some: rows.slice(at, at + size) }
    at += size
  }
}

/** A statement's text for each size. */
export function forHandfuls(text: (size: Handful) => string): Readonly<Record<Handful, string>> {
  return { 16: text(16), 4: text(4), 1: text(1) }
}

/** So many times, between commas. */
export function times(size: number, text: string): string {
  return Array.from({ length: size }, () => text).join(', ')
}
