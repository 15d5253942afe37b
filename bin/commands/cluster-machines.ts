/** The folders of two machines that have the demonstration's institutions between them: one serves, the other stands by. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, isSeq, parseDocument } from 'yaml'
import { createDemo } from '../../demo/demo.ts'
import { demoText } from '../../demo/institutions.ts'
import { machineKey } from '../../src/keys/mirror/machine-key.ts'
import { asWritten } from '../../src/operations/installation/file.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { copyPrivate } from './copy-private.ts'

/**
 * Makes `one` and `two` in `folder`, from the `installation` that `writeCluster` wrote there. The second has of the first what a second machine
 * needs: the file, keys and people, and no books. Each has a copy of the record keys of the other, which it hears of at a port that
 * `nextPort` gives.
 */
export async function makeMachines(folder: string, nextPort: () => Promise<number>): Promise<void> {
  const machines = [join(folder, 'one'), join(folder, 'two')] as const
  const [one, two] = machines
  mkdirSync(one, { mode: 0o700 })
  copyPrivate(join(folder, 'installation'), one)
  const keeper = readFileSync(join(one, 'keeper.yaml'), 'utf8')
  await createDemo(join(one, 'institutions'), systemRuntime)
  const isOfBooks = /\/(institution\.db[^/]*|record-keys|checkpoints|log\.ndjson)$/
  copyPrivate(one, two, source => !isOfBooks.test(source))
  const text = `${await withMirrors(demoText, machines, nextPort)}\n${keeper}`
  for (const machine of machines) writeFileSync(join(machine, 'tonebank.yaml'), text, { mode: 0o600 })
}

/** The file of an installation, with the two machines that have the record keys of each institution. */
async function withMirrors(
  text: string,
  machines: readonly string[],
  nextPort: () => Promise<number>,
): Promise<string> {
  const document = parseDocument(text, asWritten)
  const institutions = document.get('institutions')
  if (!isSeq(institutions)) throw new Error('a file of an installation lists its institutions')
  for (const entry of institutions.items) {
    if (!isMap(entry)) continue
    const keysOf = (machine: string) => join(machine, 'institutions', String(entry.get('id')), 'record-keys')
    const mirrors: { readonly host: string; readonly port: number; readonly key: string }[] = []
    for (const machine of machines)
      mirrors.push({ host: '127.0.0.1', port: await nextPort(), key: machineKey(systemRuntime, keysOf(machine)).pin })
    entry.set('recordKeys', document.createNode({ machines: mirrors }))
  }
  return document.toString({ lineWidth: 120 })
}
