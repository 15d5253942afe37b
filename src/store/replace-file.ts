/** Files that are whole on the disk or not there, whatever dies in between. */
import { closeSync, copyFileSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes it under another name first: half a file is none. Its owner alone may read it. */
export function replaceFile(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.making`, content, { mode: 0o600, flush: true })
  renameSync(`${file}.making`, file)
  syncFolder(dirname(file))
}

/** As `replaceFile`, with what is in another file. */
export function replaceWithCopy(file: string, of: string): void {
  copyFileSync(of, `${file}.making`)
  moveWhole(`${file}.making`, file)
}

/** All of it is on the disk under its new name when it returns. */
export function moveWhole(from: string, to: string): void {
  const descriptor = openSync(from, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(from, to)
  syncFolder(dirname(to))
}

/** The names in a folder are on the disk when it returns. */
export function syncFolder(folder: string): void {
  // Windows opens no folder, and needs no such thing.
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
