/** One edit of one file, as a fault that tests put into a copy of the code. */
import { readFileSync, writeFileSync } from 'node:fs'

export interface Edit {
  readonly name: string
  readonly find: string
  readonly replace: string
}

/** @throws Error when the text to be replaced is not there, or more than once: a fault that was not put in would be found by nobody */
export function edited(file: string, { name, find, replace }: Edit): string {
  const source = readFileSync(file, 'utf8')
  if (source.split(find).length !== 2) throw new Error(`"${name}" does not fit ${file} any more`)
  return source.replace(find, () => replace)
}

export function editOnce(file: string, edit: Edit): void {
  writeFileSync(file, edited(file, edit))
}
