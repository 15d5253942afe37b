/** Ways to change books behind the program's back, one sentence and a little SQL each. */
import type { Which } from './books.ts'

export interface Tampering {
  readonly book: Which
  readonly what: string
  readonly sql: string
  /** Triggers that are not put back. */
  readonly without?: readonly string[]
}

const of =
  (book: Which) =>
  (what: string, sql: string, without: readonly string[] = []): Tampering => ({ book, what, sql, without })
const bank = of('bank')
const payee = of('payee')

/** Exchanges a column between the first two rows of a table. `between`: what the first has while the second gets its value. */
const exchange = (table: string, column: string, among = '1', between = "'exchanged'") => `
  CREATE TEMP TABLE pair AS SELECT rowid AS k, ${column} AS v FROM ${table} WHERE ${among} GROUP BY ${column} ORDER BY rowid LIMIT 2;
  UPDATE ${table} SET ${column} = ${between} WHERE rowid = (SELECT max(k) FROM pair);
  UPDATE ${table} SET ${column} = (SELECT v FROM pair ORDER BY k DESC LIMIT 1) WHERE rowid = (SELECT min(k) FROM pair);
  UPDATE ${table} SET ${column} = (SELECT v FROM pair ORDER BY k LIMIT 1) WHERE rowid = (SELECT max(k) FROM pair);
  DROP TABLE pair`
const first = (table: string, key: string, among = '1') => `${key} = (SELECT min(${key}) FROM ${table} WHERE ${among})`
const aSale = first('sale', 'id')
const unsold = first('voucher', 'number', "state = 'issued'")
const live = first('voucher', 'number', "state = 'active'")
const oneSoldOneUnsold = `${live} OR ${unsold}`
const inStock = first('stock', 'number', "state = 'in stock'")
const flip = (column: string) => `CAST(substr(${column}, 1, 10) || x'00' || substr(${column}, 12) AS BLOB)`

const customers: Tampering[] = [
  bank('two customers’ names are exchanged', exchange('bank_customer', 'name_en')),
  bank('two customers’ PINs are exchanged', exchange('bank_customer', 'pin')),
  bank(
    'a customer is renamed',
    `UPDATE bank_customer SET name_zh = name_zh || '彩' WHERE ${first('bank_customer', 'account')}`,
  ),
  bank('a customer’s language is changed', "UPDATE bank_customer SET language = 'en' WHERE language IS NOT NULL"),
  bank('a PIN’s verifier is replaced', `UPDATE bank_customer SET pin = 'x' WHERE ${first('bank_customer', 'account')}`),
  bank('the day on which an account was opened is changed', 'UPDATE bank_customer SET opened_at = opened_at - 1'),
  bank(
    'a customer is added',
    "INSERT INTO bank_customer SELECT tenant, '999999', name_en, name_zh, language, pin, opened_at FROM bank_customer LIMIT 1",
  ),
  bank('a customer without purchases is removed', "DELETE FROM bank_customer WHERE name_en LIKE 'Dora%'"),
  bank('tries of a blocked account are given back', 'UPDATE origin_tries SET used = 0, closed_until = 0'),
  bank('a blocked account is forgotten', 'DELETE FROM origin_tries'),
  bank('the day’s tries of an account are given back', 'UPDATE daily_tries SET used = 0'),
  bank('an origin counts as known', 'UPDATE origin_tries SET known_at = last_at'),
  bank('the closing of an account to an origin lasts longer', 'UPDATE origin_tries SET closings = 3'),
  bank('the time of the last try is changed', 'UPDATE origin_tries SET last_at = last_at + 1'),
  bank(
    'tries are used up for somebody',
    "INSERT INTO origin_tries SELECT tenant, secret, '999999', origin, used, closings, closed_until, last_at, known_at FROM origin_tries LIMIT 1",
  ),
  bank('a limit’s sum is lowered', 'UPDATE spent SET minor = 0'),
  bank('a limit’s sum is forgotten', 'DELETE FROM spent'),
  bank(
    'a limit’s sum counts for another day',
    "UPDATE spent SET business_date = '2020-01-01' WHERE (account, business_date) = (SELECT account, business_date FROM spent LIMIT 1)",
  ),
]

const deposits: Tampering[] = [
  bank('the maker of a deposit is another', "UPDATE bank_deposit SET maker = 'zhou'"),
  bank('the checker of a deposit is another', "UPDATE bank_deposit SET checker = 'zhou'"),
  bank('maker and checker of a deposit are exchanged', 'UPDATE bank_deposit SET maker = checker, checker = maker'),
  bank(
    'a deposit is said to be another account’s',
    `UPDATE bank_deposit SET account = (SELECT max(account) FROM bank_customer) WHERE ${first('bank_deposit', 'account')}`,
  ),
  bank('a deposit’s signatures are removed', 'DELETE FROM bank_deposit'),
  bank(
    'signatures of a deposit are made up',
    "INSERT INTO bank_deposit (tenant, id, account, maker, checker) VALUES ('harbour', 'x', '999999', 'a', 'b')",
  ),
]

const stock: Tampering[] = [
  bank('two stock records’ numbers are exchanged', exchange('stock', 'number', "state = 'in stock'")),
  bank(
    'two stock records’ sealed passwords are exchanged',
    exchange('stock', 'password_sealed', "state = 'in stock'", "x'00'"),
  ),
  bank(
    'two stock records’ sealed backup passwords are exchanged',
    exchange('stock', 'backup_sealed', "state = 'in stock'", "x'00'"),
  ),
  bank('a stock record names another’s key', exchange('stock', 'password_key', "state = 'in stock'")),
  bank('a stock record names another’s backup key', exchange('stock', 'backup_key', "state = 'in stock'")),
  bank('the face of an unsold record is raised', `UPDATE stock SET minor = minor * 2 WHERE ${inStock}`),
  bank('the face of a sold record is raised', "UPDATE stock SET minor = minor * 2 WHERE state = 'sold'"),
  bank('a record’s scale is changed', `UPDATE stock SET scale = 0 WHERE ${inStock}`),
  bank('a record’s asset is changed', `UPDATE stock SET asset = 'JPY' WHERE ${inStock}`),
  bank('the order of sale is changed', `UPDATE stock SET shuffle = zeroblob(16) WHERE ${inStock}`),
  bank('an unsold record is marked sold', `UPDATE stock SET state = 'sold' WHERE ${inStock}`),
  bank('a sold record is put back in stock', "UPDATE stock SET state = 'in stock' WHERE state = 'sold'"),
  bank('an unsold record is removed', `DELETE FROM stock WHERE ${inStock}`),
  bank(
    'a record is added to the stock',
    `INSERT INTO stock SELECT tenant, payee, batch, serial + 1000, number || '0', minor, asset, scale, zeroblob(16), state, password_key || 'x', password_sealed, backup_key || 'x', backup_sealed FROM stock WHERE ${inStock}`,
  ),
  bank('a record is said to be of another batch', `UPDATE stock SET batch = 'x' WHERE ${inStock}`),
  bank('a stock order’s amount is changed', 'UPDATE stock_order SET minor = minor + 1'),
  bank('a stock order’s count is changed', 'UPDATE stock_order SET count = count + 1'),
  bank('a stock order’s batch is changed', "UPDATE stock_order SET batch = 'x' WHERE batch IS NOT NULL"),
  bank('a stock order is removed', 'DELETE FROM stock_order'),
]

const sales: Tampering[] = [
  bank('two sales’ ids are exchanged', exchange('sale', 'id')),
  bank('two sales’ references are exchanged', exchange('sale', 'reference')),
  bank('a sale’s reference is changed', `UPDATE sale SET reference = '000000' WHERE ${aSale}`),
  bank('a sale’s business date is changed', `UPDATE sale SET business_date = '2020-01-01' WHERE ${aSale}`),
  bank('a sale’s time is changed', `UPDATE sale SET sold_at = sold_at + 1 WHERE ${aSale}`),
  bank('a sale is confirmed that was not', 'UPDATE sale SET confirmed_at = sold_at WHERE confirmed_at IS NULL'),
  bank('a confirmation is removed', 'UPDATE sale SET confirmed_at = NULL, password_destroyed = 0'),
  bank('the time of a confirmation is changed', 'UPDATE sale SET confirmed_at = confirmed_at + 1'),
  bank('a password counts as destroyed', 'UPDATE sale SET password_destroyed = 1 WHERE password_destroyed = 0'),
  bank('a destroyed password counts as there', 'UPDATE sale SET password_destroyed = 0'),
  bank(
    'a sale is given to another buyer',
    `UPDATE sale SET buyer = (SELECT max(account) FROM bank_customer) WHERE ${aSale}`,
  ),
  bank('a sale names another’s record', exchange('sale', 'serial', '1', '-1')),
  bank('a sale names another posting', 'UPDATE sale SET posting = posting + 1000'),
  bank('a sale names another letter', 'UPDATE sale SET letter_sequence = letter_sequence + 1000'),
  bank('a sale is removed', `DELETE FROM sale WHERE ${aSale}`),
  bank('a payee’s grant is raised', 'UPDATE payee_grant SET minor = minor * 2'),
  bank(
    'a grant is made up',
    'INSERT INTO payee_grant SELECT tenant, payee, number + 1, minor, asset, scale, received_at, owed FROM payee_grant',
  ),
  bank(
    'a payee’s refusal is made up',
    `INSERT INTO refused_activation SELECT tenant, id, 'x', sold_at FROM sale WHERE ${aSale}`,
  ),
]

const vouchers: Tampering[] = [
  payee('two vouchers’ passwords are exchanged', exchange('voucher', 'password')),
  payee('two vouchers’ backup passwords are exchanged', exchange('voucher', 'backup')),
  payee('two vouchers’ reveals are exchanged', exchange('voucher', 'reveal')),
  payee('what a voucher can reveal is replaced', `UPDATE voucher SET revealable = 'x' WHERE ${live}`),
  payee('two vouchers’ numbers are exchanged', exchange('voucher', 'number', oneSoldOneUnsold)),
  payee('the face of an unsold voucher is raised', `UPDATE voucher SET minor = minor * 10 WHERE ${unsold}`),
  payee('the face of a sold voucher is raised', `UPDATE voucher SET minor = minor * 10 WHERE ${live}`),
  payee('a locked voucher is active again', "UPDATE voucher SET state = 'active' WHERE state = 'locked'"),
  payee('an active voucher is locked', `UPDATE voucher SET state = 'locked' WHERE ${live}`),
  payee('a live voucher is called exhausted', `UPDATE voucher SET state = 'exhausted' WHERE ${live}`),
  payee(
    'a voucher’s generation is lowered, so that ended sessions live',
    'UPDATE voucher SET generation = generation - 1 WHERE generation > 1',
  ),
  payee('a voucher’s generation is raised', `UPDATE voucher SET generation = generation + 1 WHERE ${live}`),
  payee('an unsold voucher counts as sold', `UPDATE voucher SET sale = 'x', state = 'active' WHERE ${unsold}`),
  payee('a voucher’s sale is another', `UPDATE voucher SET sale = 'x' WHERE ${live}`),
  payee('two vouchers’ sales are exchanged', exchange('voucher', 'sale', 'sale IS NOT NULL')),
  payee('the time of an activation is changed', `UPDATE voucher SET activated_at = activated_at + 1 WHERE ${live}`),
  payee('a voucher is said to be another bank’s', `UPDATE voucher SET bank = 'north' WHERE ${unsold}`),
  payee('an unsold voucher is removed', `DELETE FROM voucher WHERE ${unsold}`),
  payee(
    'a voucher is added',
    `INSERT INTO voucher SELECT tenant, number || '0', bank, batch, serial + 5000, minor, asset, scale, state, generation, password, backup, reveal, revealable, sale, activated_at FROM voucher WHERE ${unsold}`,
  ),
  payee('tries of a locked voucher are given back', 'UPDATE tries SET used = 0'),
  payee('a bank’s order is changed', 'UPDATE batch_order SET count = count + 1'),
  payee('a bank’s order is removed', 'DELETE FROM batch_order'),
  payee('a bank’s grant is raised', 'UPDATE bank_grant SET minor = minor * 2'),
  payee('a bank’s grant is removed', 'DELETE FROM bank_grant'),
]

const money: Tampering[] = [
  bank(
    'an entry’s amount is changed',
    "UPDATE entry SET minor = minor + 1 WHERE seq = (SELECT max(seq) FROM journal WHERE event = 'post') AND line = 1",
  ),
  bank(
    'an entry’s side is changed',
    "UPDATE entry SET side = 'credit' WHERE seq = (SELECT max(seq) FROM journal WHERE event = 'post') AND side = 'debit'",
  ),
  bank(
    'a posting is charged to somebody else',
    "UPDATE entry SET account = (SELECT max(id) FROM account WHERE class = 'deposit') WHERE account = (SELECT min(id) FROM account WHERE class = 'deposit')",
  ),
  bank('a posting’s reference is changed', "UPDATE journal SET reference = '000000' WHERE kind = 'sale'"),
  bank('a posting’s kind is changed', "UPDATE journal SET kind = 'transfer' WHERE kind = 'deposit'"),
  bank('a posting’s business date is changed', "UPDATE journal SET business_date = '2020-01-01' WHERE kind = 'sale'"),
  bank(
    'a posting is removed with its entries',
    'DELETE FROM entry WHERE seq = (SELECT max(seq) FROM journal); DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)',
  ),
  bank('a posting’s hash is replaced', "UPDATE journal SET hash = zeroblob(32) WHERE kind = 'sale'"),
  bank('a balance is raised', "UPDATE balance SET posted = posted + 1 WHERE account LIKE 'deposit:%'"),
  bank('a balance is removed', "DELETE FROM balance WHERE account LIKE 'deposit:%'"),
  bank('an account may overdraw', "UPDATE account SET floor = NULL WHERE class = 'deposit'"),
  bank(
    'an account is added',
    "INSERT INTO account SELECT chain, 'deposit:999999', class, asset, scale, floor, ceiling, opened_seq FROM account WHERE class = 'deposit' LIMIT 1",
  ),
  bank(
    'a hold is made up',
    "INSERT INTO reservation (chain, id, debit, credit, minor, asset, scale, expires_at, state, captured, accrued) SELECT 'main', 'x', (SELECT min(id) FROM account WHERE class = 'deposit'), 'float:lantern', 1, 'CNY', 2, 1, 'open', 0, 0",
  ),
  bank('an own head is removed', 'DELETE FROM kept_head'),
  bank('an own head’s hash is replaced', 'UPDATE kept_head SET hash = zeroblob(32)'),
  bank('an own head’s signature is replaced', 'UPDATE kept_head SET signature = zeroblob(64)'),
  bank('an own head is signed by another key', "UPDATE kept_head SET key_id = 'x'"),
  payee(
    'a payment is made up',
    "INSERT INTO entry SELECT chain, seq, 3, account, side, minor, asset, scale FROM entry WHERE line = 1 AND seq = (SELECT max(seq) FROM journal WHERE kind = 'payment')",
  ),
  payee('a bank’s debt is lowered', "UPDATE balance SET posted = posted - 100 WHERE account LIKE 'due-from-bank:%'"),
  payee('revenue is raised', "UPDATE balance SET posted = posted + 100 WHERE account = 'revenue:harbour'"),
  payee('a payment’s reference is changed', "UPDATE journal SET reference = '000000' WHERE kind = 'payment'"),
]

const letters: Tampering[] = [
  bank(
    'a letter’s content is changed',
    `UPDATE clearing_outbox SET content = ${flip('content')} WHERE type = 'activation'`,
  ),
  bank('a letter is said to be of another type', "UPDATE clearing_outbox SET type = 'x' WHERE type = 'activation'"),
  bank('a receipt is replaced', "UPDATE clearing_outbox SET receipt = x'00' WHERE receipt IS NOT NULL"),
  bank(
    'a receipt’s signature is replaced',
    "UPDATE clearing_outbox SET receipt_signature = x'00' WHERE receipt IS NOT NULL",
  ),
  bank('a receipt is made up', 'UPDATE clearing_outbox SET receipt = NULL, receipt_signature = NULL, outcome = NULL'),
  bank(
    'a refused letter counts as accepted',
    "UPDATE clearing_outbox SET outcome = 'refused' WHERE outcome = 'accepted'",
  ),
  bank('a letter is removed', "DELETE FROM clearing_outbox WHERE type = 'stock-order'"),
  bank('what was received is changed', `UPDATE clearing_inbox SET content = x'00'`),
  bank('what was received has another digest', 'UPDATE clearing_inbox SET digest = zeroblob(32)'),
  bank('what was received has another signature', 'UPDATE clearing_inbox SET signature = zeroblob(64)'),
  bank('what was received is another signer’s', "UPDATE clearing_inbox SET signer = 'x'"),
  bank('the receipt that was given is changed', "UPDATE clearing_inbox SET receipt = x'00'"),
  bank('what was received is removed', 'DELETE FROM clearing_inbox'),
  payee(
    'a letter’s content is changed at the payee',
    `UPDATE clearing_outbox SET content = ${flip('content')} WHERE length(content) > 20`,
  ),
  payee(
    'an activation that was received is changed',
    "UPDATE clearing_inbox SET content = x'00' WHERE type = 'activation'",
  ),
  payee('a head that the bank signed is replaced', 'UPDATE clearing_head SET hash = hex(zeroblob(32))'),
  payee('a head that the bank signed is removed', 'DELETE FROM clearing_head'),
  bank('a head that the payee signed is of another time', 'UPDATE clearing_head SET at = at + 1'),
]

const control: Tampering[] = [
  bank('a peer’s signing key is replaced', 'UPDATE clearing_peer SET signing_key = zeroblob(32)'),
  bank('a peer’s receiving key is replaced', 'UPDATE clearing_peer SET receiving_key = zeroblob(32)'),
  bank('a peer’s ledger key is replaced', 'UPDATE clearing_peer SET ledger_key = zeroblob(32)'),
  bank('a peer’s transport key is replaced', 'UPDATE clearing_peer SET transport_key = zeroblob(32)'),
  bank(
    'a peer’s transport key is taken away',
    'UPDATE clearing_peer SET transport_key_id = NULL, transport_key = NULL',
  ),
  bank('a peer’s fingerprint is replaced', "UPDATE clearing_peer SET fingerprint = '0'"),
  bank('who compared a peer’s fingerprint is changed', "UPDATE clearing_peer SET maker = 'a', checker = 'b'"),
  bank('a peer is suspended', 'UPDATE clearing_peer SET suspended = 1'),
  bank(
    'a peer is added',
    "INSERT INTO clearing_peer SELECT * FROM clearing_peer WHERE 0; UPDATE clearing_peer SET peer = 'north'",
  ),
  bank('a peer is removed', 'DELETE FROM clearing_peer'),
  bank('the epoch is raised', 'UPDATE institution SET epoch = epoch + 1'),
  bank('the institution is another', "UPDATE institution SET tenant = 'north'"),
  bank('the next number of a stream is changed', 'UPDATE counterparty SET next_outgoing = next_outgoing + 1'),
  bank('the last number received is lowered', 'UPDATE counterparty SET last_incoming = last_incoming - 1'),
  bank('the epoch of a stream is changed', 'UPDATE counterparty SET incoming_epoch = incoming_epoch + 1'),
  bank('a counterparty is forgotten', 'DELETE FROM counterparty'),
  bank('the outcome of a request is changed', "UPDATE once SET outcome = '{}' WHERE kind = 'sale'"),
  bank('the request behind an outcome is changed', 'UPDATE once SET request_hash = zeroblob(32)'),
  bank('an outcome is another account’s', "UPDATE once SET principal = '999999' WHERE kind = 'transfer'"),
  bank('an outcome is removed, so that a request takes effect twice', "DELETE FROM once WHERE kind = 'transfer'"),
  bank('the counter of references is put back', 'UPDATE reference_counter SET used = 0'),
  bank('a closed business date is opened again', 'DELETE FROM business_date'),
  bank('a business date is closed at another row', 'UPDATE business_date SET seq = seq - 1'),
  bank('a business date is closed at another time', 'UPDATE business_date SET closed_at = closed_at + 1'),
  bank(
    'a future business date is closed',
    "INSERT INTO business_date SELECT tenant, '2099-01-01', closed_at, chain, seq, head FROM business_date LIMIT 1",
  ),
  bank('an applied migration is forgotten', "DELETE FROM migration WHERE room = 'bank'"),
  bank('the checksum of a migration is replaced', "UPDATE migration SET checksum = 'x'"),
  bank('a migration is made up', "INSERT INTO migration (room, number, checksum) VALUES ('x', 1, 'x')"),
  bank(
    'an alarm is made up',
    "INSERT INTO clearing_alarm (tenant, peer, kind, detail, at) VALUES ('harbour', 'lantern', 'forked-ledger', 'x', 1)",
  ),
]

const heads: Tampering[] = [
  bank('a head of the payee’s change log is replaced', 'UPDATE clearing_log_head SET hash = zeroblob(32)'),
  bank('a head of the payee’s change log is removed', 'DELETE FROM clearing_log_head'),
  bank(
    'the signature of a head of the payee’s change log is replaced',
    'UPDATE clearing_log_head SET signature = zeroblob(64)',
  ),
]

const schema: Tampering[] = [
  bank(
    'a hostile trigger moves money with every sale',
    "CREATE TRIGGER hostile AFTER INSERT ON sale BEGIN UPDATE balance SET posted = posted + 1 WHERE account = 'float:lantern'; END",
  ),
  bank('a hostile trigger on updates', 'CREATE TRIGGER hostile AFTER UPDATE ON balance BEGIN SELECT 1; END'),
  bank('a view stands where a program might look', 'CREATE VIEW balances AS SELECT * FROM balance'),
  bank(
    'a view is added that shadows a check',
    'CREATE VIEW hostile AS SELECT account, posted + 1 AS posted FROM balance',
  ),
  bank('an index is added', 'CREATE UNIQUE INDEX hostile ON bank_customer (name_en, account)'),
  bank('an index is dropped', 'DROP INDEX stock_to_sell'),
  bank('a table is added', 'CREATE TABLE hostile (x)'),
  bank('a trigger of the journal is dropped', '', ['journal_refuses_update']),
  bank('a trigger of the sales is dropped', '', ['sale_stands_for_ever']),
  bank('a trigger of the outcomes is dropped', '', ['once_is_never_changed']),
  bank('a trigger of the change log is dropped', '', ['change_log_is_never_changed']),
  bank(
    'a trigger is replaced by one that does nothing',
    'CREATE TRIGGER sale_stands_for_ever BEFORE DELETE ON sale WHEN 0 BEGIN SELECT 1; END',
  ),
  bank('a column is added', 'ALTER TABLE bank_customer ADD COLUMN hostile TEXT'),
  bank(
    'a table’s CHECK is taken away',
    "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (minor > 0)', '') WHERE name = 'stock'; PRAGMA writable_schema = OFF",
  ),
  payee('a trigger of the vouchers is dropped', '', ['voucher_stays_registered']),
  payee('a table is removed', 'DROP TABLE spent'),
]

const log: Tampering[] = [
  bank(
    'a record of the change log is changed',
    `UPDATE change_log SET record = ${flip('record')} WHERE sequence = (SELECT max(sequence) - 3 FROM change_log)`,
  ),
  bank(
    'the hash of a record is replaced',
    'UPDATE change_log SET hash = zeroblob(32) WHERE sequence = (SELECT max(sequence) - 3 FROM change_log)',
  ),
  bank(
    'a record in the middle is removed',
    'DELETE FROM change_log WHERE sequence = (SELECT max(sequence) - 3 FROM change_log)',
  ),
  bank(
    'the end of the change log is cut off',
    'DELETE FROM change_log WHERE sequence > (SELECT max(sequence) - 3 FROM change_log)',
  ),
  bank('the beginning of the change log is cut off', 'DELETE FROM change_log WHERE sequence < 5'),
  bank('the whole change log is removed', 'DELETE FROM change_log'),
  bank(
    'two records are exchanged',
    'UPDATE change_log SET sequence = -1 WHERE sequence = 10; UPDATE change_log SET sequence = 10 WHERE sequence = 11; UPDATE change_log SET sequence = 11 WHERE sequence = -1',
  ),
  bank(
    'a record is appended that does nothing',
    'INSERT INTO change_log SELECT sequence + 1, zeroblob(32), record FROM change_log ORDER BY sequence DESC LIMIT 1',
  ),
  bank(
    'the text of a statement is changed',
    `UPDATE change_statement SET sql = sql || ' ' WHERE id = (SELECT min(id) FROM change_statement)`,
  ),
  bank('the text of a statement is removed', 'DELETE FROM change_statement'),
  bank('a statement is added', "INSERT INTO change_statement (id, sql) VALUES (zeroblob(32), 'DELETE FROM sale')"),
  payee(
    'a record of the payee’s change log is changed',
    `UPDATE change_log SET record = ${flip('record')} WHERE sequence = 4`,
  ),
]

export const groups: readonly { readonly title: string; readonly tamperings: readonly Tampering[] }[] = [
  { title: 'Customers, PINs, limits', tamperings: customers },
  { title: 'Cash', tamperings: deposits },
  { title: 'Stock', tamperings: stock },
  { title: 'Sales', tamperings: sales },
  { title: 'Vouchers', tamperings: vouchers },
  { title: 'Money', tamperings: money },
  { title: 'Letters', tamperings: letters },
  { title: 'Control rows', tamperings: [...control, ...heads] },
  { title: 'The schema', tamperings: schema },
  { title: 'The change log', tamperings: log },
]
