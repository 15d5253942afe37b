/**
 * How much each bank may owe this payee, granted beforehand by letter, and the activations that came above it: they have
 * their receipts, wait here, and activate by themselves when there is room.
 *
 *     held ──room──▶ activated
 */

import { raiseAlarm } from '../alarm.ts'
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { accountExists, balanceOf } from '../ledger/accounts.ts'
import { isClosedTo } from '../mail/gate.ts'
import type { Activation } from '../mail/messages.ts'
import { writeLetter } from '../mail/outbox.ts'
import { pinnedPeers } from '../mail/peers.ts'
import type { Money } from '../money.ts'
import { now } from '../runtime.ts'
import { type AmountColumns, amountOf, columnsOf } from '../store/amount-columns.ts'
import type { Migration } from '../store/migrations.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { dueFrom, type Shop } from './shop.ts'

export const ceilingMigrations: readonly Migration[] = [
  {
    room: 'merchant-ceilings',
    number: 1,
    sql: `
      -- What was granted to each bank, in order: the last counts.
      CREATE TABLE bank_grant (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        bank TEXT NOT NULL,
        number INTEGER NOT NULL,
        minor INTEGER NOT NULL CHECK (minor >= 0),
        asset TEXT NOT NULL,
        scale INTEGER NOT NULL,
        granted_at INTEGER NOT NULL,
        -- What the bank owed at that moment, which may be above what was granted.
        owed INTEGER NOT NULL,
        PRIMARY KEY (tenant, bank, number)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER bank_grant_is_never_changed BEFORE UPDATE ON bank_grant
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END;
      CREATE TRIGGER bank_grant_is_never_forgotten BEFORE DELETE ON bank_grant
        BEGIN SELECT RAISE(ABORT, 'a grant stands for ever'); END;

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
]

/** Tells a bank what it may owe, when that is not what it was told last, and it can be told. */
export async function grant(tx: Tx, shop: Shop, bank: InstitutionId): Promise<void> {
  const { id: tenant, currency, ceilings } = shop.config
  if (await isClosedTo(tx, tenant, bank)) return
  const minor = ceilings.of[bank] ?? ceilings.each
  const last = await lastGrant(tx, tenant, bank)
  if (last !== undefined && last.minor === minor) return
  const ceiling = { minor, asset: currency }
  await tx.run(
    `INSERT INTO bank_grant (tenant, bank, number, minor, asset, scale, granted_at, owed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    tenant,
    bank,
    (last?.number ?? 0n) + 1n,
    ...columnsOf(ceiling),
    BigInt(now(shop)),
    await owedBy(tx, shop, bank),
  )
  await writeLetter(tx, { from: tenant, to: bank, type: 'grant', body: { ceiling } })
}

/** When a bank can be written to after a start, and nightly: every pinned bank is told what it may owe, if that changed. */
export async function grantToAll(shop: Shop): Promise<void> {
  const { store, config } = shop
  for (const { institution } of await store.read(tx => pinnedPeers(tx, config.id))) {
    await store.execute(tx => grant(tx, shop, institution))
  }
}

/** Whether one more activation stays within what the bank may owe. */
export async function hasRoom(tx: ReadTx, shop: Shop, bank: InstitutionId, amount: Money): Promise<boolean> {
  const last = await lastGrant(tx, shop.config.id, bank)
  return last !== undefined && (await owedBy(tx, shop, bank)) + amount.minor <= last.minor
}

/** Keeps an activation until there is room. Told again of the same sale, it does nothing more. */
export async function hold(tx: Tx, shop: Shop, bank: InstitutionId, activation: Activation): Promise<void> {
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
  await raiseAlarm(tx, tenant, { peer: bank, kind: 'activation-held', detail, at })
}

export interface Held {
  readonly bank: InstitutionId
  readonly sale: string
  readonly number: VoucherNumber
}

/** What is held of this voucher, or of this sale, if anything: one sale has one record, whether it is held or not. */
export function heldOf(tx: ReadTx, tenant: InstitutionId, { bank, sale, number }: Held): Promise<Held[]> {
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
export async function release(tx: Tx, shop: Shop, bank: InstitutionId, sale: string): Promise<void> {
  await tx.run(
    'UPDATE held_activation SET activated_at = ? WHERE tenant = ? AND bank = ? AND sale = ? AND activated_at IS NULL',
    BigInt(now(shop)),
    shop.config.id,
    bank,
    sale,
  )
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

function lastGrant(tx: ReadTx, tenant: InstitutionId, bank: InstitutionId) {
  return tx.one<{ number: bigint; minor: bigint }>(
    'SELECT number, minor FROM bank_grant WHERE tenant = ? AND bank = ? ORDER BY number DESC LIMIT 1',
    tenant,
    bank,
  )
}

async function owedBy(tx: ReadTx, { chain }: Shop, bank: InstitutionId): Promise<bigint> {
  const account = dueFrom(bank)
  return (await accountExists(tx, account, chain)) ? (await balanceOf(tx, account, chain)).posted.minor : 0n
}
