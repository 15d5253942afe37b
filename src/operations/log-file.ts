/**
 * The file that an institution's log goes into, line by line, written at once, so that a crash loses none. A disk that is
 * full or broken never ends a process or a call: lines are lost and counted, and the first line after space has returned
 * says how many. Files are rotated by size: `log.ndjson`, then `log.1.ndjson`, which is the youngest of the older ones.
 */

import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { errorCode } from '../error-code.ts'
import { instantOf } from '../runtime.ts'

export interface LogFileOptions {
  readonly folder: string
  /** The line that tells of those that are lost, written as soon as it can be. */
  readonly lostLine: (count: number) => string
  readonly mostBytes?: number
  /** How many older files are kept. */
  readonly kept?: number
  /** Appends to a file and returns how much of it was written; tests put a full disk in its place. */
  readonly append?: (file: number, bytes: Uint8Array) => number
}

export class LogFile {
  readonly #options: Required<LogFileOptions>
  #file: number | undefined
  #size = 0
  #lost = 0

  /** Throws when a file cannot be opened here at all; a full disk is no reason. */
  constructor(options: LogFileOptions) {
    this.#options = { mostBytes: 16 * 1024 * 1024, kept: 4, append: writeSync, ...options }
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 })
      this.#open()
    } catch (error) {
      if (!isDiskTrouble(error)) throw error
    }
  }

  /** As pino asks it of a destination. Never throws. */
  write(line: string): void {
    if (this.#lost > 0 && this.#append(this.#options.lostLine(this.#lost))) this.#lost = 0
    if (this.#lost > 0 || !this.#append(line)) this.#lost++
  }

  /** Erases lines that were written before an instant, in milliseconds since 1970; one that does not say when it was written goes with those before it. */
  forgetBefore(instant: number): void {
    this.close()
    for (let age = 0; age <= this.#options.kept; age++) forgetLines(this.#path(age), instant)
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    this.#file = undefined
  }

  /** False when the line is lost. */
  #append(line: string): boolean {
    try {
      const bytes = new TextEncoder().encode(line)
      if (this.#size > 0 && this.#size + bytes.length > this.#options.mostBytes) this.#rotate()
      const file = this.#file ?? this.#open()
      return this.#appendWhole(file, bytes)
    } catch {
      return false
    }
  }

  /** Of a line for which there was not enough space nothing stays. */
  #appendWhole(file: number, bytes: Uint8Array): boolean {
    let written = 0
    try {
      while (written < bytes.length) {
        const count = this.#options.append(file, bytes.subarray(written))
        if (count === 0) throw new Error('nothing was written')
        written += count
      }
      this.#size += written
      return true
    } catch {
      if (written > 0) ftruncateSync(file, this.#size)
      return false
    }
  }

  #rotate(): void {
    this.close()
    const { kept } = this.#options
    rmSync(this.#path(kept), { force: true })
    for (let age = kept - 1; age >= 0; age--) renameIfThere(this.#path(age), this.#path(age + 1))
  }

  #open(): number {
    const file = openSync(this.#path(0), 'a', 0o600)
    this.#file = file
    const found = fstatSync(file)
    // It may be there with another mode, copied by somebody's hand. A device is not ours to change.
    if (found.isFile() && (found.mode & 0o077) !== 0) fchmodSync(file, 0o600)
    this.#size = found.size
    return file
  }

  #path(age: number): string {
    return join(this.#options.folder, age === 0 ? 'log.ndjson' : `log.${age}.ndjson`)
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
  }
}

/** Reads the file as a whole only when its first line is too old, which is once for each file that ages. */
function forgetLines(path: string, instant: number): void {
  if (!existsSync(path) || isKept(firstLineOf(path), instant)) return
  const lines = readFileSync(path, 'utf8').split('\n')
  const first = lines.findIndex(line => isKept(line, instant))
  if (first === -1) {
    rmSync(path)
    return
  }
  const rest = `${path}.rest`
  writeFileSync(rest, lines.slice(first).join('\n'), { mode: 0o600 })
  renameSync(rest, path)
}

const isKept = (line: string, instant: number): boolean =>
  instantOf(/"time":"([\d:.TZ-]+)"/.exec(line)?.[1] ?? '') >= instant

function firstLineOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(1_024)
    return bytes.toString('utf8', 0, readSync(file, bytes)).split('\n')[0] ?? ''
  } finally {
    closeSync(file)
  }
}

function isDiskTrouble(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO'].includes(errorCode(error) ?? '')
}
