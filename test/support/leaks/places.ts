/** Searches whatever can be looked at (files, what was printed, what a process shows) for traces of known secrets. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Encoding, significant, tracesIn } from './traces.ts'

export interface Place {
  readonly name: string
  readonly bytes: Buffer
}

export interface KnownSecret {
  /** Stands in the findings, in place of the digits. */
  readonly what: string
  readonly digits: string
}

/** Digits by the name of the clip that says them, such as `en/4f09ab12cd`. */
export type DigitClips = ReadonlyMap<string, string>

/**
 * Sound has no lines, so that what stands between two bytes that could end one spells digits, and of a quarter of a million samples some three
 * are the packed decimals of any PIN. Who speaks one is found by the names of clips.
 */
const byChanceInSound: ReadonlySet<Encoding> = new Set<Encoding>(['one-digit-a-line', 'bcd'])

/** Every regular file; links are not followed. */
export function filesBelow(folder: string): Place[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name)
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isDirectory()) return filesBelow(path)
    return found?.isFile() ? [{ name: path, bytes: readFileSync(path) }] : []
  })
}

/**
 * One sentence for each trace that counts. A clip's name betrays the digit it says: names are read as digits, too, and a
 * single one that is written down anywhere is a finding, as a password that is cut off often leaves one at a time.
 */
export function findLeaks(places: readonly Place[], secrets: readonly KnownSecret[], clips: DigitClips): string[] {
  const whatIs = new Map(secrets.map(({ what, digits }) => [digits, what]))
  return places.flatMap(({ name, bytes }) => {
    const { text, clipsNamed } = readClipNames(bytes, clips)
    const traces = [bytes, ...(clipsNamed > 0 ? [Buffer.from(text, 'latin1')] : [])].flatMap(each =>
      significant(tracesIn(each, [...whatIs.keys()])),
    )
    const told = traces.filter(({ encoding }) => !name.endsWith('.alaw') || !byChanceInSound.has(encoding))
    const found = told.map(({ secret, encoding }) => `${name}: the ${whatIs.get(secret)}, ${encoding}`)
    return [...new Set(found), ...(clipsNamed > 0 ? [`${name}: the clip of a digit`] : [])]
  })
}

function readClipNames(bytes: Buffer, clips: DigitClips): { text: string; clipsNamed: number } {
  let clipsNamed = 0
  // With or without the folder of all clips in front, which Asterisk is told apart.
  const names = /(?<![A-Za-z])(?:tonebank\/)?([a-z]{2}\/[0-9a-f]+)(\.\w+)?/g
  const text = bytes.toString('latin1').replace(names, (whole, clip: string) => {
    const digit = clips.get(clip)
    if (digit === undefined) return whole
    clipsNamed++
    return digit
  })
  return { text, clipsNamed }
}
