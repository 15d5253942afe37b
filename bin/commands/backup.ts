/** `tonebank backup`: the books of an installation in another place, once or for as long as this runs. */

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { assertTarget, follow, type Shipment, shipOnce } from '../../src/operations/backup.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { orExplain } from '../../src/operations/explain.ts'
import {
  booksOf,
  fileOf,
  type Installation,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { makeFolder } from '../../src/store/make-folder.ts'
import { replaceFile } from '../../src/store/replace-file.ts'

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
  assertFolder(target, installation, shipments)
  makeFolder(target)
  for (const shipment of shipments) assertTarget(shipment)
  // Whole or as it was: without it a backup cannot be put back.
  orExplain(target, () => replaceFile(join(target, 'tonebank.yaml'), installation.text))
  if (options.follow) return followAll(shipments)
  for (const shipment of shipments) say(`${shipment.institution}: shipped up to record ${shipOnce(shipment)}`)
}

/** That nothing of another installation, and nothing of this one, is written over. @throws CannotDo */
function assertFolder(target: string, { file, text }: Installation, shipments: readonly Shipment[]) {
  const to = real(target)
  const isInBooks = shipments.some(({ folder }) => `${to}${sep}`.startsWith(`${real(folder)}${sep}`))
  if (isInBooks || to === real(dirname(file)))
    throw new CannotDo(`${target} belongs to the installation itself: back it up to another folder, on another disk`)
  const there = join(target, 'tonebank.yaml')
  if (!existsSync(there) || readFileSync(there, 'utf8') === text) return
  if (!shipments.some(each => existsSync(join(each.target, 'shipped.json'))))
    throw new CannotDo(`${target} is another installation’s, or its backup: back this one up to another folder`)
}

const real = (path: string): string => (existsSync(path) ? realpathSync(path) : path)

async function followAll(shipments: readonly Shipment[]): Promise<void> {
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopped.abort())
  say(`following ${shipments.map(({ institution }) => institution).join(', ')}; Ctrl-C ends it`)
  await Promise.all(shipments.map(shipment => follow(shipment, stopped.signal)))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
