/**
 * The lives of a story's institutions: each may die at any named point, and whoever finds one dead has it started again.
 * Callers are served only while it is open to them, as its telephone line would be.
 */
import { bothSign } from '../../../demo/two-people.ts'
import type { InstitutionId } from '../../../src/ids.ts'
import type { Runtime } from '../../../src/runtime.ts'
import { MortalRuntime } from '../../support/mortal-runtime.ts'
import type { BankHouse, HostHouse, Network, PayeeHouse, Staff } from '../../support/network/network.ts'
import { staffOf } from '../../support/network/network.ts'
import type { Chance } from './chances.ts'

export type AnyHouse = BankHouse | PayeeHouse | HostHouse

/** How often a caller asks before giving up for good. */
const mostTries = 300

/** A voucher that was lost stays so, however often its holder asks. */
export const triesAfterLoss = 80

export class NoAnswer extends Error {
  constructor(house: InstitutionId, tries: number, last: unknown) {
    super(`${house} gave no answer to ${tries} tries; the last: ${last}`, { cause: last })
    this.name = 'NoAnswer'
  }
}

export class Lives {
  readonly #runtime: Runtime
  readonly #chance: Chance
  readonly #staff: Staff
  readonly #lives = new Map<InstitutionId, MortalRuntime>()
  readonly #starting = new Map<InstitutionId, Promise<void>>()
  /** The running institutions that serve callers. */
  readonly #serving = new WeakSet<object>()
  /** Where they died. */
  readonly diedAt = new Set<string>()
  /** Where an institution is to die, until it has. */
  readonly #aims = new Map<InstitutionId, string>()
  #network: Network | undefined
  #sparing = 0
  #over = false

  constructor(runtime: Runtime, chance: Chance, staff: Staff) {
    this.#runtime = runtime
    this.#chance = chance
    this.#staff = staff
  }

  /** The life of an institution: a fresh one where it has none. */
  runtimeOf(id: InstitutionId): MortalRuntime {
    const life = this.#lives.get(id) ?? new MortalRuntime(this.#runtime)
    this.#lives.set(id, life)
    return life
  }

  begin(network: Network): void {
    this.#network = network
    for (const house of network.houses) this.#attend(house)
  }

  get isSparing(): boolean {
    return this.#sparing > 0
  }

  /** Nobody else dies and the weather is fair while `work` is under way. */
  async spare<T>(work: () => Promise<T>): Promise<T> {
    this.#sparing++
    for (const life of this.#lives.values()) life.live()
    try {
      await this.reviveTheDead()
      return await work()
    } finally {
      this.#sparing--
      for (const [id, life] of this.#lives) this.#aim(id, life)
    }
  }

  kill(id: InstitutionId, after: number): void {
    if (!this.isSparing) this.runtimeOf(id).dieAfter(after)
  }

  /** It dies when it gets there. */
  killAt(id: InstitutionId, point: string): void {
    this.#aims.set(id, point)
    this.#aim(id, this.runtimeOf(id))
  }

  #aim(id: InstitutionId, life: MortalRuntime): void {
    const point = this.#aims.get(id)
    if (point !== undefined && !this.isSparing) life.dieAt(point)
  }

  /** Nobody dies any more. */
  end(): void {
    this.#over = true
    this.#aims.clear()
    for (const life of this.#lives.values()) life.live()
  }

  /** Asks until there is an answer, as callers do who call again. */
  async insist<T>(house: AnyHouse, ask: () => Promise<T>, most = mostTries): Promise<T> {
    let last: unknown = 'its line was closed'
    for (let tries = 0; tries < most; tries++) {
      if (this.#serving.has(house.running)) {
        try {
          return await ask()
        } catch (error) {
          last = error
        }
      }
      await this.reviveTheDead()
      await this.#runtime.sleep(100 + this.#chance.below(2_000))
    }
    throw new NoAnswer(house.id, most, last)
  }

  async reviveTheDead(): Promise<void> {
    for (const house of this.#houses()) {
      if (this.runtimeOf(house.id).deadAt !== undefined) await this.#once(house, () => this.#revive(house))
    }
  }

  /** Ends its life at once and starts it by `start`, which is handed its next one. */
  startAnew(house: AnyHouse, start: (life: MortalRuntime) => Promise<void>): Promise<void> {
    return this.#once(house, () => {
      this.runtimeOf(house.id).die()
      return this.#begin(house, start)
    })
  }

  /** Resolves when every institution serves callers. */
  async allServing(): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      await this.reviveTheDead()
      if (this.#houses().every(({ running }) => this.#serving.has(running))) return
      await this.#runtime.sleep(1_000)
    }
    throw new Error('an institution stays closed')
  }

  async #revive(house: AnyHouse): Promise<void> {
    const point = this.runtimeOf(house.id).deadAt ?? ''
    this.diedAt.add(point)
    if (this.#aims.get(house.id) === point) this.#aims.delete(house.id)
    await this.#begin(house, life => house.restart(life))
  }

  async #begin(house: AnyHouse, start: (life: MortalRuntime) => Promise<void>): Promise<void> {
    const next = new MortalRuntime(this.#runtime)
    await start(next)
    this.#lives.set(house.id, next)
    this.#aim(house.id, next)
    this.#attend(house)
  }

  /** Two that find it dead start it once. */
  async #once(house: AnyHouse, start: () => Promise<void>): Promise<void> {
    const under = this.#starting.get(house.id)
    if (under) return under
    const starting = start().finally(() => this.#starting.delete(house.id))
    this.#starting.set(house.id, starting)
    return starting
  }

  /** As its process does: connects its lines when callers may be served. */
  #attend(house: AnyHouse): void {
    const { running } = house
    const { recovery } = running
    recovery.open.then(() => this.#serving.add(running))
    recovery.begun.then(found => (found === 'closed' ? this.#release(house) : undefined))
    recovery.closedAgain.then(() => this.#release(house))
  }

  /** Two people look at what is lost and open what was closed; nothing happens when the institution has died meanwhile. */
  async #release(house: AnyHouse): Promise<void> {
    const { running } = house
    for (let isOpen = false; !isOpen && house.running === running; ) {
      await this.#runtime.sleep(1_000 + (this.#over ? 0 : this.#chance.below(20_000)))
      const two = staffOf(this.#staff, running)
      const became = await bothSign(running, this.#runtime, two, 'release-recovery', {}).catch(() => undefined)
      isOpen = became?.outcome === 'released' || became?.outcome === 'nothing-closed'
    }
  }

  #houses(): readonly AnyHouse[] {
    if (this.#network === undefined) throw new Error('the story has not begun')
    return this.#network.houses
  }
}
