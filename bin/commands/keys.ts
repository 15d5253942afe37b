/** `tonebank keys`: an institution's long-lived keys, which are changed by two people, and travel apart from its books, sealed to two. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ListedKey } from '../../src/institution/key-watch.ts'
import { type ExportedKeys, exportKeys, importKeys, readExport } from '../../src/keys/key-export.ts'
import { readKeys, writeKeys } from '../../src/keys/key-folder.ts'
import type { PublicPurpose } from '../../src/keys/keys.ts'
import { machineKey } from '../../src/keys/mirror/machine-key.ts'
import { openPersonKey, publicIn, type Signer } from '../../src/keys/person-key.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { signCheckpoints } from '../../src/operations/checkpoints.ts'
import {
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { replaceFile } from '../../src/store/replace-file.ts'
import { atInstitution, proposeAt, type Signing } from '../at-institution.ts'
import { shownDate } from '../dates.ts'
import { readPassphrase } from '../passphrase.ts'

/** What people call the purposes of keys that others know. */
const purposeOf: Readonly<Record<string, PublicPurpose>> = {
  receiving: 'receive',
  signing: 'envelope',
  heads: 'ledger',
  tls: 'transport',
}

export async function list(id: string, where: Where): Promise<void> {
  for (const key of await atInstitution(id, where).ask('keys.list', {})) process.stdout.write(`${lineOf(key)}\n`)
}

function lineOf({ keyId, purpose, since, expiresAt, state, destroyedAt, peers }: ListedKey): string {
  const called = Object.entries(purposeOf).find(([, of]) => of === purpose)?.[0] ?? purpose
  const standing = {
    'in use': peers.length === 0 ? 'in use' : `in use, not taken yet by ${peers.join(', ')}`,
    // Heads that it signed are verified with it.
    kept: peers.length === 0 ? 'kept' : `kept for ${peers.join(', ')}`,
    unused: 'made for a change that was not carried out',
    destroyed: destroyedAt === undefined ? 'destroyed' : `destroyed on ${shownDate(destroyedAt)}`,
  }[state]
  const [from, until] = [since && `since ${shownDate(since)}`, expiresAt && `until ${shownDate(expiresAt)}`]
  return [keyId, called, from, until, standing].filter(each => each !== undefined).join('  ')
}

/** By which the other machine of an institution knows this one. Made where there is none; it stays here. */
export async function machine(id: string, where: Where): Promise<void> {
  const installation = readInstallation(fileOf(where))
  const folder = folderOf(installation, institutionOf(installation, id))
  process.stdout.write(`${machineKey(systemRuntime, join(folder, 'record-keys')).pin}\n`)
}

/** Proposes it: the new key is made when somebody else approves. */
export async function rotate(id: string, { purpose, ...signing }: Signing & { purpose: string }): Promise<void> {
  const of = Object.hasOwn(purposeOf, purpose) ? purposeOf[purpose] : undefined
  if (of === undefined)
    throw new CannotDo(`there is no purpose ${purpose}: it is one of ${Object.keys(purposeOf).join(', ')}`)
  await proposeAt(atInstitution(id, signing), 'rotate-key', { purpose: of }, signing)
}

/** Proposes it: a counterparty that does not answer keeps an older receiving key for ever. */
export async function letGo(id: string, keyId: string, signing: Signing): Promise<void> {
  await proposeAt(atInstitution(id, signing), 'let-key-go', { keyId }, signing)
}

/** Nobody has to type anything: it is sealed to their public keys, as the institution knows them. */
export async function exportTo(id: string, file: string, options: Where & { to: readonly string[] }): Promise<void> {
  const at = atInstitution(id, options)
  const people = await at.ask('people.list', {})
  const [one, other, ...more] = options.to.map(name => {
    const person = people.find(each => each.name === name && each.revokedAt === undefined)
    if (person === undefined) throw new CannotDo(`${name} decides nothing at ${id}`)
    return person
  })
  if (one === undefined || other === undefined || more.length > 0 || one.keyId === other.keyId)
    throw new CannotDo('keys are sealed to two different people: --to NAME NAME')
  if (existsSync(file)) throw new CannotDo(`${file} is there already: nothing is ever written over`)
  const keys = readKeys(join(at.folder, 'keys'))
  replaceFile(file, await exportKeys(systemRuntime, at.entry.id, keys, [one, other], now({ runtime: systemRuntime })))
  process.stdout.write(`The keys of ${id} are in ${file}; ${one.name} and ${other.name} together open it.\n`)
}

export interface ImportOptions extends Where {
  /** Where the two people's own key files lie. */
  readonly people: string
  /** In the order in which the file names them. */
  readonly passphraseFile?: readonly string[]
}

export async function importFrom(file: string, options: ImportOptions): Promise<void> {
  const exported = readable(file)
  const installation = readInstallation(fileOf(options))
  const folder = folderOf(installation, institutionOf(installation, exported.institution))
  const keyFolder = join(folder, 'keys')
  if (existsSync(keyFolder) && readKeys(keyFolder).length > 0)
    throw new CannotDo(`${exported.institution} has keys in ${keyFolder}: nothing is ever written over`)
  process.stdout.write(`The keys of ${exported.institution}, exported on ${shownDate(exported.exportedAt)}\n`)
  const [one, other] = exported.people
  const signers = [
    await openedPerson(one, options.people, options.passphraseFile?.[0]),
    await openedPerson(other, options.people, options.passphraseFile?.[1]),
  ] as const
  const records = await importKeys(exported, signers).catch((error: Error) => {
    throw new CannotDo(`${file}: ${error.message}`)
  })
  writeKeys(keyFolder, records)
  await signCheckpoints(exported.institution, folder)
  process.stdout.write(`${records.length} keys are in ${keyFolder}.\n`)
}

function readable(file: string): ExportedKeys {
  if (!existsSync(file)) throw new CannotDo(`there is no ${file}`)
  try {
    return readExport(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CannotDo(`${file}: ${error instanceof Error ? error.message : error}`)
  }
}

async function openedPerson(
  { name, keyId }: ExportedKeys['people'][number],
  folder: string,
  passphraseFile: string | undefined,
): Promise<Signer> {
  const files = existsSync(folder) ? readdirSync(folder).filter(file => file.endsWith('.person')) : []
  const text = files.map(file => readFileSync(join(folder, file), 'utf8')).find(each => publicIn(each).keyId === keyId)
  if (text === undefined) throw new CannotDo(`there is no key of ${name} in ${folder}, to whom the keys are sealed`)
  const signer = await openPersonKey(systemRuntime, text, await readPassphrase(name, passphraseFile))
  if (signer === undefined) throw new CannotDo(`that is not the passphrase of ${name}`)
  return signer
}
