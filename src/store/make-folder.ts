/** Folders that somebody names. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes the folder and those above it, for their owner alone. Step by step: in /proc, where nothing can be made, Node's own
 * recursive `mkdir` never returns.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}
