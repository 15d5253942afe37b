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
    for (const { bank, number, date } of open) {
      if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
      const detail = `net statement ${number} of ${date} is not answered`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'day-end-late', detail, at })
    }
  })
}
