/** Postings, balances, holds and heads. */
import { bank, payee, type Tampering } from './writing.ts'

export const money: Tampering[] = [
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
    "INSERT INTO reservation (chain, id, debit, credit, minor, asset, scale, expires_at, state, captured, started, accrued) SELECT 'main', 'x', (SELECT min(id) FROM account WHERE class = 'deposit'), 'float:lantern', 1, 'CNY', 2, 1, 'open', 0, 0, 0",
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
