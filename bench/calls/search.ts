/**
 * How many calls at once each side bears. What its calls cost at the load that was measured says about where that is: the
 * search begins there, and goes up or down in steps that double until it has a level that was borne and one that was not.
 */
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
/** The limit is known to this part of it. */
const finePart = 1 / 10
/** Levels are whole multiples of this. */
const grain = 5
/** Calls began to fail where they and the generator together took about this much of the machine's cores. */
const fullShare = 0.9

type Run = (side: Side['name'], concurrent: number) => Promise<Phase>

export interface Bounds {
  /** Of the machine: the generator and the side that is called share them. */
  readonly cores: number
  /** Beyond this many calls at once nothing is tried. */
  readonly mostConcurrent: number
}

/** `known`: phases that were run already. Sides take turns as long as more than one is still searched for. */
export async function findLimits(known: readonly Phase[], bounds: Bounds, run: Run): Promise<Limits> {
  const searches = {
    reference: new Search(of(known, 'reference'), bounds),
    bare: new Search(of(known, 'bare'), bounds),
    ours: new Search(of(known, 'ours'), bounds),
  }
  while (sides.some(side => searches[side].next !== undefined)) {
    for (const side of sides) {
      const { next } = searches[side]
      if (next !== undefined) searches[side].note(await run(side, next))
    }
  }
  return { reference: searches.reference.limit, bare: searches.bare.limit, ours: searches.ours.limit }
}

/** One side's search. */
class Search {
  readonly #expected: number
  readonly #most: number
  #borne = 0
  #failing: Phase | undefined
  /** Levels that this search tried and that were borne, and those that were not. */
  #timesBorne = 0
  #timesFailed = 0

  /** `known`: the side's phases so far, at a load that is meant to be borne. */
  constructor(known: readonly Phase[], { cores, mostConcurrent }: Bounds) {
    this.#most = mostConcurrent
    this.#expected = expectedLimit(known, cores)
    for (const phase of known) this.#judge(phase)
  }

  note(phase: Phase): void {
    if (this.#judge(phase)) this.#timesBorne++
    else this.#timesFailed++
  }

  /** How many calls to try next; undefined when the limit is known. */
  get next(): number | undefined {
    const [borne, failedAt] = [this.#borne, this.#failing?.load.concurrent]
    if (failedAt === undefined) {
      const up = this.#timesBorne === 0 ? this.#expected : borne * (1 + finePart * 2 ** (this.#timesBorne - 1))
      const level = Math.min(rounded(Math.max(up, borne + grain)), this.#most)
      return level > borne ? level : undefined
    }
    if (failedAt - borne <= Math.max(grain, failedAt * finePart)) return undefined
    const middle = (borne + failedAt) / 2
    if (this.#timesBorne > 0) return rounded(middle)
    // All that was tried has failed: down, though no further than half the way to what was borne before the search.
    return rounded(Math.max(middle, failedAt * (1 - finePart * 2 ** Math.max(0, this.#timesFailed - 1))))
  }

  get limit(): Limit {
    return { concurrent: this.#borne, failing: this.#failing }
  }

  /** Whether it was borne. */
  #judge(phase: Phase): boolean {
    const { concurrent, calls } = phase.load
    const isBorne = phase.failed <= calls * bearableShare
    if (isBorne) this.#borne = Math.max(this.#borne, concurrent)
    else if (concurrent <= (this.#failing?.load.concurrent ?? concurrent)) this.#failing = phase
    return isBorne
  }
}

/** Calls at once that fill the machine, if each costs what it did: its processor time, and its share of the generator's. */
function expectedLimit(known: readonly Phase[], cores: number): number {
  const coresPerCall = known.map(
    ({ load, processorMsPerCall, generatorShare, captureShare }) =>
      processorMsPerCall / load.callMs + (generatorShare + captureShare) / load.concurrent,
  )
  const mean = coresPerCall.reduce((sum, each) => sum + each, 0) / coresPerCall.length
  return (cores * fullShare) / mean
}

function of(phases: readonly Phase[], side: Side['name']): Phase[] {
  return phases.filter(phase => phase.side === side)
}

/** Down: what `finePart` allows must not be lost to rounding. */
function rounded(level: number): number {
  return Math.floor(level / grain) * grain
}
