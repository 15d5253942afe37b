/** What must hold of hosts' day-end files in a bank's books: raw rows, queries of their own, and nothing imported of the bank. */
import { type HostFileToProve, hostFileFaults, type SectionToProve } from '../../../clearing/audit/host-proof.ts'
import type { Finding } from '../../../ledger/audit/finding.ts'
import type { BooksOf, Identity } from '../../../ledger/audit/identity.ts'

/** Each query gives a row for everything that is wrong. */
export const hostedFileRules: readonly string[] = [
  `SELECT 'host file ' || host || ' ' || number AS place, 'no letter of its host has its header' AS what
   FROM hosted_file AS file WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = file.tenant AND letter.peer = host AND letter.type = 'host-file' AND instr(content, header) > 0)`,
  `SELECT 'host file ' || host || ' ' || number AS place, 'the file before it is not there' AS what
   FROM hosted_file AS file WHERE tenant = @tenant AND number > 1 AND NOT EXISTS (SELECT 1 FROM hosted_file AS other
     WHERE other.tenant = file.tenant AND other.host = file.host AND other.number = file.number - 1 AND other.date < file.date)`,
  // A section is a payee's file, or was refused, and its host told so.
  `SELECT 'section ' || host || ' ' || number || '/' || section AS place, 'it is no file of its payee' AS what
   FROM hosted_section AS section WHERE tenant = @tenant AND refused IS NULL AND NOT EXISTS (SELECT 1 FROM payee_file AS file
     JOIN (SELECT tenant, payee, host FROM private_payee UNION ALL SELECT tenant, payee, host FROM introduced_payee) AS own ON own.tenant = file.tenant AND own.payee = file.payee
     WHERE file.tenant = section.tenant AND file.payee = section.payee AND file.number = payee_number AND file.hash = section.hash
       AND file.lines = section.lines AND own.host = section.host)`,
  `SELECT 'section ' || host || ' ' || number || '/' || section AS place, 'it was refused, and no letter says so' AS what
   FROM hosted_section AS section WHERE tenant = @tenant AND refused IS NOT NULL AND NOT EXISTS (SELECT 1 FROM clearing_outbox AS letter
     WHERE letter.tenant = section.tenant AND letter.peer = host AND letter.type = 'day-end-refused'
       AND instr(content, CAST(payee AS BLOB)) > 0 AND instr(content, CAST(refused AS BLOB)) > 0)`,
  `SELECT 'host file ' || host || ' ' || number AS place, 'its sections, or their lines, do not follow one another' AS what
   FROM (SELECT host, number, section, first_line,
       row_number() OVER before AS place, 1 + coalesce(sum(lines) OVER (PARTITION BY host, number ORDER BY section
         ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS due, payee, lag(payee) OVER before AS last
     FROM hosted_section WHERE tenant = @tenant WINDOW before AS (PARTITION BY host, number ORDER BY section))
   WHERE section <> place OR first_line <> due OR payee <= last`,
  // Whatever came with it came to its sections: all their lines, when all of it has.
  `SELECT 'host file ' || host || ' ' || number AS place, 'it is whole, and a section of it is not' AS what
   FROM hosted_file AS file WHERE tenant = @tenant AND received = lines AND sections_received = sections AND EXISTS (SELECT 1
     FROM hosted_section AS section JOIN payee_file AS own ON own.tenant = section.tenant AND own.payee = section.payee AND own.number = payee_number
     WHERE section.tenant = file.tenant AND section.host = file.host AND section.number = file.number AND section.refused IS NULL
       AND own.state = 'receiving')`,
]

type FileRow = HostFileToProve & { readonly host: string; readonly sections_received: bigint }

/** Every file is proved by its sections, and those by their lines as any payee's file. */
export function hostedFilesIdentity({ tenant }: BooksOf): Identity {
  return async tx => {
    const findings: Finding[] = []
    const files = await tx.all<FileRow>(
      `SELECT host, number, date, header, hash, sections, sections_received, lines FROM hosted_file WHERE tenant = ?
       ORDER BY host, number`,
      tenant,
    )
    let before: FileRow | undefined
    for (const file of files) {
      const { host, number } = file
      const sections = await tx.all<SectionToProve & Record<string, Uint8Array | bigint | null>>(
        'SELECT hash, lines FROM hosted_section WHERE tenant = ? AND host = ? AND number = ? ORDER BY section',
        ...[tenant, host, number],
      )
      const isWhole = file.sections_received === file.sections
      const previous = before?.host === host ? before.hash : undefined
      const faults = [...hostFileFaults(file, { from: host, to: tenant }, previous, isWhole ? sections : undefined)]
      if (BigInt(sections.length) !== file.sections_received)
        faults.push(`${file.sections_received} sections have come, and ${sections.length} are there`)
      findings.push(...faults.map(what => ({ kind: 'identity' as const, where: `host file ${host} ${number}`, what })))
      before = file
    }
    return findings
  }
}
