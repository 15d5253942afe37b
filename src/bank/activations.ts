/**
 * What becomes of the letters that tell a payee of a sale. One that the payee refuses leaves the sale as it is, since its
 * voucher may have been told: the record stands beside it, and an alarm says whose money has to be given back by people.
 */

import { raiseAlarm } from '../alarm.ts'
import type { LetterHandler } from '../mail/reception.ts'
import { now } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import type { Branch } from './branch.ts'
import { peerOf } from './private/letters.ts'

export const activationMigrations: readonly Migration[] = [
  {
    room: 'bank-activations',
    number: 1,
    sql: `
      CREATE TABLE refused_activation (
        tenant TEXT NOT NULL,
        sale TEXT NOT NULL,
        reason TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, sale),
        FOREIGN KEY (tenant, sale) REFERENCES sale (tenant, id)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO refused_activation (tenant, sale, reason, at)
      SELECT sale.tenant, sale.id, 'refused by the payee', sold_at
      FROM sale JOIN clearing_outbox AS letter ON letter.tenant = sale.tenant AND letter.peer = sale.payee
        AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence
      WHERE letter.outcome = 'refused'`,
  },
]

export function activationAnswers(branch: Branch): LetterHandler<'activation'> {
  return {
    answered: async (tx, payee, { epoch, sequence }, verdict) => {
      if (verdict.outcome === 'accepted') return
      const { reason } = verdict
      const tenant = branch.config.id
      const at = now(branch)
      const sale = await tx.one<{ id: string }>(
        'SELECT id FROM sale WHERE tenant = ? AND letter_to = ? AND letter_epoch = ? AND letter_sequence = ?',
        tenant,
        peerOf(branch, payee),
        epoch,
        sequence,
      )
      if (sale === undefined) return
      const { id } = sale
      await tx.run(
        'INSERT INTO refused_activation (tenant, sale, reason, at) VALUES (?, ?, ?, ?)',
        tenant,
        id,
        reason,
        BigInt(at),
      )
      await raiseAlarm(tx, tenant, { peer: payee, kind: 'sale-not-honoured', detail: `sale ${id}: ${reason}`, at })
    },
  }
}
