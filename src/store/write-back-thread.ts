/** The thread that writes what is in a write-ahead log to its database: the disk takes a tenth of a second and more for 32 MB. */
import { parentPort } from 'node:worker_threads'
import { writeBack } from './connection.ts'
import { thrownOut } from './thread-error.ts'

parentPort?.on('message', (file: string) => {
  try {
    writeBack(file)
  } catch (error) {
    throw thrownOut(error)
  }
  parentPort?.postMessage('written back')
})
