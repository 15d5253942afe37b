/** What a machine of `drill.ts` is told, and what it says. */
import type { KeeperTimes } from '../../../src/store/keeper/place.ts'

export interface Machine {
  /** Of this life alone: what it writes is called by it. */
  readonly name: string
  readonly folder: string
  readonly port: number
  readonly password: string
  readonly times: KeeperTimes
}

/** It looks again and again whether the other has let go of the lease. */
export const standingBy = 'standing by'
