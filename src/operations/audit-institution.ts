/**
 * Proves one institution's books from their raw rows. The heads that it signed lie with its counterparties, so theirs are
 * read, too, where their books are in this installation: a chain that was cut or recomputed contradicts what others hold.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { InstitutionId } from '../ids.ts'
import { readKeyFolder } from '../keys/key-folder.ts'
import type { KeyStore } from '../keys/keys.ts'
import { type AuditReport, auditReport } from '../ledger/audit/audit.ts'
import type { SignedCheckpoint } from '../ledger/audit/checkpoint.ts'
import type { Finding } from '../ledger/audit/finding.ts'
import { mainChain } from '../ledger/journal.ts'
import { type HeldHead, heldHeads } from '../mail/held-heads.ts'
import { heldLogHeads } from '../mail/log-heads.ts'
import { useOwnKeys } from '../mail/own-keys.ts'
import { systemRuntime } from '../runtime.ts'
import type { LogHead } from '../store/change-log/head.ts'
import { databaseIn } from '../store/connection.ts'
import { readSnapshot } from '../store/open.ts'
import { CannotDo } from './cannot-do.ts'
import type { InstitutionEntry } from './installation/schema.ts'
import { businessIdentities } from './open-institution.ts'

type Institution = Pick<InstitutionEntry, 'id' | 'kind'>
type Among = readonly { readonly id: InstitutionId; readonly folder: string }[]

/** What is wrong with the whole of its books. `among`: the institutions of the installation, each with its folder. */
export async function auditInstitution(institution: Institution, among: Among): Promise<readonly Finding[]> {
  return (await proveInstitution(institution, among)).findings
}

/** `since`: how far they were proved before. Returns its keys, too, as a checkpoint is signed with them. */
export async function proveInstitution(
  { id, kind }: Institution,
  among: Among,
  since?: SignedCheckpoint,
): Promise<AuditReport & { readonly keys: KeyStore }> {
  const folder = among.find(each => each.id === id)?.folder
  if (folder === undefined || !existsSync(databaseIn(folder))) {
    throw new CannotDo(`there are no books of ${id} in ${folder ?? 'this installation'}`)
  }
  if (!existsSync(join(folder, 'keys'))) {
    throw new CannotDo(`there are books of ${id} and no keys in ${join(folder, 'keys')}: bring its keys back first`)
  }
  const keys = await readKeyFolder(systemRuntime, join(folder, 'keys'))
  await readSnapshot({ folder }, tx => useOwnKeys(tx, id, keys))
  const others = among.filter(other => other.id !== id && existsSync(databaseIn(other.folder)))
  const heads = await Promise.all(others.map(other => headsKeptBy(other, id)))
  const logHeads = await Promise.all(others.map(other => logHeadsKeptBy(other, id)))
  const report = await auditReport(
    { folder },
    {
      signer: id,
      keys: keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
      heads: heads.flat(),
      logHeads: logHeads.flat(),
      identities: businessIdentities(kind, { tenant: id, chain: mainChain }),
      ...(since === undefined ? {} : { since }),
    },
  )
  return { ...report, keys }
}

function headsKeptBy(
  keeper: { id: InstitutionId; folder: string },
  signer: InstitutionId,
): Promise<readonly HeldHead[]> {
  return readSnapshot({ folder: keeper.folder }, tx => heldHeads(tx, keeper.id, signer))
}

/** Their signatures were verified when they were received. */
function logHeadsKeptBy(
  keeper: { id: InstitutionId; folder: string },
  signer: InstitutionId,
): Promise<readonly LogHead[]> {
  return readSnapshot({ folder: keeper.folder }, tx => heldLogHeads(tx, keeper.id, signer))
}
