/** The files in which audits say how far they proved an institution's books, so that the next one can go on from there. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstitutionId } from '../ids.ts'
import { readKeyFolder } from '../keys/key-folder.ts'
import type { KeyStore } from '../keys/keys.ts'
import {
  checkpointBytes,
  type ProvedChain,
  readCheckpoint,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../ledger/audit/checkpoint.ts'
import { now, systemRuntime } from '../runtime.ts'
import { addSignature, checkpointDigest, checkpointFolder, checkpointsIn } from '../store/change-log/checkpoint.ts'
import type { LogHead } from '../store/change-log/head.ts'
import { makeFolder } from '../store/make-folder.ts'
import { CannotDo } from './cannot-do.ts'

const fileIn = (folder: string, id: InstitutionId) => join(folder, `${id}.checkpoint.json`)

/** @throws CannotDo when there is none. Whether it is genuine is the audit's to say. */
export function checkpointOf(id: InstitutionId, folder: string): SignedCheckpoint {
  const file = fileIn(folder, id)
  const wayOut = `write one with \`tonebank audit --checkpoint ${folder}\``
  if (!existsSync(file)) throw new CannotDo(`there is no ${file}: ${wayOut}`)
  try {
    return readCheckpoint(readFileSync(file, 'utf8'))
  } catch {
    throw new CannotDo(`${file} holds no checkpoint: ${wayOut}`)
  }
}

/** Signs and writes how far the books were proved. Returns the file. */
export async function keepCheckpoint(
  id: InstitutionId,
  folder: string,
  keys: KeyStore,
  chains: readonly ProvedChain[],
  log: LogHead | undefined,
): Promise<string> {
  const checkpoint = { institution: id, at: now({ runtime: systemRuntime }), chains, log }
  const signature = await keys.sign('ledger', checkpointBytes(checkpoint))
  makeFolder(folder)
  const file = fileIn(folder, id)
  // Under another name until it is whole: half a checkpoint is none.
  writeFileSync(`${file}.unfinished`, writeCheckpoint({ ...checkpoint, signature }))
  renameSync(`${file}.unfinished`, file)
  return file
}

/** By the institution's own key, where its keys lie already: an audit starts from a checkpoint that somebody signed. */
export async function signCheckpoints(id: InstitutionId, folder: string): Promise<void> {
  const keyFolder = join(folder, 'keys')
  if (!existsSync(keyFolder)) return
  const keys = await readKeyFolder(systemRuntime, keyFolder)
  const checkpoints = checkpointFolder(folder)
  for (const checkpoint of checkpointsIn(checkpoints)) {
    if (checkpoint.signatures.length > 0) continue
    const signature = await keys.sign('ledger', checkpointDigest(checkpoint))
    addSignature(checkpoints, checkpoint, { signer: id, ...signature })
  }
}
