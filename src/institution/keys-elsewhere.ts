/**
 * Keys of records that are not here may be on the other machine, which is away. What is given up for want of them is given up for ever,
 * so that it waits: for that machine, or for the word of a person who knows that it has none.
 */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MirroredRecordKeys } from '../keys/mirror/mirrored-keys.ts'
import type { Cancelled } from '../runtime.ts'

/** A file by which a person says that the keys which are missing are on no machine. */
export function giveUpMark(folder: string): string {
  return join(folder, 'give-lost-keys-up')
}

export interface KeysElsewhere {
  /**
   * Resolves once the other machine has told what it has, a person has given up what it may have, or no key is missing any more.
   * `missing` looks how many are. Rejects when it is asked to stop.
   */
  told(missing: () => Promise<number>): Promise<void>
  /** The same, asked while this machine serves: whether the other one has told, or a person has given up what it may have. */
  hasTold(): boolean
  /** By which people hear what is waited for then. */
  waitsFor(count: number): string
  /** What is missing is given up: the word has counted. */
  gaveUp(): void
}

interface Parts {
  readonly folder: string
  readonly mirrored: Pick<MirroredRecordKeys, 'fill' | 'standing' | 'hasAgreed'>
  /** Told why it waits, each time that it looks. */
  readonly standingBy?: ((why: string) => void) | undefined
  readonly signal?: Cancelled | undefined
}

export function keysElsewhere({ folder, mirrored, standingBy = () => {}, signal }: Parts): KeysElsewhere {
  const mark = giveUpMark(folder)
  const waitsFor = (count: number) => {
    const { why = 'it was not asked yet' } = mirrored.standing()
    return `${count} passwords of vouchers have no key here, and the other machine, which may have them, has not told them (${why}): start it, with this machine's key in its file; or, if it has lost them for ever, make the file ${mark}: what is unsold leaves the stock, and who bought one hears that it is lost`
  }
  return {
    told: missing =>
      mirrored.fill(async () => {
        if (existsSync(mark)) return true
        const count = await missing()
        if (count === 0) return true
        standingBy(waitsFor(count))
        return false
      }, signal),
    hasTold: () => mirrored.hasAgreed || existsSync(mark),
    waitsFor,
    gaveUp: () => rmSync(mark, { force: true }),
  }
}
