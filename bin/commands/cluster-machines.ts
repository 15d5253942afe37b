/** The folders of two machines that have the demonstration's institutions between them: one serves, the other stands by. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDemo } from '../../demo/demo.ts'
import { demoText } from '../../demo/institutions.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { copyPrivate } from './copy-private.ts'

/**
 * Makes `one` and `two` in `folder`, from the `installation` that `writeCluster` wrote there. The second has of the first what a second machine
 * needs: the file, keys and people, and no books.
 */
export async function makeMachines(folder: string): Promise<void> {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  mkdirSync(one, { mode: 0o700 })
  copyPrivate(join(folder, 'installation'), one)
  const keeper = readFileSync(join(one, 'keeper.yaml'), 'utf8')
  appendFileSync(join(one, 'tonebank.yaml'), `${demoText}\n${keeper}`, { mode: 0o600 })
  await createDemo(join(one, 'institutions'), systemRuntime)
  const isOfBooks = /\/(institution\.db[^/]*|record-keys|checkpoints|log\.ndjson)$/
  copyPrivate(one, two, source => !isOfBooks.test(source))
}
