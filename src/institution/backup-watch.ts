/**
 * Watches that the change log reaches its backup: whoever ships it away reports each record that is on the disk there, and
 * an alarm is raised when it stays behind, or goes away. An institution that nobody backs up raises none.
 */
import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Store } from '../store/store.ts'

/** What is written and not yet shipped is what a fire takes. */
const mostLagMs = 5_000
const lookEveryMs = 1_000

export interface Shipping {
  /** The last record that is on the other disk. */
  shipped(sequence: bigint): void
  /** It ended in order. */
  finished(): void
  /** Nobody ships any more, and nobody said why. */
  gone(): void
}

export class BackupWatch {
  readonly #institution: InstitutionId
  readonly #runtime: Runtime
  readonly #store: Store
  readonly #closing = new AbortController()
  readonly #followers = new Set<Promise<void>>()

  constructor(options: { readonly institution: InstitutionId; readonly runtime: Runtime; readonly store: Store }) {
    this.#institution = options.institution
    this.#runtime = options.runtime
    this.#store = options.store
  }

  /** Somebody ships from now on. Each is watched apart: two backups in two places are two. */
  begin(): Shipping {
    const ended = new AbortController()
    const state = { shipped: 0n, ended }
    const watching = this.#watch(state).finally(() => this.#followers.delete(watching))
    this.#followers.add(watching)
    return {
      shipped: sequence => {
        if (sequence > state.shipped) state.shipped = sequence
      },
      finished: () => ended.abort(),
      gone: () => {
        if (ended.signal.aborted || this.#closing.signal.aborted) return
        ended.abort()
        void this.#raise('backup-stopped', `it had reached record ${state.shipped}`)
      },
    }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.all(this.#followers)
  }

  async #watch(state: { readonly shipped: bigint; readonly ended: AbortController }): Promise<void> {
    const over = AbortSignal.any([state.ended.signal, this.#closing.signal])
    let caughtUpMs = this.#runtime.monotonicMs()
    /** The record that it has to reach to have caught up. */
    let wanted = this.#store.head()?.sequence ?? 0n
    let isAlarmed = false
    while (await this.#pause(over)) {
      if (state.shipped >= wanted) {
        wanted = this.#store.head()?.sequence ?? 0n
        caughtUpMs = this.#runtime.monotonicMs()
        isAlarmed = false
      } else if (!isAlarmed && this.#runtime.monotonicMs() - caughtUpMs > mostLagMs) {
        isAlarmed = true
        await this.#raise('backup-behind', `it is at record ${state.shipped}, the books at ${wanted}`)
      }
    }
  }

  async #pause(over: AbortSignal): Promise<boolean> {
    try {
      await this.#runtime.sleep(lookEveryMs, over)
      return true
    } catch {
      return false
    }
  }

  /** It must not stop whoever reports: an alarm that cannot be written has a store with greater trouble behind it. */
  async #raise(kind: 'backup-behind' | 'backup-stopped', detail: string): Promise<void> {
    const at = now({ runtime: this.#runtime })
    await this.#store
      .execute(tx => raiseAlarm(tx, this.#institution, { peer: this.#institution, kind, detail, at }))
      .catch(() => {})
  }
}
