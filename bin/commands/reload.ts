/** `tonebank reload`: a running installation reads its file again. */
import { dirname } from 'node:path'
import { fileOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { askOwner, NoOwner } from '../../src/operations/owner/ask.ts'
import { startContract } from '../../src/operations/owner/contract.ts'
import { systemRuntime } from '../../src/runtime.ts'

export async function reload(where: Where): Promise<void> {
  const file = fileOf(where)
  readInstallation(file)
  process.stdout.write(`${await reloadIfRunning(file)}\n`)
}

/** One sentence that says what became of it. */
async function reloadIfRunning(file: string): Promise<string> {
  try {
    const { reload: operation } = startContract
    await askOwner(dirname(file), systemRuntime, { kind: 'reload', operation, request: {} })
    return `${file} was read again, and is what runs now.`
  } catch (error) {
    if (error instanceof NoOwner) return `Nothing runs from ${file}: the next start reads it.`
    throw error
  }
}
