/**
 * Names that calls are to tell and that are not rendered yet: those of customers who came while the institution runs. They are
 * rendered beside the calls, in the order in which they came; until then sentences go without them.
 */
import { BackOff } from '../back-off.ts'
import { namesOfHolder } from '../bank/customers.ts'
import { Cancellation, type Runtime } from '../runtime.ts'
import type { SpokenName } from '../speech/speech.ts'
import type { Contract } from './owner/contract.ts'
import type { HandlersOf } from './owner/operation.ts'

/** A synthesiser that fails may be away for a moment, or for a day. The next start renders every name in any case. */
const pauses = { firstMs: 1_000, mostMs: 600_000 }

export class NamesToSpeak {
  readonly #render: (names: readonly SpokenName[]) => Promise<void>
  readonly #troubled: (error: unknown) => void
  readonly #pauses: BackOff
  readonly #closing = new Cancellation()
  #waiting: readonly SpokenName[] = []
  #isRendering = false

  /** `render` rejects when it cannot: it is asked again later. */
  constructor(
    runtime: Runtime,
    render: (names: readonly SpokenName[]) => Promise<void>,
    troubled: (error: unknown) => void,
  ) {
    this.#render = render
    this.#troubled = troubled
    this.#pauses = new BackOff(runtime, pauses)
  }

  add(name: SpokenName): void {
    this.#waiting = [...this.#waiting, name]
    if (!this.#isRendering) void this.#renderAll()
  }

  /** What is being rendered comes to its end; nothing else begins. */
  close(): void {
    this.#closing.cancel('closing')
  }

  async #renderAll(): Promise<void> {
    this.#isRendering = true
    while (this.#waiting.length > 0 && !this.#closing.aborted) {
      const names = this.#waiting
      try {
        await this.#render(names)
        this.#waiting = this.#waiting.slice(names.length)
        this.#pauses.forget()
      } catch (error) {
        this.#troubled(error)
        await this.#pauses.pause(this.#closing)
      }
    }
    this.#isRendering = false
  }
}

/** The same handlers; who opens an account is named in calls from soon on. */
export function withNames(handlers: HandlersOf<Contract>, names: NamesToSpeak): HandlersOf<Contract> {
  const open = handlers['customers.open']
  if (open === undefined) return handlers
  return {
    ...handlers,
    'customers.open': async (request, otherEnd) => {
      const opened = await open(request, otherEnd)
      for (const name of namesOfHolder(request.name)) names.add(name)
      return opened
    },
  }
}
