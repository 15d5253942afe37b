/** `tonebank backup`: the books of an installation in another place, once or for as long as this runs. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { follow, type Shipment, shipOnce } from '../../src/operations/backup.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { fileOf, folderOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { databaseIn } from '../../src/store/connection.ts'

export async function backup(to: string, options: Where & { readonly follow?: boolean }): Promise<void> {
  const installation = readInstallation(fileOf(options))
  const target = resolve(to)
  mkdirSync(target, { recursive: true, mode: 0o700 })
  const shipments: Shipment[] = installation.institutions.map(entry => ({
    institution: entry.id,
    folder: folderOf(installation, entry),
    target: join(target, entry.id),
    runtime: systemRuntime,
    say,
  }))
  const without = shipments.find(({ folder }) => !existsSync(databaseIn(folder)))
  if (without) throw new CannotDo(`${without.institution} has no books yet: start it first`)
  copyFileSync(installation.file, join(target, 'tonebank.yaml'))
  if (options.follow) return followAll(shipments)
  for (const shipment of shipments) say(`${shipment.institution}: shipped up to record ${shipOnce(shipment)}`)
}

async function followAll(shipments: readonly Shipment[]): Promise<void> {
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort())
  say(`following ${shipments.map(({ institution }) => institution).join(', ')}; Ctrl-C ends it`)
  await Promise.all(shipments.map(shipment => follow(shipment, stopped.signal)))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
