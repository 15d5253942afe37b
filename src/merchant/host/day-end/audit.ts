/** What must hold of a host's day-end files: raw rows, queries of their own, and nothing imported of the host. */
import { type HostFileToProve, hostFileFaults, type SectionToProve } from '../../../clearing/audit/host-proof.ts'
import type { Finding } from '../../../ledger/audit/finding.ts'
import type { Identity } from '../../../ledger/audit/identity.ts'

/** Each query gives a row for everything that is wrong. */
export const hostFileRules: readonly string[] = [
  `SELECT 'section ' || bank || ' ' || section.tenant || ' ' || number AS place, 'it is in no file of its host' AS what
   FROM day_end_file AS section WHERE host_number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM host_file AS file
     WHERE file.tenant = @tenant AND file.bank = section.bank AND file.number = host_number AND file.date = section.date)`,
  `SELECT 'host file ' || bank || ' ' || number AS place, 'the file before it is not there' AS what
   FROM host_file AS file WHERE tenant = @tenant AND number > 1 AND NOT EXISTS (SELECT 1 FROM host_file AS other
     WHERE other.tenant = file.tenant AND other.bank = file.bank AND other.number = file.number - 1 AND other.date < file.date)`,
  // What is in letters stands in the outbox: the header first, and the last of them where the file says.
  `SELECT 'host file ' || bank || ' ' || number AS place, 'no letter has its header' AS what
   FROM host_file AS file WHERE tenant = @tenant AND held IS NULL AND letter_sequence IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM clearing_outbox AS letter WHERE letter.tenant = file.tenant AND letter.peer = bank
       AND letter.type = 'host-file' AND instr(content, header) > 0)`,
  `SELECT 'host file ' || bank || ' ' || number AS place, 'it is ' || state || ', and in letters are ' || sections_sent || ' sections and '
     || sent || ' lines' AS what
   FROM host_file AS file WHERE tenant = @tenant AND held IS NULL AND state IN ('sent', 'received')
     AND (sections_sent <> sections OR sent <> lines OR letter_sequence IS NULL)`,
  `SELECT 'host file ' || bank || ' ' || number AS place, 'it is received, and its last letter was not' AS what
   FROM host_file AS file WHERE tenant = @tenant AND held IS NULL AND state IN ('sent', 'received')
     AND (state = 'received') <> EXISTS (SELECT 1 FROM clearing_outbox AS letter WHERE letter.tenant = file.tenant AND letter.peer = bank
       AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND letter.outcome = 'accepted')`,
  `SELECT 'section ' || section.bank || ' ' || section.tenant || ' ' || number AS place, 'it is refused, or sent by itself, against the word of its bank' AS what
   FROM day_end_file AS section WHERE host_number IS NOT NULL AND held IS NULL AND (state = 'refused' OR alone = 1)
     AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter WHERE letter.tenant = @tenant AND letter.peer = section.bank
       AND letter.type = 'day-end-refused' AND instr(content, CAST(section.tenant AS BLOB)) > 0)`,
]

type FileRow = Omit<HostFileToProve, 'header' | 'hash'> & {
  readonly bank: string
  readonly header: Uint8Array | null
  readonly hash: Uint8Array | null
  readonly held: bigint | null
}

/** Every file that was built is proved by its sections, which its payees' own identities prove by their lines. */
export function hostFilesIdentity(host: string): Identity {
  return async tx => {
    const findings: Finding[] = []
    const files = await tx.all<FileRow>(
      'SELECT bank, number, date, header, hash, sections, lines, held FROM host_file WHERE tenant = ? ORDER BY bank, number',
      host,
    )
    let before: FileRow | undefined
    for (const file of files) {
      const { bank, number, header, hash, held } = file
      const previous = before?.bank === bank ? (before.hash ?? undefined) : undefined
      before = file
      if (header === null || hash === null) continue
      // Of one that was taken from its bank, the sections came to each payee by itself.
      const sections =
        held === null
          ? await tx.all<SectionToProve & Record<string, Uint8Array | bigint | null>>(
              'SELECT hash, lines FROM day_end_file WHERE bank = ? AND host_number = ? ORDER BY tenant',
              ...[bank, number],
            )
          : undefined
      const faults = hostFileFaults({ ...file, header, hash }, { from: host, to: bank }, previous, sections)
      findings.push(...faults.map(what => ({ kind: 'identity' as const, where: `host file ${bank} ${number}`, what })))
    }
    return findings
  }
}
