/** `tonebank status`: which institutions of the installation run, asked of their processes. */
import { askOwner, NoOwner } from '../../src/operations/owner/ask.ts'
import { type About, contract } from '../../src/operations/owner/contract.ts'
import { installationAt } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { institutionIds } from '../open-institution.ts'

export async function status({ data }: { data: string }): Promise<void> {
  const { institution: folderOf } = installationAt(data)
  for (const id of institutionIds) process.stdout.write(`${id}: ${await stateOf(folderOf(id))}\n`)
}

async function stateOf(folder: string): Promise<string> {
  try {
    const asked = { kind: 'about', operation: contract.about, request: {} } as const
    const { kind, pid } = (await askOwner(folder, systemRuntime, asked)) as About
    return `a ${kind}, running as process ${pid}`
  } catch (error) {
    if (error instanceof NoOwner) return 'not running'
    throw error
  }
}
