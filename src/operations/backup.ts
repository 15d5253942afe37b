/**
 * Ships an institution's change log to another place, once or for as long as it is wanted, and reports to the running
 * institution how far it is: that one raises the alarm when the log stays behind.
 */
import type { Runtime } from '../runtime.ts'
import { assertOwnBackup, Follower, type FollowerOptions, OtherBooks } from '../store/backup/follower.ts'
import { BackupDamaged } from '../store/backup/log-file.ts'
import { CannotDo } from './cannot-do.ts'
import { askOwner } from './owner/ask.ts'
import { type Contract, contract } from './owner/contract.ts'
import type { FromCallerOf } from './owner/operation.ts'

const lookEveryMs = 250
const againAfterMs = 1_000

export interface Shipment {
  readonly institution: string
  /** The institution's. */
  readonly folder: string
  readonly target: string
  readonly runtime: Runtime
  readonly say: (line: string) => void
  readonly options?: FollowerOptions
}

/** Copies everything that is there now. @throws CannotDo */
export function shipOnce(shipment: Shipment): bigint {
  const follower = opened(shipment)
  try {
    for (;;) {
      const { head, behind } = follower.ship()
      if (behind === 0n) return head.sequence
    }
  } finally {
    follower.close()
  }
}

/** Goes on until `stopped`. A disk that is full or away is said once and waited for. @throws CannotDo */
export async function follow(shipment: Shipment, stopped: AbortSignal): Promise<void> {
  const { runtime, institution, say } = shipment
  const follower = opened(shipment)
  const reports = new Reports(shipment.folder, runtime, stopped)
  let isAway = false
  try {
    while (!stopped.aborted) {
      try {
        const { head, behind } = follower.ship()
        reports.shipped(head.sequence)
        if (isAway) say(`${institution}: shipped again, up to record ${head.sequence}`)
        isAway = false
        if (behind === 0n) await runtime.sleep(lookEveryMs, stopped).catch(() => {})
      } catch (error) {
        if (!isAway)
          say(`${institution}: cannot be shipped at present: ${error instanceof Error ? error.message : error}`)
        isAway = true
        await runtime.sleep(againAfterMs, stopped).catch(() => {})
      }
    }
  } finally {
    await reports.finish()
    follower.close()
  }
}

/** Whether it may go there, before anything is written. @throws CannotDo */
export function assertTarget({ folder, target }: Pick<Shipment, 'folder' | 'target'>): void {
  orSayOtherwise(() => assertOwnBackup(folder, target))
}

function opened({ folder, target, options }: Shipment): Follower {
  return orSayOtherwise(() => new Follower(folder, target, options))
}

function orSayOtherwise<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof OtherBooks) throw new CannotDo(`${error.message}; back them up to another folder`)
    if (error instanceof BackupDamaged) throw new CannotDo(`${error.message}; begin a new backup in another folder`)
    throw error
  }
}

type Report = FromCallerOf<Contract['backup']>

/** A conversation with whoever owns the institution, begun again when the institution was. */
class Reports {
  readonly #ended = new AbortController()
  readonly #talking: Promise<void>
  #sequence = 0n
  #send: ((report: Report) => void) | undefined

  constructor(folder: string, runtime: Runtime, stopped: AbortSignal) {
    this.#talking = this.#talk(folder, runtime, stopped)
  }

  shipped(sequence: bigint): void {
    if (sequence === this.#sequence) return
    this.#sequence = sequence
    this.#send?.({ say: 'shipped', sequence })
  }

  async finish(): Promise<void> {
    this.#ended.abort()
    this.#send?.({ say: 'finished' })
    await this.#talking
  }

  async #talk(folder: string, runtime: Runtime, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted && !this.#ended.signal.aborted) {
      const asked = {
        ...{ kind: 'backup', operation: contract.backup, request: {} },
        talk: {
          heard: () => {},
          began: (send: (message: unknown) => void) => {
            this.#send = send
            send({ say: 'shipped', sequence: this.#sequence } satisfies Report)
            if (this.#ended.signal.aborted) send({ say: 'finished' } satisfies Report)
          },
        },
      }
      // It does not run, or was stopped: its books are shipped all the same.
      await askOwner(folder, runtime, asked).catch(() => {})
      this.#send = undefined
      await runtime.sleep(againAfterMs, AbortSignal.any([stopped, this.#ended.signal])).catch(() => {})
    }
  }
}
