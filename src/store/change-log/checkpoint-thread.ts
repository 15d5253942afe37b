/** The thread in which a checkpoint is taken: reading every row takes seconds that no call may wait for. */
import { setPriority } from 'node:os'
import { workerData } from 'node:worker_threads'
import { thrownOut } from '../thread-error.ts'
import { takeCheckpoint } from './checkpoint.ts'
import { proveSnapshot } from './checkpoint-proof.ts'

export interface ThreadOrder {
  readonly file: string
  readonly folder: string
}

// Of the thread alone (Linux): it proves a day's log beside that day's end, which is not to wait for it.
if (process.platform === 'linux') setPriority(0, 19)
const { file, folder } = workerData as ThreadOrder
try {
  takeCheckpoint(file, folder, snapshot => proveSnapshot(snapshot, folder))
} catch (error) {
  throw thrownOut(error)
}
