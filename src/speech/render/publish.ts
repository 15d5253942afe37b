/**
 * Publishes a generation: one folder with every clip of a catalogue, complete before anybody sees it. The cache is the
 * checkout's; an installation plays from a copy of its own, so that nobody else takes a clip away from its calls.
 */

import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errorCode } from '../../error-code.ts'
import { aLaw } from '../../g711.ts'
import { languages } from '../../languages.ts'
import { type Manifest, type ManifestClip, readManifest } from '../manifest.ts'
import { silencesMs } from '../voice.ts'

/** Older ones may still be played by calls under way. */
const generationsKept = 3

export interface Publication {
  readonly clips: readonly ManifestClip[]
  readonly codesOf: (name: string) => Uint8Array
  /** Extra names for clips that the plain dialplan plays: `en/apology` → the clip's name. */
  readonly aliases: ReadonlyMap<string, string>
}

/** Writes the generation below `promptsCache`, makes it the current one, and returns its folder. */
export function publish(promptsCache: string, { clips, codesOf, aliases }: Publication): string {
  const generation = createHash('sha256')
    .update(JSON.stringify([clips, [...aliases], silencesMs]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(promptsCache, generation)
  makeWhole(folder, scratch =>
    writeGeneration(scratch, { clips, codesOf, aliases }, { format: 1, generation, clips: [...clips] }),
  )
  const pointer = join(promptsCache, 'current')
  writeFileSync(`${pointer}.${process.pid}`, `${generation}\n`)
  renameSync(`${pointer}.${process.pid}`, pointer)
  forgetOld(promptsCache, generation)
  return folder
}

/**
 * Gives an installation its own copy of the generation in `folder`, below `soundsFolder`, and returns where it is. Clips are
 * links where both lie on one file system. Throws `ENOENT` when the cache forgot the generation meanwhile.
 */
export function keepGeneration(folder: string, soundsFolder: string): string {
  const generation = basename(folder)
  const own = join(soundsFolder, generation)
  makeWhole(own, scratch => {
    for (const file of filesBelow(folder)) linkOrCopy(join(folder, file), join(scratch, file))
  })
  forgetOld(soundsFolder, generation)
  return own
}

/** Adds clips to a generation that is in use. They are whole before the manifest names them. */
export function publishMore(
  folder: string,
  clips: readonly ManifestClip[],
  codesOf: (name: string) => Uint8Array,
): void {
  for (const { name } of clips) writeFileSync(join(folder, `${name}.alaw`), codesOf(name))
  const manifest = readManifest(folder)
  const all: Manifest = { ...manifest, clips: [...manifest.clips, ...clips] }
  const file = join(folder, 'manifest.json')
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(all, null, 1)}\n`)
  renameSync(`${file}.${process.pid}`, file)
}

/**
 * Makes a generation beside its place and puts it there whole. Somebody else may make the same one at the same time: the first
 * stays, as calls may play from it already.
 */
function makeWhole(folder: string, fill: (scratch: string) => void): void {
  const isThere = () => existsSync(join(folder, 'manifest.json'))
  if (isThere()) return
  mkdirSync(dirname(folder), { recursive: true })
  const scratch = mkdtempSync(join(dirname(folder), 'making-'))
  try {
    fill(scratch)
    // A half of one, left by a crash.
    if (!isThere()) rmSync(folder, { recursive: true, force: true })
    if (!isThere()) renameSync(scratch, folder)
  } catch (error) {
    if (!isThere()) throw error
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => statSync(join(folder, name)).isFile())

function linkOrCopy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  try {
    linkSync(from, to)
  } catch (error) {
    if (!['EXDEV', 'EPERM'].includes(errorCode(error) ?? '')) throw error
    copyFileSync(from, to)
  }
}

function writeGeneration(folder: string, { clips, codesOf, aliases }: Publication, manifest: Manifest): void {
  for (const sub of [...languages, 'silence']) mkdirSync(join(folder, sub), { recursive: true })
  for (const { name } of clips) writeFileSync(join(folder, `${name}.alaw`), codesOf(name))
  for (const [alias, name] of aliases) writeFileSync(join(folder, `${alias}.alaw`), codesOf(name))
  for (const ms of silencesMs) {
    writeFileSync(join(folder, 'silence', `${ms}.alaw`), new Uint8Array(ms * 8).fill(aLaw.silence))
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}

function forgetOld(generations: string, current: string): void {
  const others = readdirSync(generations).filter(entry => /^[0-9a-f]{12}$/.test(entry) && entry !== current)
  const age = (entry: string) => statSync(join(generations, entry), { throwIfNoEntry: false })?.mtimeMs ?? 0
  for (const entry of others.sort((a, b) => age(b) - age(a)).slice(generationsKept - 1)) {
    rmSync(join(generations, entry), { recursive: true, force: true })
  }
}
