/**
 * Books of any length, written by the code that writes them in the field and in its biggest groups: a bank's, in memory,
 * with its customers, stock, sales, letters and outcomes, and a payee's, with an account for every voucher.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bankIdentities } from '../../src/bank/audit.ts'
import { bankTables } from '../../src/bank/tables.ts'
import { withCheckDigits } from '../../src/check-digits.ts'
import { institutionIdShape, intentIdShape, voucherNumberShape } from '../../src/ids.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import { memoryKeys } from '../../src/keys/soft-keys.ts'
import { openAccount } from '../../src/ledger/accounts.ts'
import type { Identity } from '../../src/ledger/audit/identity.ts'
import { accountId } from '../../src/ledger/chart.ts'
import { credit, debit, post } from '../../src/ledger/post.ts'
import { signAndKeepHead } from '../../src/ledger/signed-heads.ts'
import { writeLetter } from '../../src/mail/outbox.ts'
import { merchantIdentities } from '../../src/merchant/audit.ts'
import { merchantTables } from '../../src/merchant/start.ts'
import { CNY, money } from '../../src/money.ts'
import { systemRuntime } from '../../src/runtime.ts'
import { once } from '../../src/store/once.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store, Tx } from '../../src/store/store.ts'
import { establish } from '../../src/store/tenants.ts'

export interface Book {
  readonly name: string
  readonly signer: string
  readonly folder: string
  readonly rows: number
  readonly keys: KeyStore
  readonly identities: readonly Identity[]
  dispose(): void
}

const when = { chain: 'main', at: 1_774_000_000_000, businessDate: '2026-03-20' }
const face = money(5_000n)
const customers = 200
const bank = institutionIdShape.parse('harbour')
const payee = institutionIdShape.parse('lantern')

/** Rows that one sale leaves in a bank's books: a record, a posting and its entries, a letter, a sale, an outcome. */
const rowsPerSale = 7
/** Rows that one voucher leaves in a payee's: itself, its account, balance and opening, an activation and a payment. */
const rowsPerVoucher = 10

export async function bankBook(rows: number): Promise<Book> {
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: bankTables })
  await store.execute(async tx => {
    await establish(tx, bank)
    await openAccount(tx, { ...when, account: accountId('vault'), asset: CNY })
    await openAccount(tx, { ...when, account: accountId('float', 'lantern'), asset: CNY })
    for (let i = 0; i < customers; i++) await openCustomer(tx, i)
  })
  await inGroups(Math.ceil(rows / rowsPerSale), (from, to) =>
    store.execute(async tx => {
      for (let i = from; i < to; i++) await sell(tx, i)
    }),
  )
  return written('bank', 'harbour', store, bankIdentities({ tenant: 'harbour', chain: 'main' }))
}

export async function payeeBook(rows: number): Promise<Book> {
  const store = openStore({ runtime: systemRuntime, at: { memory: 'empty' }, migrations: merchantTables })
  await store.execute(async tx => {
    await establish(tx, payee)
    await openAccount(tx, { ...when, account: accountId('revenue'), asset: CNY })
    await openAccount(tx, { ...when, account: accountId('due-from-bank', 'harbour'), asset: CNY })
  })
  await inGroups(Math.ceil(rows / rowsPerVoucher), (from, to) =>
    store.execute(async tx => {
      for (let i = from; i < to; i++) await activateAndPay(tx, i)
    }),
  )
  return written('payee', 'lantern', store, merchantIdentities({ tenant: 'lantern', chain: 'main' }))
}

const groupSize = 2_000

async function inGroups(count: number, write: (from: number, to: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += groupSize) await write(from, Math.min(count, from + groupSize))
}

const customer = (i: number) => `62${i.toString().padStart(8, '0')}`

async function openCustomer(tx: Tx, i: number): Promise<void> {
  const account = customer(i)
  await tx.run(
    `INSERT INTO bank_customer (tenant, account, name_en, name_zh, language, pin, opened_at)
     VALUES ('harbour', ?, 'A Buyer', '买家', NULL, '-', ?)`,
    account,
    BigInt(when.at),
  )
  const deposit = accountId('deposit', account)
  await openAccount(tx, { ...when, account: deposit, asset: CNY })
  const amount = money(10n ** 12n)
  const id = `cash${i}`
  await tx.run(
    `INSERT INTO bank_deposit (tenant, id, account, maker, checker) VALUES ('harbour', ?, ?, 'ann', 'ben')`,
    id,
    account,
  )
  const entries = [debit(accountId('vault'), amount), credit(deposit, amount)]
  await post(tx, { ...when, id: `deposit ${id}`, kind: 'deposit', entries })
}

async function sell(tx: Tx, i: number): Promise<void> {
  const [sale, buyer, batch] = [scattered(i), customer((i * 7) % customers), 'b'.repeat(32)]
  const serial = BigInt(i)
  const number = voucherNumberShape.parse(withCheckDigits(`6180${i.toString().padStart(12, '0')}`))
  await tx.run(
    `INSERT INTO stock (tenant, payee, batch, serial, number, minor, asset, scale, shuffle, state,
       password_key, password_sealed, backup_key, backup_sealed)
     VALUES ('harbour', 'lantern', ?, ?, ?, ?, 'CNY', 2, ?, 'sold', ?, zeroblob(48), ?, zeroblob(52))`,
    ...[batch, serial, number, face.minor, Buffer.from(sale, 'hex')],
    ...[`password ${sale}`, `backup ${sale}`],
  )
  const intent = {
    tenant: bank,
    principal: buyer,
    id: intentIdShape.parse(sale),
    kind: 'sale',
    request: { payee: 'lantern' },
  }
  await once(tx, intent, async () => {
    const posted = await post(tx, {
      ...when,
      id: `sale ${sale}`,
      kind: 'sale',
      reference: '618033',
      entries: [debit(accountId('deposit', buyer), face), credit(accountId('float', 'lantern'), face)],
    })
    if (posted.outcome !== 'posted') throw new Error(`a sale was refused: ${posted.outcome}`)
    const body = { sale, batch, serial, number, amount: face, soldAt: BigInt(when.at) }
    const letter = await writeLetter(tx, { from: bank, to: payee, type: 'activation', body })
    await tx.run(
      `INSERT INTO sale (tenant, id, buyer, payee, batch, serial, posting, reference, letter_to, letter_epoch,
         letter_sequence, business_date, sold_at) VALUES ('harbour', ?, ?, 'lantern', ?, ?, ?, '618033', 'lantern', ?, ?, ?, ?)`,
      ...[sale, buyer, batch, serial, posted.seq, letter.epoch, letter.sequence, when.businessDate, BigInt(when.at)],
    )
    return { outcome: 'sold', sale, payee: 'lantern', amount: face }
  })
}

async function activateAndPay(tx: Tx, i: number): Promise<void> {
  const number = `6180${((i * 618_033) % 10_000_000).toString().padStart(12, '0')}`
  const sale = scattered(i)
  const promise = accountId('voucher-liability', number)
  await tx.run(
    `INSERT INTO voucher (tenant, number, bank, batch, serial, minor, asset, scale, state, password, backup, reveal,
       revealable, sale, activated_at)
     VALUES ('lantern', ?, 'harbour', 'b', ?, ?, 'CNY', 2, 'active', '-', '-', '-', '-', ?, ?)`,
    ...[number, BigInt(i), face.minor, sale, BigInt(when.at)],
  )
  await openAccount(tx, { ...when, account: promise, asset: CNY })
  const due = accountId('due-from-bank', 'harbour')
  const activation = { kind: 'activation', entries: [debit(due, face), credit(promise, face)] }
  await post(tx, { ...when, id: `activation harbour ${sale}`, ...activation })
  const part = money(1_200n)
  const payment = {
    kind: 'payment',
    reference: '618033',
    entries: [debit(promise, part), credit(accountId('revenue'), part)],
  }
  await post(tx, { ...when, id: `payment ${sale}`, ...payment })
}

/** An id as they are in the field: of one length, and not in the order of the sales. */
function scattered(i: number): string {
  return ((BigInt(i) + 1n) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32).padStart(32, '0')
}

async function written(name: string, signer: string, store: Store, identities: readonly Identity[]): Promise<Book> {
  const keys = await memoryKeys(systemRuntime)
  await signAndKeepHead(store, keys, { signer, chain: 'main', at: when.at })
  const tables = await store.read(tx => tx.all<{ name: string }>(`SELECT name FROM sqlite_schema WHERE type = 'table'`))
  let rows = 0
  for (const table of tables) {
    const row = await store.read(tx => tx.one<{ count: bigint }>(`SELECT count(*) AS count FROM "${table.name}"`))
    rows += Number(row?.count ?? 0n)
  }
  const folder = mkdtempSync(join(tmpdir(), 'tonebank-bench-audit-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'institution.db'), await store.snapshot())
  await store.close()
  return { name, signer, folder, rows, keys, identities, dispose: () => rmSync(folder, { recursive: true }) }
}
