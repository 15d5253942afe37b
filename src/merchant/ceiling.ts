/**
 * How much each bank may owe this payee, granted beforehand by letter, and the activations that came above it: they have
 * their receipts, wait here, and activate by themselves when there is room.
 *
 *     ──1 above what was granted──▶ held ──2 there is room──▶ activated
 */

import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { steppedOnce } from '../invariant.ts'
import { accountExists, balanceOf } from '../ledger/accounts.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { Activation } from '../mail/messages.ts'
import type { LetterHandler } from '../mail/reception.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, amountOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { GrantBook } from '../voucher/grants.ts'
import { banksOf, dueFrom, type Shop, writeToBank } from './shop.ts'

/** What was granted to each bank, in order. */
const grants = new GrantBook({ table: 'bank_grant', party: 'bank', at: 'granted_at' })

export const ceilingMigrations: readonly Migration[] = [
  {
    room: 'merchant-ceilings',
    number: 1,
    sql: `
      ${grants.sql};

      CREATE TABLE held_activation (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        sale TEXT NOT NULL,
        number TEXT NOT NULL,
        sold_at INTEGER NOT NULL,
        held_at INTEGER NOT NULL,
        activated_at INTEGER,
        PRIMARY KEY (tenant, bank, sale),
        UNIQUE (tenant, number),
        FOREIGN KEY (tenant, number) REFERENCES voucher (tenant, number)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX held_activation_waiting ON held_activation (tenant, bank, held_at) WHERE activated_at IS NULL`,
  },
  {
    room: 'merchant-ceilings',
    number: 2,
    sql: `
      -- Letters of grants that their bank refused: what was granted last is granted again.
      CREATE TABLE refused_grant (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        letter_epoch INTEGER NOT NULL,
        letter_sequence INTEGER NOT NULL,
        reason TEXT NOT NULL,
        refused_at INTEGER NOT NULL,
        -- When it was granted again.
        repeated_at INTEGER,
        PRIMARY KEY (tenant, bank, letter_epoch, letter_sequence)
      ) STRICT, WITHOUT ROWID`,
  },
]

/** What becomes of grants: one that its bank refused, as it did not sell our vouchers yet, is given again. */
export function grantAnswers(shop: Shop): LetterHandler<'grant'> {
  return {
    answered: async (tx, bank, { epoch, sequence }, verdict) => {
      if (verdict.outcome === 'accepted') return
      await tx.run(
        `INSERT INTO refused_grant (tenant, bank, letter_epoch, letter_sequence, reason, refused_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        ...[shop.config.id, bank, epoch, sequence, verdict.reason, BigInt(now(shop))],
      )
    },
  }
}

/** Tells a bank what it may owe, when that is not what it was told last or it refused that, and it can be told. */
export async function grant(tx: Tx, shop: Shop, bank: InstitutionId): Promise<void> {
  const { id: tenant, currency, ceilings } = shop.config
  if (await isClosedTo(tx, shop.house, bank)) return
  const minor = ceilings.of[bank] ?? ceilings.each
  const isRefused = await tx.one(
    'SELECT 1 AS found FROM refused_grant WHERE tenant = ? AND bank = ? AND repeated_at IS NULL LIMIT 1',
    tenant,
    bank,
  )
  if ((await grants.last(tx, tenant, bank)) === minor && isRefused === undefined) return
  if (isRefused !== undefined)
    await tx.run(
      'UPDATE refused_grant SET repeated_at = ? WHERE tenant = ? AND bank = ? AND repeated_at IS NULL',
      ...[BigInt(now(shop)), tenant, bank],
    )
  const ceiling = { minor, asset: currency }
  await grants.keep(tx, tenant, { party: bank, ceiling, at: now(shop), owed: await owedBy(tx, shop, bank) })
  await writeToBank(tx, shop, { to: bank, type: 'grant', body: { ceiling } })
}

/** When a bank can be written to after a start, and nightly: every pinned bank is told what it may owe, if that changed. */
export async function grantToAll(shop: Shop): Promise<void> {
  const { store } = shop
  for (const { bank } of await store.read(tx => banksOf(tx, shop))) {
    await store.execute(tx => grant(tx, shop, bank))
  }
}

/** Whether one more activation stays within what the bank may owe. */
export async function hasRoom(tx: ReadTx, shop: Shop, bank: InstitutionId, amount: Money): Promise<boolean> {
  const granted = await grants.last(tx, shop.config.id, bank)
  return granted !== undefined && (await owedBy(tx, shop, bank)) + amount.minor <= granted
}

/** Keeps an activation until there is room. Told again of the same sale, it does nothing more. */
export async function holdActivation(tx: Tx, shop: Shop, bank: InstitutionId, activation: Activation): Promise<void> {
  const { id: tenant } = shop.config
  const { sale, number, soldAt } = activation
  const at = now(shop)
  const isNew = await tx.run(
    `INSERT INTO held_activation (tenant, bank, sale, number, sold_at, held_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, bank, sale) DO NOTHING`,
    tenant,
    bank,
    sale,
    number,
    soldAt,
    BigInt(at),
  )
  if (isNew === 0n) return
  const detail = `sale ${sale} of voucher ${number}: the bank owes as much as it may`
  await raiseAlarm(tx, shop.house, { peer: bank, kind: 'activation-held', detail, at })
}

export interface HeldActivation {
  readonly bank: InstitutionId
  readonly sale: string
  readonly number: VoucherNumber
}

/** What is held of this voucher, or of this sale, if anything: one sale has one record, whether it is held or not. */
export function heldOf(
  tx: ReadTx,
  tenant: InstitutionId,
  { bank, sale, number }: HeldActivation,
): Promise<HeldActivation[]> {
  return tx.all<{ bank: InstitutionId; sale: string; number: VoucherNumber }>(
    `SELECT bank, sale, number FROM held_activation
     WHERE activated_at IS NULL AND tenant = ? AND (number = ? OR (bank = ? AND sale = ?))`,
    tenant,
    number,
    bank,
    sale,
  )
}

/** It is held no more. */
export async function releaseActivation(tx: Tx, shop: Shop, bank: InstitutionId, sale: string): Promise<void> {
  const released = await tx.run(
    'UPDATE held_activation SET activated_at = ? WHERE tenant = ? AND bank = ? AND sale = ? AND activated_at IS NULL',
    BigInt(now(shop)),
    shop.config.id,
    bank,
    sale,
  )
  steppedOnce(released, 'an activation was released that was not held', sale)
}

/** Every activation that waits, oldest first, as its bank wrote it. */
export async function waiting(
  tx: ReadTx,
  tenant: InstitutionId,
): Promise<readonly { bank: InstitutionId; activation: Activation }[]> {
  const rows = await tx.all<
    AmountColumns & {
      bank: InstitutionId
      sale: string
      number: VoucherNumber
      batch: string
      serial: bigint
      sold_at: bigint
    }
  >(
    `SELECT held.bank, held.sale, held.number, batch, serial, minor, asset, scale, sold_at
     FROM held_activation AS held JOIN voucher ON voucher.tenant = held.tenant AND voucher.number = held.number
     WHERE held.tenant = ? AND held.activated_at IS NULL ORDER BY held_at, held.sale`,
    tenant,
  )
  return rows.map(({ bank, sale, number, batch, serial, sold_at: soldAt, ...amount }) => ({
    bank,
    activation: { sale, number, batch, serial, amount: amountOf(amount), soldAt },
  }))
}

async function owedBy(tx: ReadTx, { chain }: Shop, bank: InstitutionId): Promise<bigint> {
  const account = dueFrom(bank)
  return (await accountExists(tx, account, chain)) ? (await balanceOf(tx, account, chain)).posted.minor : 0n
}
