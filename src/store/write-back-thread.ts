/** The thread that writes what is in a write-ahead log to its database: the disk takes a tenth of a second and more for 32 MB. */
import { parentPort } from 'node:worker_threads'
import { writeBack } from './connection.ts'

parentPort?.on('message', (file: string) => {
  writeBack(file)
  parentPort?.postMessage('written back')
})
