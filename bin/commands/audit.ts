/** `tonebank audit`: proves the books of the institutions that are named, or of all. It reads, and needs nobody to run. */
import { printFindings } from '../../src/ledger/audit/finding.ts'
import { auditInstitution } from '../../src/operations/audit-institution.ts'
import {
  fileOf,
  folderOf,
  institutionOf,
  readInstallation,
  type Where,
} from '../../src/operations/installation/file.ts'

export async function audit(named: readonly string[], where: Where): Promise<void> {
  const installation = readInstallation(fileOf(where))
  const { institutions } = installation
  const among = institutions.map(entry => ({ id: entry.id, folder: folderOf(installation, entry) }))
  const audited = named.length > 0 ? named.map(id => institutionOf(installation, id)) : institutions
  for (const entry of audited) {
    const findings = await auditInstitution(entry, among)
    process.stdout.write(`${entry.id}: ${printFindings(findings)}`)
    if (findings.length > 0) process.exitCode = 1
  }
}
