/** Who comes while another of the same subject is served waits for the end of it: a family at two phones, not a crowd. */

/** How many may be there for one subject, the one who is served included. */
const mostAtOnce = 4

export interface Turn {
  /** Resolves when everybody before has ended. */
  readonly come: Promise<void>
  end(): void
}

export class Turns {
  readonly #turns = new Map<string, { readonly last: Promise<void>; readonly waiting: number }>()

  /** Undefined when too many wait for this subject already. */
  take(subject: string): Turn | undefined {
    const before = this.#turns.get(subject)
    if (before !== undefined && before.waiting >= mostAtOnce) return undefined
    let end = (): void => {}
    const mine = new Promise<void>(resolve => {
      end = resolve
    })
    this.#turns.set(subject, { last: mine, waiting: (before?.waiting ?? 0) + 1 })
    return {
      come: before?.last ?? Promise.resolve(),
      end: () => {
        const now = this.#turns.get(subject)
        if (now !== undefined && now.waiting <= 1) this.#turns.delete(subject)
        else if (now !== undefined) this.#turns.set(subject, { last: now.last, waiting: now.waiting - 1 })
        end()
      },
    }
  }
}
