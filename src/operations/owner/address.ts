/**
 * Where an owner listens: a socket in the institution's folder, which its user alone may enter. The name of a socket ends
 * at 107 bytes (sun_path, unix(7)), so below a deep folder it gets a short one of its own. A file in the folder says which.
 */

import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { errorCode } from '../../error-code.ts'

/** 103 on macOS, 107 on Linux. */
const longestName = 103

export interface Address {
  readonly path: string
  /** Removes what `chooseAddress` made. */
  release(): void
}

const addressFile = (folder: string) => join(folder, 'owner.address')

/** For the process that holds the folder's lock: whatever lies there from an earlier life is nobody's. */
export function chooseAddress(folder: string): Address {
  const path = socketName(folder)
  const file = addressFile(folder)
  if (process.platform !== 'win32') rmSync(path, { force: true })
  writeFileSync(file, `${path}\n`, { mode: 0o600 })
  return {
    path,
    release: () => {
      rmSync(file, { force: true })
      if (process.platform === 'win32') return
      rmSync(path, { force: true })
      if (dirname(path) !== folder) rmSync(dirname(path), { recursive: true, force: true })
    },
  }
}

/** Undefined when nobody has listened in this folder since it was last left in order. */
export function addressIn(folder: string): string | undefined {
  try {
    return readFileSync(addressFile(folder), 'utf8').trim()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

function socketName(folder: string): string {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\tonebank-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`
  }
  const inFolder = join(folder, 'owner.sock')
  if (Buffer.byteLength(inFolder) <= longestName) return inFolder
  // `mkdtemp` makes a folder that only its maker may enter.
  return join(mkdtempSync(join(tmpdir(), 'tonebank-')), 'owner.sock')
}
