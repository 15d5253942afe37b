/** An institution's word on a checkpoint of its books that goes to a PostgreSQL or comes from one: by its ledger keys, which are in neither. */
import { existsSync } from 'node:fs'
import { readKeyFolder, readKeys } from '../keys/key-folder.ts'
import { isSignedBy, type KeyStore } from '../keys/keys.ts'
import type { Runtime } from '../runtime.ts'
import type { CheckpointSignature } from '../store/change-log/checkpoint-facts.ts'
import type { Vouching } from '../store/keeper/kept-checkpoints.ts'

/** How the keys come that are missing. */
export const bringKeys = 'bring them from the machine that has them (tonebank keys export, import)'

/** `folder`: of its keys, which is read when it is asked: books come before keys. */
export function vouchingOf(runtime: Runtime, id: string, folder: string): Vouching {
  const keysHere = async (): Promise<KeyStore | undefined> =>
    existsSync(folder) && readKeys(folder).length > 0 ? readKeyFolder(runtime, folder) : undefined
  const noKeys = `there are no keys in ${folder}: ${bringKeys}`
  return {
    // By each of them: the newest may be one that no other machine has yet.
    sign: async digest => {
      const keys = await keysHere()
      if (keys === undefined) throw new Error(noKeys)
      const signing = ledgerKeys(keys).map(async ({ keyId }) => ({
        signer: id,
        ...(await keys.sign('ledger', digest, keyId)),
      }))
      return Promise.all(signing)
    },
    doubt: async (digest, signatures) => {
      const keys = await keysHere()
      return keys === undefined ? noKeys : doubt(digest, ofOwn(signatures, id), keys, folder)
    },
  }
}

function ofOwn(signatures: readonly CheckpointSignature[], id: string): readonly CheckpointSignature[] {
  return signatures.filter(({ signer }) => signer === id)
}

function doubt(
  digest: Uint8Array,
  own: readonly CheckpointSignature[],
  keys: KeyStore,
  folder: string,
): string | undefined {
  const known = own.flatMap(signature => {
    const key = ledgerKeys(keys).find(({ keyId }) => keyId === signature.keyId)
    return key === undefined ? [] : [{ key, signature }]
  })
  if (known.some(({ key, signature }) => isSignedBy(key, digest, signature))) return undefined
  if (known.length > 0) return 'its signature is not genuine'
  const [other] = own
  if (other === undefined) return 'its institution has not signed it'
  return `its key ${other.keyId} is not in ${folder}: move the keys there away, and ${bringKeys}`
}

function ledgerKeys(keys: KeyStore) {
  return keys.publicKeys().filter(({ purpose }) => purpose === 'ledger')
}
