/** The thread in which kept books are brought to this program's schema: large ones take longer than a lease lasts, which is renewed meanwhile. */
import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { invariant } from '../../invariant.ts'
import { checkpointFolder, takeCheckpoint } from '../change-log/checkpoint.ts'
import { databaseIn, openFile } from '../connection.ts'
import { type Migration, migrateKept } from '../migrations.ts'
import { NotKept } from '../store.ts'
import { thrownOut } from '../thread-error.ts'

export interface UpgradeOrder {
  /** The institution's. */
  readonly folder: string
  readonly migrations: readonly Migration[]
}

const { folder, migrations } = workerData as UpgradeOrder
const port = parentPort
invariant(port !== null, 'an upgrade runs in a thread')
const database = openFile(databaseIn(folder), 'kept elsewhere')
try {
  await migrateKept(
    database,
    migrations,
    async record => {
      const answered = once(port, 'message')
      port.postMessage(record)
      const [answer] = await answered
      if (answer !== 'kept') throw new NotKept('the new schema was not kept')
    },
    () => void takeCheckpoint(databaseIn(folder), checkpointFolder(folder)),
  )
  // Or whoever closes the last connection would do it, while nobody renews the lease.
  database.pragma('wal_checkpoint(TRUNCATE)')
} catch (error) {
  throw thrownOut(error)
} finally {
  database.close()
}
