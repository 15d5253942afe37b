/**
 * An institution's long-lived keys in one file, sealed to two people: neither of them alone, nor whoever finds the file, opens
 * it. The keys lie under a random key that was split in two, and each half is sealed to one of them.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { z } from 'zod'
import { fromHex, toHex } from '../bytes.ts'
import { decodeCanonical, encodeCanonical } from '../canonical.ts'
import { type InstitutionId, institutionIdShape } from '../ids.ts'
import type { Runtime } from '../runtime.ts'
import { keyRecord } from './key-folder.ts'
import type { PersonPublic, Signer } from './person-key.ts'
import { sealToPerson } from './person-seal.ts'
import type { KeyRecord } from './soft-keys.ts'

const hex = z.string().regex(/^([0-9a-f]{2})+$/)
const holder = z.strictObject({ name: z.string().min(1), keyId: z.string(), half: hex })
const exportFile = z.strictObject({
  format: z.literal('tonebank keys 1'),
  institution: institutionIdShape,
  /** Milliseconds since 1970. */
  exportedAt: z.int().min(0),
  people: z.tuple([holder, holder]),
  nonce: hex,
  sealed: hex,
  /** SHA-256 over all the rest: what was damaged is told from what was made by somebody else. */
  digest: hex,
})

export type ExportedKeys = Omit<z.output<typeof exportFile>, 'format' | 'digest'>

/** What was exported, and to whom: told before anybody types a passphrase. @throws Error when it is no such file, or was altered */
export function readExport(text: string): ExportedKeys {
  const { format: _, digest, ...exported } = parse(text)
  if (digestOf(exported) !== digest) throw new Error('this file was altered since the keys were exported')
  return exported
}

/** The text of the file. @throws RangeError when the two are one */
export async function exportKeys(
  runtime: Runtime,
  institution: InstitutionId,
  keys: readonly KeyRecord[],
  to: readonly [PersonPublic, PersonPublic],
  at: number,
): Promise<string> {
  const [one, other] = to
  if (one.keyId === other.keyId || one.name === other.name) throw new RangeError('it takes two different people')
  const key = runtime.random(32)
  const first = runtime.random(32)
  const exportedAt = Math.trunc(at)
  const sealHalf = async ({ name, keyId, publicKey }: PersonPublic, half: Uint8Array) => {
    const context = contextOf({ institution, exportedAt }, { name, keyId })
    return { name, keyId, half: toHex(await sealToPerson(runtime, publicKey, half, context)) }
  }
  const people: ExportedKeys['people'] = [await sealHalf(one, first), await sealHalf(other, xor(key, first))]
  const nonce = runtime.random(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(headOf({ institution, exportedAt, people }))
  const plain = encodeCanonical(keys.map(record => ({ ...record })))
  const sealed = toHex(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
  const exported = { institution, exportedAt, people, nonce: toHex(nonce), sealed }
  return `${JSON.stringify({ format: 'tonebank keys 1', ...exported, digest: digestOf(exported) }, undefined, 2)}\n`
}

/** Opened by both, in any order. @throws Error which says who is wrong, or that the file was altered */
export async function importKeys(
  exported: ExportedKeys,
  signers: readonly [Signer, Signer],
): Promise<readonly KeyRecord[]> {
  const { people } = exported
  const halves: Uint8Array[] = []
  for (const { name, keyId, half } of people) {
    const signer = signers.find(each => each.keyId === keyId)
    if (signer === undefined) throw new Error(`the keys are sealed to ${people.map(each => each.name).join(' and ')}`)
    halves.push(await openedBy(signer, fromHex(half), contextOf(exported, { name, keyId })))
  }
  const [first, second] = halves
  if (first === undefined || second === undefined) throw new Error(altered)
  const bytes = fromHex(exported.sealed)
  try {
    const key = xor(first, second)
    const decipher = createDecipheriv('aes-256-gcm', key, fromHex(exported.nonce), { authTagLength: 16 })
    decipher.setAAD(headOf(exported)).setAuthTag(bytes.subarray(-16))
    const plain = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()])
    return z.array(keyRecord).parse(decodeCanonical(plain))
  } catch {
    // Without the cause, which may quote what it could not read.
    throw new Error(altered)
  }
}

const altered = 'what is in this file is not what was sealed'

async function openedBy(signer: Signer, sealed: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
  try {
    return await signer.open(sealed, context)
  } catch {
    throw new Error(altered)
  }
}

function parse(text: string): z.output<typeof exportFile> {
  try {
    return exportFile.parse(JSON.parse(text))
  } catch {
    throw new Error('this file does not hold the keys of an institution')
  }
}

type Head = Pick<ExportedKeys, 'institution' | 'exportedAt'>

const contextOf = ({ institution, exportedAt }: Head, { name, keyId }: { name: string; keyId: string }) =>
  encodeCanonical(['tonebank keys', 1, institution, exportedAt, name, keyId])

const headOf = ({ institution, exportedAt, people }: Pick<ExportedKeys, 'institution' | 'exportedAt' | 'people'>) =>
  encodeCanonical(['tonebank keys', 1, institution, exportedAt, ...people.flatMap(({ name, keyId }) => [name, keyId])])

const digestOf = (exported: ExportedKeys) => createHash('sha256').update(encodeCanonical(exported)).digest('hex')

function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0))
}
