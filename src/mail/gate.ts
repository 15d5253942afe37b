/**
 * To which counterparties an institution is open. After a start it is closed to each until that one has said which head of
 * our change log it holds: books that went back in time must not write, sign or answer anything before they know it.
 */
import type { InstitutionId } from '../ids.ts'

export class Gate {
  readonly #open = new Set<InstitutionId>()
  readonly #waiting = new Set<() => void>()
  readonly #isOpenToAll: boolean

  constructor(startsClosed: boolean) {
    this.#isOpenToAll = !startsClosed
  }

  isOpenTo(peer: InstitutionId): boolean {
    return this.#isOpenToAll || this.#open.has(peer)
  }

  open(peer: InstitutionId): void {
    this.#open.add(peer)
    for (const look of this.#waiting) look()
  }

  /** Resolves when it is open to all of `peers`. */
  async opened(peers: () => Iterable<InstitutionId>): Promise<void> {
    const areOpen = () => [...peers()].every(peer => this.isOpenTo(peer))
    if (areOpen()) return
    await new Promise<void>(resolve => {
      const look = () => {
        if (!areOpen()) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
    })
  }
}
