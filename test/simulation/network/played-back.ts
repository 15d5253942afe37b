/**
 * Replies that are played back: whoever stands between two institutions answers a bundle with one that he recorded. Nothing may
 * come of it, be it the reply to the very same letters: a reply answers one bundle.
 */
import type { InstitutionId } from '../../../src/ids.ts'
import type { Network } from '../../support/network/network.ts'
import type { VirtualRuntime } from '../../support/virtual-runtime.ts'
import type { Chance } from './chances.ts'

export class PlayedBack {
  readonly #runtime: VirtualRuntime
  readonly #chance: Chance
  readonly #network: () => Network | undefined
  /** In sentences. */
  readonly faults: string[] = []

  /** `network`: once there is one. */
  constructor(runtime: VirtualRuntime, chance: Chance, network: () => Network | undefined) {
    this.#runtime = runtime
    this.#chance = chance
    this.#network = network
  }

  /** What a bundle is answered with in the place of its receiver; undefined: it goes its way. */
  answer(from: InstitutionId, to: InstitutionId): (() => Promise<Uint8Array>) | undefined {
    if (!this.#chance.oneIn(12)) return undefined
    const replies = this.#replies(from, to)
    // What comes of another one that is under way would be taken for what comes of this.
    if (replies.length === 0 || this.#isUnderWay(from, to)) return undefined
    // The last may answer the same letters, if it never got back.
    const reply = this.#chance.among(this.#chance.oneIn(2) ? replies.slice(-1) : replies)
    return async () => {
      const [waiting, answered] = [await this.#waiting(from, to), replies.length]
      void this.#look(from, to, waiting, answered)
      return reply
    }
  }

  /** Time moves on when the sender has made of it what it makes. */
  async #look(
    from: InstitutionId,
    to: InstitutionId,
    before: ReadonlySet<string> | undefined,
    answered: number,
  ): Promise<void> {
    await this.#runtime.sleep(1)
    const after = await this.#waiting(from, to)
    // Another bundle was answered meanwhile, or somebody has died.
    if (before === undefined || after === undefined || this.#replies(from, to).length > answered) return
    for (const place of before)
      if (!after.has(place)) this.faults.push(`${from} believes a reply that ${to} gave to another bundle: ${place}`)
  }

  #isUnderWay(from: InstitutionId, to: InstitutionId): boolean {
    const carried = this.#network()?.mail.carried ?? []
    // What is made of an answer takes no time.
    const now = this.#runtime.monotonicMs()
    return carried.some(each => each.from === from && each.to === to && (each.endedMs ?? now) >= now)
  }

  #replies(from: InstitutionId, to: InstitutionId): readonly Uint8Array[] {
    const carried = this.#network()?.mail.carried ?? []
    return carried.filter(each => each.from === from && each.to === to).flatMap(({ answer }) => answer ?? [])
  }

  /** The places of letters without a receipt; undefined when nobody is there to be asked. */
  async #waiting(from: InstitutionId, to: InstitutionId): Promise<ReadonlySet<string> | undefined> {
    const house = this.#network()?.houses.find(({ id }) => id === from)
    try {
      const rows = await house?.running.store.read(tx =>
        tx.all<{ epoch: bigint; sequence: bigint }>(
          'SELECT epoch, sequence FROM clearing_outbox WHERE peer = ? AND outcome IS NULL',
          to,
        ),
      )
      return new Set(rows?.map(({ epoch, sequence }) => `letter ${epoch}/${sequence}`))
    } catch {
      return undefined
    }
  }
}
