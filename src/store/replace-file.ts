/** Files that are whole on the disk or not there, whatever dies in between. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes it under another name first: half a file is none. Its owner alone may read it. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.making`, content, { mode: 0o600, flush: true })
  renameSync(`${file}.making`, file)
  syncFolder(dirname(file))
}

/** The names in a folder are on the disk when it returns. */
export function syncFolder(folder: string): void {
  // Windows opens no folder, and needs no such thing.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
