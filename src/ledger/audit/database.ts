/** Whether the database is whole and still has the triggers that make its books grow only. */
import type { ReadTx } from '../../store/store.ts'
import type { Finding } from './finding.ts'

const growOnly = ['journal', 'entry', 'account', 'kept_head']

export async function checkDatabase(tx: ReadTx): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const row of await tx.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (row.integrity_check !== 'ok') findings.push({ kind: 'database', where: 'pages', what: row.integrity_check })
  }
  for (const row of await tx.all<{ table: string; rowid: bigint | null; parent: string }>('PRAGMA foreign_key_check')) {
    findings.push({ kind: 'database', where: row.table, what: `a row refers to no row of ${row.parent}` })
  }
  return [...findings, ...(await checkSchema(tx))]
}

/** Without reading a row: whether everything is there that makes the books grow only. */
export async function checkSchema(tx: ReadTx): Promise<Finding[]> {
  const findings: Finding[] = []
  const triggers = await tx.all<{ name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'",
  )
  for (const table of growOnly) {
    for (const change of ['update', 'delete']) {
      const trigger = triggers.find(candidate => candidate.name === `${table}_refuses_${change}`)
      const refuses = new RegExp(`BEFORE ${change} ON ${table}\\s+BEGIN SELECT RAISE\\(ABORT, '[^']*'\\); END$`, 'i')
      if (trigger === undefined || !refuses.test(trigger.sql)) {
        findings.push({ kind: 'database', where: table, what: `nothing refuses a ${change} of its rows` })
      }
    }
  }
  return findings
}
