/** `tonebank backup`: the books of an installation in another place, once or for as long as this runs. */

import { copyFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { follow, type Shipment, shipOnce } from '../../src/operations/backup.ts'
import { booksOf, fileOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { makeFolder } from '../../src/store/make-folder.ts'

export async function backup(to: string, options: Where & { readonly follow?: boolean }): Promise<void> {
  const installation = readInstallation(fileOf(options))
  const target = resolve(to)
  const shipments: Shipment[] = installation.institutions.map(entry => ({
    institution: entry.id,
    folder: booksOf(installation, entry),
    target: join(target, entry.id),
    runtime: systemRuntime,
    say,
  }))
  makeFolder(target)
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
