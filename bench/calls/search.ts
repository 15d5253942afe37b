/** How many calls at once each side bears: doubled until calls fail, then halved in between. */
import type { Phase, Side } from './phase.ts'

export interface Limit {
  /** The most calls at once of which no more than one in a hundred failed. */
  readonly concurrent: number
  /** The phase in which calls failed; undefined when none did up to the most that was tried. */
  readonly failing: Phase | undefined
}

export type Limits = Readonly<Record<Side['name'], Limit>>

/** In the order in which they take turns. */
export const sides = ['reference', 'bare', 'ours'] as const

/** A machine that does other things too loses a call now and then; one in a hundred is not yet a limit. */
const bearableShare = 0.01
/** The limit is known to this many calls, or to this part of it. */
const fine = 25
const finePart = 1 / 16

type Run = (side: Side['name'], concurrent: number) => Promise<Phase>

/** `known`: phases that were run already, from which the search goes on. Sides alternate as long as both still stand. */
export async function findLimits(known: readonly Phase[], plan: { mostConcurrent: number }, run: Run): Promise<Limits> {
  const searches = {
    reference: new Search(known, 'reference', plan.mostConcurrent),
    bare: new Search(known, 'bare', plan.mostConcurrent),
    ours: new Search(known, 'ours', plan.mostConcurrent),
  }
  while (sides.some(side => searches[side].next !== undefined)) {
    for (const side of sides) {
      const { next } = searches[side]
      if (next !== undefined) searches[side].note(await run(side, next))
    }
  }
  return { reference: searches.reference.limit, bare: searches.bare.limit, ours: searches.ours.limit }
}

class Search {
  #borne = 0
  #failing: Phase | undefined
  readonly #most: number

  constructor(known: readonly Phase[], side: Side['name'], most: number) {
    this.#most = most
    for (const phase of known) if (phase.side === side) this.note(phase)
  }

  note(phase: Phase): void {
    const { concurrent, calls } = phase.load
    if (phase.failed > calls * bearableShare) this.#failing = phase
    else this.#borne = Math.max(this.#borne, concurrent)
  }

  /** How many calls to try next; undefined when the limit is known. */
  get next(): number | undefined {
    const failedAt = this.#failing?.load.concurrent
    if (failedAt === undefined)
      return this.#borne < this.#most ? Math.min(Math.max(this.#borne * 2, fine), this.#most) : undefined
    if (failedAt - this.#borne <= Math.max(fine, failedAt * finePart)) return undefined
    return Math.round((this.#borne + failedAt) / 2)
  }

  get limit(): Limit {
    return { concurrent: this.#borne, failing: this.#failing }
  }
}
