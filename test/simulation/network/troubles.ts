/**
 * What befalls a story's institutions: deaths, messages that are lost, late, repeated or played back, clocks that jump, nights,
 * ceilings that change. Each kind goes its own way by its own chance.
 */

import type { Runtime } from '../../../src/runtime.ts'
import type { Weather } from '../../support/in-process-mail.ts'
import type { Network } from '../../support/network/network.ts'
import { usualStart, type VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { Chance, Chances } from './chances.ts'
import type { Lives } from './lives.ts'
import type { PlayedBack } from './played-back.ts'
import type { PutBack } from './put-back.ts'

const hour = 3_600_000
/** What a payee lets a bank owe, one after another. */
const ceilings = [4_000n, 18_000n, 10_000_000n]
export const amplyGranted = 10_000_000n

/**
 * Nearly all storms are over within two minutes. Where books that went back leave vouchers that never open, their holders ask on for
 * twenty: the same troubles again and again, which took as long as fifty other stories.
 */
const longestStormMs = 5 * 60_000

/** Until callers have done what they want, and not for ever. */
export class Storm {
  readonly #runtime: Runtime
  #isOver = false

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  get isRaging(): boolean {
    return !this.#isOver && this.#runtime.monotonicMs() < longestStormMs
  }

  /** Nobody wants anything any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  end(): void {
    this.#isOver = true
  }
}

export interface Disturbed {
  readonly runtime: VirtualRuntime
  readonly network: Network
  readonly lives: Lives
  readonly putBack: PutBack
}

/** Resolves when the storm is over and every kind of trouble has ended. */
export async function disturb(disturbed: Disturbed, storm: Storm, chances: Chances): Promise<void> {
  const { runtime } = disturbed
  await Promise.all(
    Object.entries(troubles).map(async ([kind, { everyMs, strike, abate }]) => {
      const chance = chances.of(kind)
      for (;;) {
        await runtime.sleep(chance.below(2 * everyMs))
        if (!storm.isRaging) break
        await strike(disturbed, chance)
      }
      if (!storm.isOver) abate?.(disturbed)
    }),
  )
}

interface Trouble {
  /** On average. */
  readonly everyMs: number
  strike(disturbed: Disturbed, chance: Chance): Promise<void> | void
  /** What it leaves behind is mended while callers go on, who would wait for ever. */
  abate?(disturbed: Disturbed): void
}

const troubles: Readonly<Record<string, Trouble>> = {
  deaths: {
    everyMs: 5_000,
    strike: ({ network, lives }, chance) => lives.kill(chance.among(network.houses).id, chance.below(30)),
  },
  'bundles played back': {
    everyMs: 8_000,
    strike: async ({ network: { mail } }, chance) => {
      // Whoever records bundles sees those that arrive.
      const arrived = mail.carried.filter(({ answer }) => answer !== undefined)
      if (arrived.length === 0) return
      const { to, bytes } = chance.among(arrived)
      await mail.again(to, bytes).catch(() => {})
    },
  },
  'bundles that are cut, lengthened or made up': {
    everyMs: 5_000,
    strike: async ({ network: { mail } }, chance) => {
      const arrived = mail.carried.filter(({ answer }) => answer !== undefined)
      if (arrived.length === 0) return
      const { from, to, bytes } = chance.among(arrived)
      const answer = await mail.again(to, ofAnySize(bytes, chance), from).catch(() => undefined)
      if (answer !== undefined && answer.length > 0) throw new Error(`${to} answered what ${from} never wrote`)
    },
  },
  'bundles that are too large': {
    everyMs: 15_000,
    // Any letter passes alone, and sometimes few together.
    strike: ({ network: { mail } }, chance) => {
      mail.mostBytes = chance.among([4_000, 6_000, 20_000, Number.POSITIVE_INFINITY])
    },
    abate: ({ network: { mail } }) => {
      mail.mostBytes = Number.POSITIVE_INFINITY
    },
  },
  'clocks that jump': {
    everyMs: 10_000,
    strike: ({ runtime }, chance) => {
      const byMs = (chance.below(60) - 20) * hour
      // Nobody sets a clock to before the institutions were opened.
      if (runtime.wallNow() + byMs >= usualStart - 20 * hour) runtime.jumpWallClock(byMs)
    },
  },
  nights: {
    everyMs: 3_000,
    strike: ({ network }, chance) =>
      chance
        .among(network.houses)
        .running.nightly()
        .catch(() => {}),
  },
  'ceilings that change': {
    everyMs: 10_000,
    // The payee starts again with another ceiling for its banks.
    strike: ({ network, lives }, chance) => {
      const payee = chance.among(network.payees)
      payee.change({ ceilings: { each: chance.among(ceilings) } })
      lives.kill(payee.id, 0)
    },
    abate: ({ network, lives }) => {
      for (const payee of network.payees) {
        payee.change({ ceilings: { each: amplyGranted } })
        lives.kill(payee.id, 0)
      }
    },
  },
  'copies that are taken': {
    everyMs: 10_000,
    strike: ({ putBack }, chance) => putBack.copyOne(chance),
  },
  'books that are put back': {
    everyMs: 60_000,
    strike: ({ putBack }, chance) => putBack.putOneBack(chance),
  },
}

/** From nothing to more than anybody takes, half of them with the beginning of a genuine one. */
function ofAnySize(genuine: Uint8Array, chance: Chance): Uint8Array {
  const size = chance.among([0, 1, 6, 200, 1_000, genuine.length - 1, genuine.length + 1, 12_000, 1_048_576, 1_200_000])
  const bytes = new Uint8Array(size)
  if (chance.oneIn(2)) bytes.set(genuine.subarray(0, size))
  else for (let i = 0; i < Math.min(size, 2_000); i++) bytes[i] = chance.below(256)
  return bytes
}

/** What befalls deliveries while the storm rages. */
export function weatherOf(storm: Storm, chances: Chances, lives: Lives, playedBack: PlayedBack): Weather {
  const chance = chances.of('weather')
  return {
    next: ({ from, to }) => {
      if (!storm.isRaging || lives.isSparing) return {}
      const answeredWith = playedBack.answer(from, to)
      if (answeredWith !== undefined) return { answeredWith }
      const draw = chance.below(10)
      if (draw === 0) return { lost: 'there' }
      if (draw === 1) return { lost: 'back' }
      if (draw === 2) return { repeated: true }
      if (draw === 3) return { lateMs: chance.below(8_000) }
      return {}
    },
  }
}
