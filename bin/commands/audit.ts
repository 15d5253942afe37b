/**
 * `tonebank audit`: proves books from their raw rows. The heads that an institution signed lie with its counterparties, so
 * theirs are read, too: a chain that was cut or recomputed contradicts what others hold.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readKeyFolder } from '../../src/keys/key-folder.ts'
import { audit as auditBooks } from '../../src/ledger/audit/audit.ts'
import { type Finding, printFindings } from '../../src/ledger/audit/finding.ts'
import { type HeldHead, heldHeads } from '../../src/mail/heads.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { installationAt } from '../../src/operations/places.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { readSnapshot } from '../../src/store/open.ts'
import { identitiesOf, institutionIds } from '../open-institution.ts'

export async function audit(named: readonly string[], { data }: { data: string }): Promise<void> {
  const { institution: folderOf } = installationAt(data)
  for (const id of named.length > 0 ? named : institutionIds) {
    const findings = await auditInstitution(id, folderOf)
    process.stdout.write(`${id}: ${printFindings(findings)}`)
    if (findings.length > 0) process.exitCode = 1
  }
}

export async function auditInstitution(id: string, folderOf: (id: string) => string): Promise<readonly Finding[]> {
  const folder = folderOf(id)
  if (!existsSync(folder)) throw new CannotDo(`there are no books of ${id} in ${folder}`)
  const keys = await readKeyFolder(systemRuntime, join(folder, 'keys'))
  const heads = await Promise.all(
    institutionIds.filter(other => other !== id).map(other => headsKeptBy(other, id, folderOf)),
  )
  return auditBooks(
    { folder },
    {
      signer: id,
      keys: keys.publicKeys().filter(({ purpose }) => purpose === 'ledger'),
      heads: heads.flat(),
      identities: identitiesOf(id),
    },
  )
}

async function headsKeptBy(
  keeper: string,
  signer: string,
  folderOf: (id: string) => string,
): Promise<readonly HeldHead[]> {
  return readSnapshot({ folder: folderOf(keeper) }, tx => heldHeads(tx, keeper, signer))
}
