/**
 * Which keys of the other machine are taken, and which of its destructions are believed. The books say so, once they are open; until
 * then what it has is taken, as they are compared with it afterwards, and what it destroyed waits.
 */
import { takeDestructions, type Wanted } from './agree.ts'
import type { KeyTable } from './key-table.ts'
import type { AskMirror } from './requests.ts'

export class Judging {
  #takesAll = true
  /** Of names that were taken so, the last. */
  #lastTaken: readonly string[] = []
  #wanted: Wanted | undefined
  #spared: (names: readonly string[]) => void = () => {}
  /** Names of keys made since this machine serves: the mirror cannot have destroyed them. Undefined: it is asked no more what it has. */
  #made: Set<string> | undefined = new Set()

  /** Whether anything can be said of a key now. */
  get canSay(): boolean {
    return this.#takesAll || this.#wanted !== undefined
  }

  noteMade(names: readonly string[]): void {
    for (const name of names) this.#made?.add(name)
  }

  takeAll(): void {
    this.#takesAll = true
  }

  /** The books are about to be opened. `hasAgreed`: nothing is on its way. */
  stopTaking(hasAgreed: boolean): void {
    this.#takesAll = false
    if (hasAgreed) this.#lastTaken = []
  }

  /** The books are open. Those of the keys that were on their way meanwhile which they do not need. */
  async open(wanted: Wanted, spared: (names: readonly string[]) => void): Promise<readonly string[]> {
    this.#wanted = wanted
    this.#spared = spared
    const names = this.#lastTaken
    this.#lastTaken = []
    if (names.length === 0) return []
    const those = await wanted(names)
    return names.filter(name => !those.has(name))
  }

  /** Which of the keys that only the mirror has are taken; undefined: it cannot be said yet. */
  async taken(names: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    if (this.#wanted) return this.#wanted(names)
    if (!this.#takesAll) return undefined
    this.#lastTaken = names
    return new Set(names)
  }

  /** Once, and only when the books can be asked: a mirror destroys nothing of itself. */
  async takeDestructions(table: KeyTable, ask: AskMirror): Promise<void> {
    const [wanted, made] = [this.#wanted, this.#made]
    if (wanted === undefined || made === undefined) return
    const needed = async (names: readonly string[]) =>
      new Set([...(await wanted(names)), ...names.filter(name => made.has(name))])
    await takeDestructions({ table, ask, needed, spared: this.#spared })
    this.#made = undefined
  }
}
