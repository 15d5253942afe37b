/**
 * `tonebank audit`: proves books from their raw rows. The heads that an institution signed lie with its counterparties, so
 * theirs are read, too: a chain that was cut or recomputed contradicts what others hold.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { institutionIdShape } from '../../src/ids.ts'
import { readKeyFolder } from '../../src/keys/key-folder.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import { type AuditReport, auditReport } from '../../src/ledger/audit/audit.ts'
import {
  checkpointBytes,
  readCheckpoint,
  type SignedCheckpoint,
  writeCheckpoint,
} from '../../src/ledger/audit/checkpoint.ts'
import { type Finding, printFindings } from '../../src/ledger/audit/finding.ts'
import type { HeldHead } from '../../src/ledger/audit/heads.ts'
import { heldHeads } from '../../src/mail/heads.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { installationAt } from '../../src/operations/places.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { readSnapshot } from '../../src/store/open.ts'
import { identitiesOf, institutionIds } from '../open-institution.ts'

export interface AuditCommand {
  readonly data: string
  /** Where a checkpoint is written when nothing was found. */
  readonly checkpoint?: string
  /** Where the checkpoint lies from which to go on. */
  readonly since?: string
}

type FolderOf = (id: string) => string

export async function audit(named: readonly string[], { data, checkpoint, since }: AuditCommand): Promise<void> {
  const { institution: folderOf } = installationAt(data)
  for (const id of named.length > 0 ? named : institutionIds) {
    const keys = await keysOf(id, folderOf)
    const from = since === undefined ? undefined : checkpointOf(id, since)
    const report = await prove(id, folderOf, keys, from)
    process.stdout.write(
      `${id}: ${printFindings(report.findings, from === undefined ? 'all' : 'since the checkpoint')}`,
    )
    if (report.findings.length > 0) process.exitCode = 1
    else if (checkpoint !== undefined) await keep(id, checkpoint, keys, report)
  }
}

/** The whole of an institution's books. */
export async function auditInstitution(id: string, folderOf: FolderOf): Promise<readonly Finding[]> {
  return (await prove(id, folderOf, await keysOf(id, folderOf), undefined)).findings
}

async function keysOf(id: string, folderOf: FolderOf): Promise<KeyStore> {
  const folder = folderOf(id)
  if (!existsSync(folder)) throw new CannotDo(`there are no books of ${id} in ${folder}`)
  return readKeyFolder(systemRuntime, join(folder, 'keys'))
}

async function prove(
  id: string,
  folderOf: FolderOf,
  keys: KeyStore,
  since: SignedCheckpoint | undefined,
): Promise<AuditReport> {
  const heads = await Promise.all(
    institutionIds.filter(other => other !== id).map(other => headsKeptBy(other, id, folderOf)),
  )
  return auditReport(
    { folder: folderOf(id) },
    {
      signer: id,
      keys: keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
      heads: heads.flat(),
      identities: identitiesOf(id),
      ...(since === undefined ? {} : { since }),
    },
  )
}

function checkpointFile(id: string, folder: string): string {
  return join(folder, `${id}.checkpoint.json`)
}

function checkpointOf(id: string, folder: string): SignedCheckpoint {
  const file = checkpointFile(id, folder)
  if (!existsSync(file)) throw new CannotDo(`there is no checkpoint ${file}: write one with --checkpoint ${folder}`)
  try {
    return readCheckpoint(readFileSync(file, 'utf8'))
  } catch {
    throw new CannotDo(`${file} holds no checkpoint: write one with --checkpoint ${folder}`)
  }
}

async function keep(id: string, folder: string, keys: KeyStore, { proved }: AuditReport): Promise<void> {
  const checkpoint = { institution: id, at: now({ runtime: systemRuntime }), chains: proved }
  const signature = await keys.sign('ledger', checkpointBytes(checkpoint))
  mkdirSync(folder, { recursive: true })
  const file = checkpointFile(id, folder)
  writeFileSync(`${file}.unfinished`, writeCheckpoint({ ...checkpoint, signature }))
  renameSync(`${file}.unfinished`, file)
  process.stdout.write(`${id}: ${file} says how far\n`)
}

async function headsKeptBy(keeper: string, signer: string, folderOf: FolderOf): Promise<readonly HeldHead[]> {
  return readSnapshot({ folder: folderOf(keeper) }, tx =>
    heldHeads(tx, institutionIdShape.parse(keeper), institutionIdShape.parse(signer)),
  )
}
