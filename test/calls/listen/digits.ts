/** Numbers in what was heard: unbroken rows of digit clips, and the clip that announced each. */
import type { Heard, HeardClip } from './listen.ts'

export interface HeardDigits {
  /** Text of the clip just before the row: `The password is,`. Undefined when there was none, or it was not known. */
  readonly announcedBy: string | undefined
  readonly digits: string
  readonly startMs: number
  readonly endMs: number
  /** Lead of the least sure digit over the other nine. */
  readonly smallestMargin: number
}

const words: Readonly<Record<string, string>> = Object.fromEntries([
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map((word, n) => [
    `${word},`,
    `${n}`,
  ]),
  ...Array.from('零幺二三四五六七八九', (word, n) => [`${word},`, `${n}`]),
])

/** The digit that a clip of this text says, in either language; undefined for any other clip. */
export const digitSaid = (text: string): string | undefined => words[text]

/** Every row of digits. A clip in between, a cut digit or an unknown sound ends a row. */
export function digitsIn(heard: readonly Heard[]): HeardDigits[] {
  const rows: HeardDigits[] = []
  let row: HeardClip[] = []
  let announcedBy: string | undefined
  for (const each of [...heard, undefined]) {
    if (each?.kind === 'clip' && each.complete && digitSaid(each.clip.text) !== undefined) {
      row.push(each)
      continue
    }
    if (row.length > 0) rows.push(toRow(row, announcedBy))
    row = []
    announcedBy = each?.kind === 'clip' ? each.clip.text : undefined
  }
  return rows
}

function toRow(row: readonly HeardClip[], announcedBy: string | undefined): HeardDigits {
  return {
    announcedBy,
    digits: row.map(({ clip }) => digitSaid(clip.text)).join(''),
    startMs: row[0]?.startMs ?? 0,
    endMs: row.at(-1)?.endMs ?? 0,
    smallestMargin: Math.min(...row.map(marginAmongDigits)),
  }
}

/** The lead over the nearest other digit; where none came near, over the last rival, which is more than any digit had. */
function marginAmongDigits({ score, rivals }: HeardClip): number {
  const nearest = rivals.find(({ text }) => digitSaid(text) !== undefined) ?? rivals.at(-1)
  return score - (nearest?.score ?? 0)
}
