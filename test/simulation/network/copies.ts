/** Copies of the code, each with one fault, and of the stories that are to find it. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface Fault {
  readonly name: string
  /** Below `src/`. */
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What is said of it, where anything else would be found by chance. */
  readonly says?: RegExp
}

/** All that a story needs. */
const parts = ['src', 'demo', 'test/support', 'test/simulation/network', 'package.json', 'tsconfig.json']

/** The folder of a copy below `.cache`. */
export function copyWith({ name, file, find, replace }: Fault, number: number): string {
  const folder = resolve('.cache', 'network-faults', `${process.pid}-${number}`)
  for (const part of parts) {
    mkdirSync(dirname(join(folder, part)), { recursive: true })
    cpSync(part, join(folder, part), { recursive: true })
  }
  const edited = join(folder, 'src', file)
  const source = readFileSync(edited, 'utf8')
  // A fault that was not put in would be found by nobody.
  if (source.split(find).length !== 2) throw new Error(`"${name}" does not fit ${file} any more`)
  writeFileSync(
    edited,
    source.replace(find, () => replace),
  )
  return folder
}

export function removeCopies(folders: readonly string[]): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}
