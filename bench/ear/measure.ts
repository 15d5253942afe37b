/** How often the ear mistakes a voice's digits over the line, and for what. */
import { seeded } from '../../test/simulation/modem/line/random.ts'
import type { Ear } from './ear.ts'
import { overTheLine } from './line.ts'
import type { SpokenDigits } from './voices.ts'

export interface Errors {
  readonly told: number
  readonly mistaken: number
  /** Of all that was told. */
  readonly percent: number
  /** By what was told, how often each word was heard; `''` is nothing understood. */
  readonly confusions: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** `rounds` callers hear each digit once. Every voice's nth caller has the same line. */
export function errorsOf(ear: Ear, digits: SpokenDigits, rounds: number, seed = 1): Errors {
  const words = [...digits.keys()]
  const confusions = new Map(words.map(word => [word, new Map<string, number>()]))
  let mistaken = 0
  for (let round = 0; round < rounds; round++) {
    const sounds = words.map((word, at) =>
      overTheLine(digits.get(word) ?? new Float32Array(), seeded(seed * 1_000_000 + round * words.length + at)),
    )
    for (const [at, heard = ''] of ear.read(sounds).entries()) {
      const row = confusions.get(words[at] ?? '')
      row?.set(heard, (row.get(heard) ?? 0) + 1)
      if (heard !== words[at]) mistaken++
    }
  }
  const told = rounds * words.length
  return { told, mistaken, percent: (100 * mistaken) / told, confusions }
}

/** Whether a voice's errors meet the goal: 1.2 × the reference's, and one percentage point. */
export function meetsGoal(voice: Errors, reference: Errors): boolean {
  return voice.percent <= 1.2 * reference.percent + 1
}

/** A table, a row for each digit told and a column for each heard; the last is nothing understood. */
export function confusionTable({ confusions }: Errors): string {
  const words = [...confusions.keys()]
  const rows = words.map((told, digit) =>
    [`${digit} ${told}`, ...[...words, ''].map(heard => `${confusions.get(told)?.get(heard) ?? ''}`)].map((cell, at) =>
      at === 0 ? cell.padEnd(7) : cell.padStart(4),
    ),
  )
  const head = ['told'.padEnd(7), ...words.map((_, digit) => `${digit}`.padStart(4)), '   –']
  return [head, ...rows].map(cells => cells.join(' ')).join('\n')
}
