/** The keys of people in a folder of the institution: one file each, readable by its owner alone, never overwritten. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publicIn } from './person-key.ts'

export const peopleFolder = (institution: string): string => join(institution, 'people')

/** A name as a file's: what another system would not take becomes a hyphen; which key it is says the file itself. */
const fileOf = (institution: string, name: string) =>
  join(
    peopleFolder(institution),
    `${name
      .normalize('NFKC')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '-')}.person`,
  )

/** @throws Error where there is a key of that name */
export function keepPersonKey(institution: string, name: string, text: string): string {
  const file = fileOf(institution, name)
  mkdirSync(peopleFolder(institution), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  return file
}

/** The text of a person's key, by name; undefined when this folder has none. */
export function personKeyOf(institution: string, name: string): string | undefined {
  const folder = peopleFolder(institution)
  if (!existsSync(folder)) return undefined
  return readdirSync(folder)
    .filter(file => file.endsWith('.person'))
    .map(file => readFileSync(join(folder, file), 'utf8'))
    .find(text => publicIn(text).name === name)
}
