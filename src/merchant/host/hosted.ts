/**
 * The payees for whom a host speaks: who they are, at which bank each has its account, and whether it is still paid. Everything
 * else of a payee stands under its own id in the tables of a payee, and in a chain of its own.
 *
 *     1 its bank asks        ──▶ open     the host vouches for it
 *     2 its bank says so     ──▶ closed   nothing more is printed for it; what was sold is honoured
 *     3 its bank lost it     ──▶ closed   likewise: its books went back to before it asked
 */
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import type { SpokenName } from '../../languages.ts'
import type { Migration } from '../../store/migrations.ts'
import type { ReadTx, Tx } from '../../store/store.ts'

export const hostMigrations: readonly Migration[] = [
  {
    room: 'host',
    number: 1,
    sql: `
      CREATE TABLE hosted_payee (
        tenant TEXT NOT NULL REFERENCES institution (tenant),
        -- Its own id, under which its register is, and the name of its chain.
        payee TEXT NOT NULL,
        -- What callers key.
        number TEXT NOT NULL,
        bank TEXT NOT NULL,
        -- The bank's, by which it asked for the payee.
        application TEXT NOT NULL,
        account TEXT NOT NULL,
        name_en TEXT NOT NULL,
        name_zh TEXT NOT NULL,
        opened_at INTEGER NOT NULL,
        closed_at INTEGER,
        PRIMARY KEY (tenant, payee),
        UNIQUE (tenant, number),
        UNIQUE (tenant, bank, application)
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER hosted_payee_is_never_forgotten BEFORE DELETE ON hosted_payee
        BEGIN SELECT RAISE(ABORT, 'a payee whose vouchers may be out stays known'); END`,
  },
  {
    room: 'host',
    number: 2,
    sql: `
      -- Which banks sell a payee's vouchers: its own, and every other to which the host has introduced it.
      CREATE TABLE payee_bank (
        tenant TEXT NOT NULL,
        bank TEXT NOT NULL,
        payee TEXT NOT NULL,
        -- Of the letter that introduced it; none to its own bank, which has asked for it.
        letter_epoch INTEGER,
        letter_sequence INTEGER,
        -- The bank does not sell for this host.
        refused_at INTEGER,
        -- In which of the host's epochs the bank was told that it is paid no more.
        closing_epoch INTEGER,
        PRIMARY KEY (tenant, bank, payee),
        FOREIGN KEY (tenant, payee) REFERENCES hosted_payee (tenant, payee),
        CHECK ((letter_epoch IS NULL) = (letter_sequence IS NULL))
      ) STRICT, WITHOUT ROWID;
      INSERT INTO payee_bank (tenant, bank, payee) SELECT tenant, bank, payee FROM hosted_payee;
      CREATE TRIGGER payee_bank_is_never_forgotten BEFORE DELETE ON payee_bank
        BEGIN SELECT RAISE(ABORT, 'a bank that may have sold vouchers stays known'); END`,
  },
]

export interface HostedPayee {
  readonly payee: InstitutionId
  readonly number: string
  readonly bank: InstitutionId
  readonly application: string
  readonly account: AccountNumber
  readonly name: SpokenName
  readonly isClosed: boolean
}

type Row = Omit<HostedPayee, 'name' | 'isClosed'> & {
  readonly name_en: string
  readonly name_zh: string
  readonly closed_at: bigint | null
}

const columns = 'payee, number, bank, application, account, name_en, name_zh, closed_at'

function payeeFrom({ name_en: en, name_zh: zh, closed_at, ...row }: Row): HostedPayee {
  return { ...row, name: { en, zh }, isClosed: closed_at !== null }
}

export async function hostedPayees(tx: ReadTx, host: InstitutionId): Promise<readonly HostedPayee[]> {
  const rows = await tx.all<Row>(`SELECT ${columns} FROM hosted_payee WHERE tenant = ? ORDER BY payee`, host)
  return rows.map(payeeFrom)
}

/** Everybody's name, each of which a call may speak. */
export async function hostedNames(tx: ReadTx): Promise<readonly SpokenName[]> {
  return tx.all<SpokenName>('SELECT DISTINCT name_en AS en, name_zh AS zh FROM hosted_payee ORDER BY name_en, name_zh')
}

export async function hostedBy(
  tx: ReadTx,
  host: InstitutionId,
  key: 'payee' | 'number',
  value: string,
): Promise<HostedPayee | undefined> {
  const row = await tx.one<Row>(`SELECT ${columns} FROM hosted_payee WHERE tenant = ? AND ${key} = ?`, host, value)
  return row && payeeFrom(row)
}

/** Whom a bank asked to take on by this application. */
export async function askedFor(
  tx: ReadTx,
  host: InstitutionId,
  bank: InstitutionId,
  application: string,
): Promise<InstitutionId | undefined> {
  const row = await tx.one<{ payee: InstitutionId }>(
    'SELECT payee FROM hosted_payee WHERE tenant = ? AND bank = ? AND application = ?',
    ...[host, bank, application],
  )
  return row?.payee
}

export async function takeOn(tx: Tx, host: InstitutionId, payee: HostedPayee, at: number): Promise<void> {
  const { name, number, bank, application, account } = payee
  await tx.run(
    `INSERT INTO hosted_payee (tenant, payee, number, bank, application, account, name_en, name_zh, opened_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[host, payee.payee, number, bank, application, account, name.en, name.zh, BigInt(at)],
  )
  await tx.run('INSERT INTO payee_bank (tenant, bank, payee) VALUES (?, ?, ?)', host, bank, payee.payee)
}

export async function close(tx: Tx, host: InstitutionId, payee: InstitutionId, at: number): Promise<void> {
  await tx.run(
    'UPDATE hosted_payee SET closed_at = ? WHERE tenant = ? AND payee = ? AND closed_at IS NULL',
    ...[BigInt(at), host, payee],
  )
}
