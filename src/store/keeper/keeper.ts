/**
 * Keeps each commit group's record in PostgreSQL before the group is committed here, under a lease, so that neither a reader nor the
 * mail ever tells what PostgreSQL has not kept.
 */
import { invariant } from '../../invariant.ts'
import type { LogHead } from '../change-log/head.ts'
import type { ChainedRecord } from '../change-log/record.ts'
import { NotKept } from '../store.ts'
import type { KeptLog } from './kept-log.ts'
import type { Lease } from './lease.ts'
import { Refused } from './session.ts'

export class Keeper {
  readonly #log: KeptLog
  readonly #lease: Lease
  readonly #lost: (cause: unknown) => void
  #head: LogHead

  /** `head`: the last record that is kept. `lost` is called when nothing more can be kept by this process. */
  constructor(log: KeptLog, lease: Lease, head: LogHead, lost: (cause: unknown) => void) {
    this.#log = log
    this.#lease = lease
    this.#head = head
    this.#lost = lost
  }

  /** The last record that is kept. */
  get head(): LogHead {
    return this.#head
  }

  /** @throws NotKept; another error when it is not known whether it was kept, or when it may not be told any more */
  async keep(record: ChainedRecord | undefined): Promise<void> {
    this.#lease.assertHeld()
    if (record === undefined) return
    invariant(record.sequence === this.#head.sequence + 1n, 'a record does not follow the last that was kept')
    const outcome = await this.#append(record)
    if (outcome === 'fenced') {
      this.#lease.fence()
      const fenced = new NotKept('another process has taken over')
      this.#lost(fenced)
      throw fenced
    }
    this.#head = record
    if (this.#lease.isHeld) return
    const late = new Error('the lease ran out while it was being kept')
    this.#lost(late)
    throw late
  }

  async #append(record: ChainedRecord): Promise<'kept' | 'fenced'> {
    try {
      return await this.#log.append(record, this.#head.hash, this.#lease.epoch)
    } catch (error) {
      if (error instanceof Refused) throw new NotKept(error.message, error)
      // It may be there or not, and may even come later: what follows is for the next epoch to find out.
      this.#lease.fence()
      this.#lost(error)
      throw error
    }
  }
}
