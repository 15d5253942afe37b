/** Customers, their PINs and limits, and the cash that they paid in. */
import { bank, exchange, first, type Tampering } from './writing.ts'

export const customers: Tampering[] = [
  bank('two customers’ names are exchanged', exchange('bank_customer', 'name_en')),
  bank('two customers’ PINs are exchanged', exchange('bank_customer', 'pin')),
  bank(
    'a customer is renamed',
    `UPDATE bank_customer SET name_zh = name_zh || '彩' WHERE ${first('bank_customer', 'account')}`,
  ),
  bank(
    'a telephone stands for another account',
    'UPDATE registered_telephone SET account = (SELECT max(account) FROM bank_customer WHERE account <> registered_telephone.account)',
  ),
  bank(
    'a telephone is registered by nobody',
    "INSERT INTO registered_telephone SELECT tenant, 'x', account, registered_at, ended_at FROM registered_telephone",
  ),
  bank('a telephone was registered at another time', 'UPDATE registered_telephone SET registered_at = 1'),
  bank('a telephone that was registered counts as ended', 'UPDATE registered_telephone SET ended_at = 1'),
  bank('a registered telephone is forgotten', 'DELETE FROM registered_telephone'),
  bank(
    'a customer’s mail goes to another address',
    "UPDATE mail_address SET address = 'eve@example.net' WHERE address IS NOT NULL",
  ),
  bank(
    'an address is left by nobody',
    "INSERT INTO mail_address SELECT tenant, account, number + 1, 'eve@example.net', decision, at FROM mail_address",
  ),
  bank('an address that was left is forgotten', 'DELETE FROM mail_address'),
  bank('a confirmation says another amount', "UPDATE confirmation SET facts = replace(facts, '2500', '2')"),
  bank('a confirmation counts as sent', 'UPDATE confirmation SET due_at = NULL, sent_at = 1'),
  bank(
    'a confirmation tells of what never was',
    "INSERT INTO confirmation SELECT tenant, 'x', account, address, kind, facts, mail, collected, share, at, tries, due_at, sent_at, withdrawn_at FROM confirmation LIMIT 1",
  ),
  bank(
    'a confirmation counts as wanted no more',
    'UPDATE confirmation SET due_at = NULL, sent_at = NULL, withdrawn_at = 1',
  ),
  bank('a confirmation is forgotten', `DELETE FROM confirmation WHERE ${first('confirmation', 'id')}`),
  bank('a customer’s language is changed', "UPDATE bank_customer SET language = 'en' WHERE language IS NOT NULL"),
  bank('a PIN’s verifier is replaced', `UPDATE bank_customer SET pin = 'x' WHERE ${first('bank_customer', 'account')}`),
  bank('the day on which an account was opened is changed', 'UPDATE bank_customer SET opened_at = opened_at - 1'),
  bank(
    'a customer is added',
    "INSERT INTO bank_customer SELECT tenant, '999999', name_en, name_zh, language, pin, opened_at, is_business, pin_generation FROM bank_customer LIMIT 1",
  ),
  bank('a customer without purchases is removed', "DELETE FROM bank_customer WHERE name_en LIKE 'Dora%'"),
  bank(
    'a session with an earlier PIN holds again',
    'UPDATE bank_customer SET pin_generation = 1 WHERE pin_generation > 1',
  ),
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

export const deposits: Tampering[] = [
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
