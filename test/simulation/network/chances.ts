/**
 * Chance for a story: a stream of its own for each kind of trouble, all of them from one seed. Drawing more of one kind
 * leaves what befalls by the others as it was, so that a new trouble does not hide what an old one found.
 */
import { createHash } from 'node:crypto'
import { drawFrom } from '../../support/virtual-runtime.ts'

export class Chances {
  readonly #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  of(kind: string): Chance {
    const digest = createHash('sha256').update(`${this.#seed} ${kind}`).digest()
    return new Chance(drawFrom(digest.readUInt32BE(0)))
  }
}

export class Chance {
  readonly #draw: () => number

  constructor(draw: () => number) {
    this.#draw = draw
  }

  /** 0 … limit - 1 */
  below(limit: number): number {
    return this.#draw() % limit
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0
  }

  /** @throws Error when there is nothing to choose from */
  among<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(Math.max(1, choices.length))]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }
}
