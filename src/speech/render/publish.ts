/**
 * Publishes a generation: one folder with every clip of a catalogue, complete before anybody sees it. Running lines keep
 * playing from the generation that they were started with.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aLaw } from '../../g711.ts'
import { languages } from '../../languages.ts'
import { type Manifest, type ManifestClip, readManifest } from '../manifest.ts'
import { silencesMs } from '../voice.ts'

/** Older ones may still be played by lines that have not been restarted. */
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
  if (!existsSync(join(folder, 'manifest.json'))) {
    const scratch = mkdtempSync(join(promptsCache, 'making-'))
    writeGeneration(scratch, { clips, codesOf, aliases }, { format: 1, generation, clips: [...clips] })
    rmSync(folder, { recursive: true, force: true })
    renameSync(scratch, folder)
  }
  const pointer = join(promptsCache, 'current')
  writeFileSync(`${pointer}.${process.pid}`, `${generation}\n`)
  renameSync(`${pointer}.${process.pid}`, pointer)
  forgetOld(promptsCache, generation)
  return folder
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

function writeGeneration(folder: string, { clips, codesOf, aliases }: Publication, manifest: Manifest): void {
  for (const sub of [...languages, 'silence']) mkdirSync(join(folder, sub), { recursive: true })
  for (const { name } of clips) writeFileSync(join(folder, `${name}.alaw`), codesOf(name))
  for (const [alias, name] of aliases) writeFileSync(join(folder, `${alias}.alaw`), codesOf(name))
  for (const ms of silencesMs) {
    writeFileSync(join(folder, 'silence', `${ms}.alaw`), new Uint8Array(ms * 8).fill(aLaw.silence))
  }
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}

function forgetOld(promptsCache: string, current: string): void {
  const others = readdirSync(promptsCache).filter(entry => /^[0-9a-f]{12}$/.test(entry) && entry !== current)
  const age = (entry: string) => statSync(join(promptsCache, entry)).mtimeMs
  for (const entry of others.sort((a, b) => age(b) - age(a)).slice(generationsKept - 1)) {
    rmSync(join(promptsCache, entry), { recursive: true, force: true })
  }
}
