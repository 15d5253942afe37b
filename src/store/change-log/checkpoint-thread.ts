/** The thread in which a checkpoint is taken: reading every row takes seconds that no call may wait for. */
import { workerData } from 'node:worker_threads'
import { takeCheckpoint } from './checkpoint.ts'
import { proveSnapshot } from './checkpoint-proof.ts'

export interface ThreadOrder {
  readonly file: string
  readonly folder: string
}

const { file, folder } = workerData as ThreadOrder
takeCheckpoint(file, folder, snapshot => proveSnapshot(snapshot, folder))
