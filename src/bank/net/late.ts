/** Net statements that the other bank has not answered by the time by which a date should be reconciled. */
import { raiseAlarmOnce } from '../../alarm.ts'
import { isLate } from '../../clearing/late.ts'
import type { InstitutionId } from '../../ids.ts'
import { minutesOf } from '../../institution/config.ts'
import { now } from '../../runtime.ts'
import type { Branch } from '../branch.ts'

/** An alarm for each, once. */
export async function reportLateStatements({ store, config, calendar, runtime }: Branch): Promise<void> {
  const { id: tenant } = config
  const at = now({ runtime })
  await store.execute(async tx => {
    const open = await tx.all<{ bank: InstitutionId; number: bigint; date: string }>(
      `SELECT bank, number, date FROM net_statement
       WHERE tenant = ? AND state IN ('writing', 'sent') ORDER BY bank, number`,
      tenant,
    )
    const lost = await tx.all<{ bank: InstitutionId; number: bigint; count: bigint }>(
      `SELECT bank, number, count(*) AS count FROM held_credit AS held WHERE tenant = ? AND NOT EXISTS (SELECT 1 FROM received_credit AS own
         WHERE own.tenant = held.tenant AND own.bank = held.bank AND own.transfer = held.transfer AND own.posting IS NOT NULL
           AND own.minor = held.minor) GROUP BY bank, number`,
      tenant,
    )
    for (const { bank, number, count } of lost) {
      const detail = `net statement ${number}, as it is held there: ${count} credits that these books do not know`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'day-end-lost', detail, at })
    }
    for (const { bank, number, date } of open) {
      if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
      const detail = `net statement ${number} of ${date} is not answered`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'day-end-late', detail, at })
    }
  })
}
