/** Brings books to this program's schema under the lease, which goes on being renewed however large they are. */
import { Worker } from 'node:worker_threads'
import type { Runtime } from '../../runtime.ts'
import type { ChainedRecord } from '../change-log/record.ts'
import type { Sqlite } from '../connection.ts'
import { isUpToDate, migrateKept, SchemaMismatch } from '../migrations.ts'
import type { OpenStore } from '../open.ts'
import type { Keep } from '../writer.ts'
import type { UpgradeOrder } from './upgrade-thread.ts'

/** Books with records get a checkpoint first; new ones have nothing that takes time. @throws SchemaMismatch, and what `keep` throws */
export async function upgrade(
  runtime: Runtime,
  at: OpenStore['at'],
  database: Sqlite,
  { migrations, keep, isNew }: Omit<UpgradeOrder, 'folder'> & { readonly keep: Keep; readonly isNew: boolean },
  preparing: (what: string) => void,
): Promise<void> {
  if (isUpToDate(database, migrations)) return
  if (isNew || !('folder' in at)) return migrateKept(database, migrations, keep)
  preparing('its books are brought to another schema')
  await runtime.work(inThread({ folder: at.folder, migrations }, keep))
}

function inThread(order: UpgradeOrder, keep: Keep): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./upgrade-thread.mjs', import.meta.url), { name: 'upgrade', workerData: order })
    let refusal: unknown
    thread.on('message', (record: ChainedRecord) =>
      keep(record).then(
        () => thread.postMessage('kept'),
        error => {
          refusal = error
          thread.postMessage('not kept')
        },
      ),
    )
    // Its class is lost on the way.
    thread.on('error', error =>
      reject(refusal ?? (error.name === 'SchemaMismatch' ? new SchemaMismatch(error.message) : error)),
    )
    thread.on('exit', code => (code === 0 ? resolve() : reject(new Error(`the upgrade's thread ended with ${code}`))))
  })
}
