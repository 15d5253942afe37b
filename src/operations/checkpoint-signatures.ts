/**
 * What others say of an institution's checkpoints: a counterparty or an outside auditor computes the roots of a snapshot again,
 * from its rows, and signs what it is. The owner keeps those signatures, and can make no other snapshot pass for that one.
 */

import { verify } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sameBytes } from '../bytes.ts'
import type { KeyStore } from '../keys/keys.ts'
import { type KnownKey, publicKey } from '../ledger/audit/heads-check.ts'
import { addSignature, checkpointDigest, checkpointsIn, factsOf } from '../store/change-log/checkpoint.ts'
import type { Checkpoint } from '../store/change-log/checkpoint-facts.ts'
import { openFileReadOnly } from '../store/connection.ts'
import { CannotDo } from './cannot-do.ts'

/** Somebody whose key is known by other means than the checkpoint. */
export interface KnownSigner extends KnownKey {
  readonly signer: string
}

export interface Word {
  readonly signer: string
  /** `forged`: no signature of that key over this checkpoint. `unknown`: nobody here knows the key. */
  readonly is: 'genuine' | 'forged' | 'unknown'
}

/** The checkpoint of record `record`, or the last one of the folder. @throws CannotDo */
export function checkpointIn(folder: string, record?: bigint): Checkpoint {
  const all = existsSync(folder) ? readable(folder) : []
  const found = record === undefined ? all.at(-1) : all.find(({ head }) => head.sequence === record)
  if (found !== undefined) return found
  const which = record === undefined ? 'no checkpoint' : `no checkpoint of record ${record}`
  throw new CannotDo(`there is ${which} in ${folder}: a running institution takes one each night`)
}

function readable(folder: string): readonly Checkpoint[] {
  try {
    return checkpointsIn(folder)
  } catch {
    throw new CannotDo(`a checkpoint in ${folder} cannot be read: copy its folder again, whole`)
  }
}

/** Whether the snapshot's rows are what the checkpoint says of them: all are read and hashed again. */
export function isAsItSays(checkpoint: Checkpoint): boolean {
  const snapshot = openFileReadOnly(checkpoint.file)
  try {
    return sameBytes(checkpointDigest(factsOf(snapshot)), checkpointDigest(checkpoint))
  } catch {
    return false
  } finally {
    snapshot.close()
  }
}

/** Puts `signer`'s signature beside those that are there. @throws CannotDo when the snapshot is not what it says */
export async function signAs(
  folder: string,
  checkpoint: Checkpoint,
  { signer, keys }: { readonly signer: string; readonly keys: KeyStore },
): Promise<Checkpoint> {
  if (!isAsItSays(checkpoint))
    throw new CannotDo(
      `${checkpoint.file} does not hold what its checkpoint says, and was not signed: audit these books`,
    )
  const signature = await keys.sign('ledger', checkpointDigest(checkpoint))
  return addSignature(folder, checkpoint, { signer, ...signature })
}

export function wordsOn(checkpoint: Checkpoint, known: readonly KnownSigner[]): readonly Word[] {
  const digest = checkpointDigest(checkpoint)
  return checkpoint.signatures.map(({ signer, keyId, bytes }) => {
    const key = known.find(each => each.keyId === keyId && each.signer === signer)
    if (key === undefined) return { signer, is: 'unknown' }
    return { signer, is: verify(null, digest, publicKey(key), bytes) ? 'genuine' : 'forged' }
  })
}

/** Takes over from a copy what was signed there of the same checkpoints. @returns who signed, and of which record */
export function collect(
  own: string,
  copy: string,
  known: readonly KnownSigner[],
): readonly { readonly signer: string; readonly record: bigint }[] {
  const taken: { signer: string; record: bigint }[] = []
  for (const checkpoint of readable(own)) {
    const digest = checkpointDigest(checkpoint)
    const theirs = readable(copy).find(each => sameBytes(checkpointDigest(each), digest))
    if (theirs === undefined) continue
    const words = wordsOn(theirs, known)
    let signed = checkpoint
    for (const [i, signature] of theirs.signatures.entries()) {
      const isNew = !checkpoint.signatures.some(({ keyId }) => keyId === signature.keyId)
      if (!isNew || words[i]?.is !== 'genuine') continue
      signed = addSignature(own, signed, signature)
      taken.push({ signer: signature.signer, record: checkpoint.head.sequence })
    }
  }
  return taken
}

/** Of the keys in a folder. */
export function keyFolderOf(folder: string): string {
  const keys = join(folder, 'keys')
  if (!existsSync(keys)) throw new CannotDo(`there are no keys in ${keys}: bring them back first`)
  return keys
}
