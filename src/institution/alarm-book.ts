/** Alarms as people deal with them: those that nobody has acknowledged, and who acknowledged which. */
import type { Alarm, AlarmKind } from '../alarm.ts'
import type { InstitutionId } from '../ids.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'

export const alarmBookMigrations: readonly Migration[] = [
  {
    room: 'alarm-book',
    number: 1,
    sql: `
      CREATE TABLE alarm_acknowledged (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        number INTEGER NOT NULL REFERENCES clearing_alarm (number),
        by TEXT NOT NULL CHECK (by <> ''),
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, number)
      ) STRICT`,
  },
]

export interface OpenAlarm extends Alarm {
  readonly number: bigint
}

/** Oldest first. */
export async function openAlarms(tx: ReadTx, tenant: InstitutionId): Promise<readonly OpenAlarm[]> {
  const rows = await tx.all<{ number: bigint; peer: InstitutionId; kind: string; detail: string; at: bigint }>(
    `SELECT number, peer, kind, detail, at FROM clearing_alarm WHERE tenant = ?
     AND number NOT IN (SELECT number FROM alarm_acknowledged WHERE tenant = ?) ORDER BY number`,
    tenant,
    tenant,
  )
  return rows.map(row => ({ ...row, kind: row.kind as AlarmKind, at: Number(row.at) }))
}

/** Somebody has looked into these. @returns how many of them were open */
export async function acknowledgeAlarms(
  tx: Tx,
  tenant: InstitutionId,
  numbers: readonly bigint[],
  by: string,
  at: number,
): Promise<number> {
  let acknowledged = 0
  for (const number of numbers) {
    acknowledged += Number(
      await tx.run(
        `INSERT INTO alarm_acknowledged (tenant, number, by, at)
         SELECT tenant, number, ?, ? FROM clearing_alarm WHERE tenant = ? AND number = ?
         ON CONFLICT (tenant, number) DO NOTHING`,
        by,
        BigInt(at),
        tenant,
        number,
      ),
    )
  }
  return acknowledged
}
