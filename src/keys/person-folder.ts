/** The keys of people in a folder of the institution: one file each, readable by its owner alone, never overwritten. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folderIn = (institution: string) => join(institution, 'people')

/** A name as a file's: what another system would not take becomes a hyphen; which key it is says the file itself. */
const fileOf = (institution: string, name: string) =>
  join(
    folderIn(institution),
    `${name
      .normalize('NFKC')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')}.person`,
  )

/** @throws Error where there is a key of that name */
export function keepPersonKey(institution: string, name: string, text: string): string {
  const file = fileOf(institution, name)
  mkdirSync(folderIn(institution), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  return file
}
