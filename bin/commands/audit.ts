/** `tonebank audit`: proves the books of the institutions that are named, or of all. It reads, and needs nobody to run. */
import { printFindings } from '../../src/ledger/audit/finding.ts'
import { proveInstitution } from '../../src/operations/audit-institution.ts'
import { noteAudit } from '../../src/operations/audit-note.ts'
import { checkpointOf, keepCheckpoint } from '../../src/operations/checkpoints.ts'
import {
  booksOf,
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'
import { now, systemRuntime } from '../../src/runtime.ts'

export interface WhatToAudit extends Where {
  /** Where a checkpoint is written when nothing was found. */
  readonly checkpoint?: string
  /** Where the checkpoint lies from which to go on. */
  readonly since?: string
}

export async function audit(named: readonly string[], options: WhatToAudit): Promise<void> {
  const { checkpoint, since } = options
  const installation = readInstallation(fileOf(options))
  const { institutions } = installation
  const among = institutions.map(entry => ({ id: entry.id, folder: folderOf(installation, entry) }))
  const audited = named.length > 0 ? named.map(id => institutionOf(installation, id)) : institutions
  for (const entry of audited) {
    booksOf(installation, entry)
    const from = since === undefined ? undefined : checkpointOf(entry.id, since)
    const { findings, proved, log, keys } = await proveInstitution(entry, among, from)
    const what = from === undefined ? 'all' : 'since the checkpoint'
    process.stdout.write(`${entry.id}: ${printFindings(findings, what)}`)
    noteAudit(folderOf(installation, entry), { at: now({ runtime: systemRuntime }), findings: findings.length })
    if (findings.length > 0) process.exitCode = 1
    else if (checkpoint !== undefined) {
      process.stdout.write(
        `${entry.id}: ${await keepCheckpoint(entry.id, checkpoint, keys, proved, log)} says how far\n`,
      )
    }
  }
}
