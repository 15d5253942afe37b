/**
 * What a bank tells the payee of a voucher that it sold: that its buyer has lost it, so that nothing opens it any more; and
 * that its holder's identity was shown at a branch, so that the backup password unlocks it again. A notice is the bank's word
 * about one sale, once; the payee takes it from nobody else.
 */
import { z } from 'zod'
import { type AccountNumber, type InstitutionId, type VoucherNumber, voucherNumberShape } from '../ids.ts'
import type { Carried } from '../institution/decisions.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { Migration } from '../store/migrations.ts'
import type { Tx } from '../store/store.ts'
import type { Blocking } from './bank.ts'
import type { Branch } from './branch.ts'
import { peerOf, writeToPayee } from './private/letters.ts'

export const noticeMigrations: readonly Migration[] = [
  {
    room: 'bank-notices',
    number: 1,
    sql: `
      CREATE TABLE voucher_notice (
        tenant TEXT NOT NULL,
        -- To whom the letter went: the payee or, of a hosted one, its host.
        payee TEXT NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        sale TEXT NOT NULL,
        says TEXT NOT NULL CHECK (says IN ('lost', 'identity shown')),
        -- The decision of two people who have seen an identity card.
        decision TEXT,
        at INTEGER NOT NULL,
        PRIMARY KEY (tenant, payee, letter_epoch, letter_sequence),
        FOREIGN KEY (tenant, payee, letter_epoch, letter_sequence)
          REFERENCES clearing_outbox (tenant, peer, epoch, sequence),
        FOREIGN KEY (tenant, sale) REFERENCES sale (tenant, id),
        CHECK ((says = 'lost') = (decision IS NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX voucher_notice_of_sale ON voucher_notice (tenant, sale, at);
      CREATE TRIGGER voucher_notice_is_never_changed BEFORE UPDATE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END;
      CREATE TRIGGER voucher_notice_is_never_forgotten BEFORE DELETE ON voucher_notice
        BEGIN SELECT RAISE(ABORT, 'a notice stands for ever'); END`,
  },
]

/** In SQL, of a row of `sale`: 1 when its buyer has lost it and nobody has shown an identity card since. */
export const isLost = `coalesce((SELECT says = 'lost' FROM voucher_notice AS notice
  WHERE notice.tenant = sale.tenant AND notice.sale = sale.id
  ORDER BY notice.at DESC, letter_epoch DESC, letter_sequence DESC LIMIT 1), 0)`

type Sold = { readonly id: string; readonly payee: InstitutionId; readonly number: VoucherNumber }

const soldRows = `
  SELECT sale.id, sale.payee, stock.number
  FROM sale JOIN stock ON stock.tenant = sale.tenant AND stock.payee = sale.payee
    AND stock.batch = sale.batch AND stock.serial = sale.serial
  WHERE sale.tenant = ?`

/** Every voucher that the account has bought and not blocked before. What has ended its payee knows, and leaves as it is. */
export async function blockVouchers(tx: Tx, branch: Branch, buyer: AccountNumber, at: number): Promise<Blocking> {
  const rows = await tx.all<Sold>(
    `${soldRows} AND buyer = ? AND NOT ${isLost} ORDER BY posting`,
    branch.config.id,
    buyer,
  )
  for (const sold of rows) {
    const { id: sale, number, payee } = sold
    const letter = { to: payee, type: 'voucher-lost', body: { sale, number } } as const
    await note(tx, branch, sold, { says: 'lost', decision: null, at, ...(await writeToPayee(tx, branch, letter)) })
  }
  return { outcome: rows.length > 0 ? 'blocked' : 'nothing-to-block' }
}

const clearShape = z.strictObject({ voucher: voucherNumberShape })

/** Two people have seen the identity card of the account's holder who bought it. */
export async function clearVoucher(
  tx: Tx,
  branch: Branch,
  { request, digest }: { readonly request: unknown; readonly digest: string },
  at: number,
): Promise<Carried> {
  const { voucher } = clearShape.parse(request)
  const sold = await tx.one<Sold>(`${soldRows} AND stock.number = ?`, branch.config.id, voucher)
  if (sold === undefined) return { done: false, outcome: 'not-sold-here' }
  const { id: sale, number, payee } = sold
  if (await isClosedTo(tx, branch.config.id, peerOf(branch, payee)))
    return { done: false, outcome: 'payee-out-of-reach' }
  const body = { clearance: digest, sale, number }
  const letter = { to: payee, type: 'voucher-cleared', body } as const
  const place = await writeToPayee(tx, branch, letter)
  await note(tx, branch, sold, { says: 'identity shown', decision: digest, at, ...place })
  return { done: true, outcome: 'cleared' }
}

interface Notice {
  readonly says: 'lost' | 'identity shown'
  readonly decision: string | null
  readonly at: number
  readonly epoch: bigint
  readonly sequence: bigint
}

async function note(
  tx: Tx,
  branch: Branch,
  { id, payee }: Sold,
  { says, decision, at, epoch, sequence }: Notice,
): Promise<void> {
  await tx.run(
    `INSERT INTO voucher_notice (tenant, payee, letter_epoch, letter_sequence, sale, says, decision, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[branch.config.id, peerOf(branch, payee), epoch, sequence, id, says, decision, BigInt(at)],
  )
}
