/**
 * Settlements that nobody has answered, net statements that the other bank has not answered by the time by which a date should be reconciled, and those that are not written,
 * as it has not told what it holds of books that were lost.
 */
import { raiseAlarmOnce } from '../../alarm.ts'
import { isLate } from '../../clearing/late.ts'
import type { InstitutionId } from '../../ids.ts'
import { minutesOf } from '../../institution/config.ts'
import { dateByClock } from '../../ledger/cut-off.ts'
import { formatMoney } from '../../money.ts'
import { now } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
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
    for (const { bank, date } of await unwritten(tx, tenant)) {
      if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
      const detail = `no net statement is written since ${date}: it has not told what it holds of books that were lost here`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'day-end-late', detail, at })
    }
    for (const { bank, number, date } of open) {
      if (!isLate(calendar, minutesOf(config.reconciledBy), date, at)) continue
      const detail = `net statement ${number} of ${date} is not answered`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'day-end-late', detail, at })
    }
  })
}

/** Settlements that were announced, and that nobody at the paid bank has confirmed or refused: an alarm for each, once, at both ends. */
export async function reportLateSettlements({ store, config, calendar, runtime }: Branch): Promise<void> {
  const { id: tenant, settledWithinDays } = config
  const at = now({ runtime })
  await store.execute(async tx => {
    const open = await tx.all<{ bank: InstitutionId; id: string; way: 'paying' | 'paid'; at: bigint; net: bigint }>(
      `SELECT bank, id, way, at, gross - counter AS net FROM net_settlement
       WHERE tenant = ? AND state = 'announced' ORDER BY bank`,
      tenant,
    )
    for (const { bank, id, way, net, ...row } of open) {
      const date = dateByClock(calendar, Number(row.at))
      const since = await tx.one<{ count: bigint }>(
        'SELECT count(*) AS count FROM business_date WHERE tenant = ? AND date > ?',
        ...[tenant, date],
      )
      if ((since?.count ?? 0n) < BigInt(settledWithinDays)) continue
      const amount = formatMoney({ minor: net, asset: config.currency })
      const what = way === 'paying' ? `paid to ${bank}, which` : `paid by ${bank}, and this bank`
      const detail = `${id}: ${amount} of ${date} is announced as ${what} has neither confirmed nor refused it`
      await raiseAlarmOnce(tx, tenant, { peer: bank, kind: 'settlement-late', detail, at })
    }
  })
}

/** Of each bank that is still to tell which statements it holds: the first closed date of which there is none. */
function unwritten(tx: ReadTx, tenant: InstitutionId) {
  return tx.all<{ bank: InstitutionId; date: string }>(
    `SELECT bank, min(date) AS date FROM net_recall AS recall JOIN business_date USING (tenant)
     WHERE tenant = ? AND way = 'ours' AND recall.state <> 'told'
       AND epoch = (SELECT max(epoch) FROM net_recall AS other WHERE other.tenant = recall.tenant AND other.bank = recall.bank AND way = 'ours')
       AND date > coalesce((SELECT max(date) FROM net_statement AS own WHERE own.tenant = recall.tenant AND own.bank = recall.bank), '')
     GROUP BY bank ORDER BY bank`,
    tenant,
  )
}
