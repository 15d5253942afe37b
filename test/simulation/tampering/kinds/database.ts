/** The definitions of the database and its change log. */
import { bank, flip, payee, type Tampering } from './writing.ts'

export const schema: Tampering[] = [
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

export const log: Tampering[] = [
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
