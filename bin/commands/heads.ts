/**
 * `tonebank heads`: what one institution holds of another's signed heads, for an auditor elsewhere, and the proof of books
 * against it. The books' own keys are not believed: the file names the key that the holder has pinned.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseInstitutionId } from '../../src/ids.ts'
import { readKeyFolder } from '../../src/keys/key-folder.ts'
import { auditReport } from '../../src/ledger/audit/audit.ts'
import { mainChain } from '../../src/ledger/journal.ts'
import { type ExportedHeads, exportHeads, proveLog, readExportedHeads } from '../../src/mail/head-file.ts'
import { useOwnKeys } from '../../src/mail/own-keys.ts'
import { pinnedPeers } from '../../src/mail/peers.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import { booksOf, fileOf, institutionOf, readInstallation, type Where } from '../../src/operations/installation/file.ts'
import { businessIdentities } from '../../src/operations/open-institution.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { readSnapshot } from '../../src/store/open.ts'

/** Writes a file with every head of `of` that the institution `holder` holds. */
export async function exportHeld(holder: string, of: string, file: string, options: Where): Promise<void> {
  const installation = readInstallation(fileOf(options))
  const entry = institutionOf(installation, holder)
  const subject = parseInstitutionId(of)
  if (subject === undefined) throw new CannotDo(`${of} is not the id of an institution`)
  const folder = booksOf(installation, entry)
  const peers = await readSnapshot({ folder }, tx => pinnedPeers(tx, entry.id))
  if (!peers.some(({ institution }) => institution === subject))
    throw new CannotDo(`${holder} has not pinned ${of}, and holds nothing of it: \`tonebank peers list ${holder}\``)
  const keys = await readKeyFolder(systemRuntime, join(folder, 'keys'))
  const at = systemRuntime.wallNow()
  const text = await readSnapshot({ folder }, async tx => {
    await useOwnKeys(tx, entry.id, keys)
    return exportHeads(tx, { institution: entry.id, keys }, subject, at)
  })
  writeFileSync(file, text, { flag: 'wx' })
  const { ledger, log, holderFingerprint } = readExportedHeads(text)
  process.stdout.write(
    `${file}: ${ledger.length} heads of the ledger and ${log.length} of the change log of ${of}, held by ${holder}\n` +
      `fingerprint of ${holder}: ${holderFingerprint}\n`,
  )
}

/** @throws CannotDo when it is no such file, or not as its holder signed it. */
function headsIn(file: string): ExportedHeads {
  const text = readFileSync(file, 'utf8')
  try {
    return readExportedHeads(text)
  } catch {
    throw new CannotDo(
      `${file} holds no heads as an institution signed them: \`tonebank heads export\` writes such a file`,
    )
  }
}

/** Proves an institution's books against such a file. */
export async function verifyHeld(file: string, institution: string, options: Where): Promise<void> {
  const heads = headsIn(file)
  const installation = readInstallation(fileOf(options))
  const entry = institutionOf(installation, institution)
  if (heads.of !== entry.id) throw new CannotDo(`${file} is about ${heads.of}`)
  const folder = booksOf(installation, entry)
  const log = await readSnapshot({ folder }, tx => proveLog(tx, heads.log))
  const { findings } = await auditReport(
    { folder },
    {
      signer: entry.id,
      keys: heads.ownerKeys,
      heads: heads.ledger,
      identities: businessIdentities(entry.kind, { tenant: entry.id, chain: mainChain }),
    },
  )
  const wrong = [...findings.map(({ kind, where, what }) => `${kind}, ${where}: ${what}`), ...log.contradictions]
  if (heads.forged > 0) wrong.push(`${heads.forged} heads of the change log that the owner did not sign`)
  for (const each of wrong) process.stdout.write(`${entry.id}: ${each}\n`)
  process.stdout.write(
    `${entry.id}: ${wrong.length === 0 ? 'as its owner signed it' : `${wrong.length} contradictions`}; ` +
      `${heads.ledger.length} heads of the ledger and ${log.proved} of the change log compared, ` +
      `${log.untold} of records that are no longer kept\n` +
      `held by ${heads.holder}, whose fingerprint must be ${heads.holderFingerprint}\n`,
  )
  if (wrong.length > 0) process.exitCode = 1
}
