/** Opens the record keys of an institution that two machines have: this one answers the other until it serves itself. */
import { fromHex } from '../../bytes.ts'
import type { InstitutionId } from '../../ids.ts'
import type { Runtime } from '../../runtime.ts'
import { selfSigned } from '../certificate.ts'
import { Answering } from './answering.ts'
import { openEntrance } from './entrance.ts'
import { KeyTable } from './key-table.ts'
import { machineKey } from './machine-key.ts'
import { type MirroredRecordKeys, mirroredKeys } from './mirrored-keys.ts'
import { type MirrorTimes, wayTo } from './way.ts'

/** One of the two, as an installation's file says it. */
export interface MachinePlace {
  /** Where it listens: an address of its own, by which the other one reaches it. */
  readonly host: string
  readonly port: number
  /** Of its machine key: 64 hexadecimal digits. */
  readonly key: string
}

export interface MirrorPlaces {
  readonly machines: readonly MachinePlace[]
}

/** Neither of the two machines that are named has the key of this one. */
export class UnknownMachine extends Error {
  constructor(institution: string, pin: string) {
    super(
      `recordKeys.machines of ${institution} does not name this machine, whose key is ${pin}: \`tonebank keys machine ${institution}\` says it`,
    )
    this.name = 'UnknownMachine'
  }
}

interface OpeningTimes extends MirrorTimes {
  /** The longest that nobody is served for the other machine's sake. */
  readonly serveMs: number
}

const usualTimes: OpeningTimes = { connectMs: 1_000, answerMs: 5_000, serveMs: 5_000 }

/** `folder`: of the record keys. @throws UnknownMachine, FolderInUse, and when it cannot listen where the file says */
export async function openMirroredKeys(
  runtime: Runtime,
  institution: InstitutionId,
  folder: string,
  { machines }: MirrorPlaces,
  times: OpeningTimes = usualTimes,
): Promise<MirroredRecordKeys> {
  const { privateKey, pin } = machineKey(runtime, folder)
  const own = machines.find(({ key }) => key === pin)
  const other = machines.find(({ key }) => key !== pin)
  if (own === undefined || other === undefined) throw new UnknownMachine(institution, pin)
  const identity = selfSigned(privateKey)
  const pinned = fromHex(other.key)
  const table = new KeyTable(runtime, { folder })
  try {
    const answering = new Answering(runtime, institution, table)
    const entrance = await openEntrance({ ...own, identity, pinned, answering })
    const connect = () => wayTo(runtime, { ...other, pinned }, identity, times)
    return mirroredKeys({ runtime, institution, table, answering, entrance, connect, serveMs: times.serveMs })
  } catch (error) {
    await table.close()
    throw error
  }
}
