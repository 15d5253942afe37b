/** Keys in a folder: one file each, readable by its owner alone, never rewritten. Not part of a database backup. */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { bytes, fromHex, toHex } from '../bytes.ts'
import type { Runtime } from '../runtime.ts'
import type { KeyStore } from './keys.ts'
import { type KeyRecord, softKeys } from './soft-keys.ts'

const keyFacts = z.object({
  // It becomes the name of a file.
  keyId: z.string().regex(/^[a-z0-9-]+$/),
  purpose: z.enum(['envelope', 'ledger', 'transport', 'receive', 'pepper', 'fingerprint', 'answer', 'directory']),
  generation: z.int().min(1),
  madeAt: z.int().min(0).optional(),
})
const keyFile = keyFacts.extend({ material: z.string().regex(/^[0-9a-f]{64}$/) })

/** A key as it travels. */
export const keyRecord = keyFacts.extend({ material: bytes.refine(material => material.length === 32) })

/**
 * Reads the folder's keys and makes those that are missing. Where there are books already, an empty folder is a lost one: with
 * a new pepper every PIN would be wrong. @throws Error when it is, or when others may read the folder or a key.
 */
export async function openKeyFolder(
  runtime: Runtime,
  folder: string,
  of: 'a new institution' | 'an established institution' = 'a new institution',
): Promise<KeyStore> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  wipeRemains(folder)
  const known = readKeys(folder)
  if (known.length === 0 && of === 'an established institution') {
    throw new Error(`there are books, and no keys in ${folder}: bring the keys back`)
  }
  return softKeys(
    runtime,
    known,
    record => writeKey(folder, record),
    record => destroyKey(folder, record),
  )
}

/** As `openKeyFolder`, for who has no business making keys, such as an audit. @throws Error when one is missing. */
export async function readKeyFolder(runtime: Runtime, folder: string): Promise<KeyStore> {
  return softKeys(runtime, readKeys(folder), ({ purpose }) => {
    // Version 0.1.0 had none. Nobody who only reads opens a connection.
    if (purpose === 'transport') return
    throw new Error(`${folder} holds no key for ${purpose}`)
  })
}

/** Keys that were brought from elsewhere, into a folder that has none. @throws Error when it has */
export function writeKeys(folder: string, records: readonly KeyRecord[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (readKeys(folder).length > 0) throw new Error(`there are keys in ${folder}: nothing is ever written over`)
  for (const record of records) writeKey(folder, record)
}

/** @throws Error when others may read the folder or a key, or one is damaged */
export function readKeys(folder: string): readonly KeyRecord[] {
  assertPrivate(folder)
  return readdirSync(folder)
    .filter(name => name.endsWith('.key'))
    .map(name => readKey(join(folder, name)))
}

function readKey(file: string): KeyRecord {
  assertPrivate(file)
  const { material, ...rest } = parseKey(file)
  return { ...rest, material: fromHex(material) }
}

function parseKey(file: string): z.output<typeof keyFile> {
  try {
    return keyFile.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    // Without the cause: an error of JSON quotes the text that it could not read, and the text is a key.
    throw new Error(`${file} does not hold a key`)
  }
}

function writeKey(folder: string, record: KeyRecord): void {
  const text = JSON.stringify({ ...record, material: toHex(record.material) })
  const path = join(folder, `${record.keyId}.key`)
  // Under another name until it is whole: half a key, left by a death in between, would stop every later start.
  const unfinished = `${path}.unfinished`
  rmSync(unfinished, { force: true })
  // On the disk before anything is signed or encrypted with it.
  const file = openSync(unfinished, 'wx', 0o600)
  writeSync(file, text)
  fsyncSync(file)
  closeSync(file)
  // `link` fails where there is a key of that name: one that exists is never overwritten.
  linkSync(unfinished, path)
  rmSync(unfinished)
  sync(folder)
}

const goneEnding = '.gone'

/** It is no key any more from the first step on: half a key, left by a death in between, would stop every later start. */
function destroyKey(folder: string, { keyId }: KeyRecord): void {
  const path = join(folder, `${keyId}.key`)
  renameSync(path, `${path}${goneEnding}`)
  sync(folder)
  wipe(`${path}${goneEnding}`)
  sync(folder)
}

/** What a death left of keys that were being destroyed. */
function wipeRemains(folder: string): void {
  for (const name of readdirSync(folder)) if (name.endsWith(goneEnding)) wipe(join(folder, name))
}

/** Written over before its name goes: where the disk writes in place, nothing of it is left. */
function wipe(path: string): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(fstatSync(file).size), 0)
  fsyncSync(file)
  closeSync(file)
  rmSync(path)
}

function sync(folder: string): void {
  const directory = openSync(folder, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

function assertPrivate(path: string): void {
  // Windows has no such bits.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new Error(`others may read ${path}: chmod it to its owner alone`)
  }
}
