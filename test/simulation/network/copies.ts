/** Copies of the code, each with one fault, and of the stories that are to find it. */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Edit, editOnce } from '../../support/edit-once.ts'

export interface Fault extends Edit {
  /** Below `src/`. */
  readonly file: string
  /** What is said of it, where anything else would be found by chance. */
  readonly says?: RegExp
}

/** All that a story needs. */
const parts = ['src', 'demo', 'test/support', 'test/simulation/network', 'package.json', 'tsconfig.json']

/** The folder of a copy below `.cache`. */
export function copyWith(fault: Fault, number: number): string {
  const folder = resolve('.cache', 'network-faults', `${process.pid}-${number}`)
  for (const part of parts) {
    mkdirSync(dirname(join(folder, part)), { recursive: true })
    cpSync(part, join(folder, part), { recursive: true })
  }
  editOnce(join(folder, 'src', fault.file), fault)
  return folder
}

export function removeCopies(folders: readonly string[]): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
