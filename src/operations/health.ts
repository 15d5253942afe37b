/**
 * Whether the books of an institution can be written: its store takes a command, and its disk takes a file. The command writes
 * nothing, as each record of the change log is kept; a full disk shows at the file.
 */
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keptAnswer } from '../kept-answer.ts'
import { type Runtime, withDeadline } from '../runtime.ts'
import type { Store } from '../store/store.ts'

export type Health = { readonly healthy: true } | { readonly healthy: false; readonly why: string }

const deadlineMs = 2_000
const probe = new Uint8Array(4_096).fill(0x2e)

/** A look costs a command of the store and a write that is waited for, and whoever asks does not ask so often. */
const keptMs = 1_000

/** Looks once for all who ask meanwhile, and at most once a second. Never rejects. */
export function healthOf(runtime: Runtime, store: Store, folder: string): () => Promise<Health> {
  return keptAnswer(runtime, keptMs, () => booksAreWritable(runtime, store, folder))
}

/** Never rejects. */
async function booksAreWritable(runtime: Runtime, store: Store, folder: string): Promise<Health> {
  try {
    await withDeadline(
      runtime,
      'the books',
      deadlineMs,
      store.execute(async () => {}, 'unhurried'),
    )
    await withDeadline(runtime, 'the disk', deadlineMs, writeProbe(join(folder, 'health.probe')))
    return { healthy: true }
  } catch (error) {
    return { healthy: false, why: String(error) }
  }
}

async function writeProbe(path: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.write(probe)
    await file.sync()
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}
