/** Money sent to another bank and received from it. */
import { bankOfTwo as bank, flip, type Tampering } from './writing.ts'

export const interbank: readonly Tampering[] = [
  bank('a credit that the other bank holds is another amount', 'UPDATE held_credit SET minor = minor + 1'),
  bank('a credit that the other bank holds is forgotten', 'DELETE FROM held_credit'),
  bank('a recall of statements counts as open', "UPDATE net_recall SET state = 'due'"),
  bank('a recall of statements is forgotten', 'DELETE FROM net_recall'),
  bank('a transfer to another bank is forgotten', "DELETE FROM sent_transfer WHERE state = 'credited'"),
  bank(
    'a transfer went to another account',
    "UPDATE sent_transfer SET to_account = from_account WHERE state = 'credited'",
  ),
  bank(
    'a transfer came from another account',
    "UPDATE sent_transfer SET from_account = to_account WHERE state = 'pending'",
  ),
  bank('a transfer was of another amount', "UPDATE sent_transfer SET minor = minor + 1 WHERE state = 'refused'"),
  bank(
    'what is on its way counts as credited',
    "UPDATE sent_transfer SET state = 'credited', ended_at = 1, ended_posting = posting WHERE state = 'pending'",
  ),
  bank(
    'what was credited counts as on its way',
    "UPDATE sent_transfer SET state = 'pending', ended_at = NULL, ended_posting = NULL WHERE state = 'credited'",
  ),
  bank('what was credited counts as refused', "UPDATE sent_transfer SET state = 'refused' WHERE state = 'credited'"),
  bank('what was refused counts as credited', "UPDATE sent_transfer SET state = 'credited' WHERE state = 'refused'"),
  bank(
    'what was given up counts as refused',
    "UPDATE sent_transfer SET state = 'refused', decision = NULL WHERE state = 'returned'",
  ),
  bank('a transfer was given up by nobody', "UPDATE sent_transfer SET decision = 'x' WHERE decision IS NOT NULL"),
  bank(
    'what was overtaken counts as given up',
    "UPDATE sent_transfer SET state = 'returned' WHERE state = 'overtaken'",
  ),
  bank('a transfer counts as told', "UPDATE sent_transfer SET heard_at = 1 WHERE state = 'returned'"),
  bank('a transfer’s holder has another name', "UPDATE sent_transfer SET name_en = 'X' WHERE name_en IS NOT NULL"),
  bank('another bank’s word is forgotten', "DELETE FROM credit_result WHERE outcome = 'credited'"),
  bank(
    'another bank’s refusal was an acceptance',
    "UPDATE credit_result SET outcome = 'credited' WHERE outcome = 'refused'",
  ),
  bank(
    'another bank’s word is made up',
    "INSERT INTO credit_result SELECT tenant, bank, 'made up', to_account, minor, asset, scale, outcome, reason, at, epoch, sequence, NULL FROM credit_result LIMIT 1",
  ),
  bank(
    'what is owed is owed for nothing',
    'UPDATE credit_result SET owed_posting = NULL WHERE owed_posting IS NOT NULL',
  ),
  bank(
    'the letter of another bank’s word is another',
    `UPDATE clearing_inbox SET content = ${flip('content')} WHERE type = 'credit-result'`,
  ),
  bank('a credit is forgotten', "DELETE FROM received_credit WHERE outcome = 'credited'"),
  bank(
    'a credit was refused',
    "UPDATE received_credit SET outcome = 'refused', posting = NULL WHERE outcome = 'credited'",
  ),
  bank('a refused credit was another bank’s', "UPDATE received_credit SET bank = 'hill' WHERE outcome = 'refused'"),
  bank('a credit went to another account', "UPDATE received_credit SET account = '0' WHERE outcome = 'credited'"),
  bank('a credit was of another amount', "UPDATE received_credit SET minor = minor + 1 WHERE outcome = 'credited'"),
  bank('a credit is of another day', "UPDATE received_credit SET business_date = '2020-01-01'"),
  bank(
    'what is due to another bank is lowered',
    "UPDATE balance SET posted = posted - 100 WHERE account LIKE 'due-to-bank:%'",
  ),
  bank(
    'what is due from another bank is raised',
    "UPDATE balance SET posted = posted + 100 WHERE account LIKE 'due-from-bank:%'",
  ),
  bank('what was cleared from suspense waits there still', 'DELETE FROM suspense_cleared'),
  bank('something else was cleared from suspense', "UPDATE suspense_cleared SET item = 'owed garden x'"),
  bank('it was cleared to another account', "UPDATE suspense_cleared SET to_account = 'vault'"),
  bank('it was of another amount', 'UPDATE suspense_cleared SET minor = minor + 1'),
  bank('it was cleared for another reason', "UPDATE suspense_cleared SET why = 'x'"),
  bank('another two people cleared it', "UPDATE suspense_cleared SET id = 'x'"),
  bank('a net statement is forgotten', 'DELETE FROM net_statement WHERE number = 1'),
  bank('a net statement says another amount', `UPDATE net_statement SET header = ${flip('header')}`),
  bank('a net statement counts as written again', 'UPDATE net_statement SET again = date'),
  bank('a net statement is another one', `UPDATE net_statement SET hash = ${flip('hash')}`),
  bank('more was agreed on than was credited', 'UPDATE net_statement SET agreed = agreed + 1 WHERE agreed > 0'),
  bank('another bank’s statement is forgotten', 'DELETE FROM bank_statement WHERE number = 2'),
  bank('another bank’s statement says another amount', `UPDATE bank_statement SET header = ${flip('header')}`),
  bank('more of it was agreed on', 'UPDATE bank_statement SET agreed = agreed + 1 WHERE agreed > 0'),
  bank('a line of another bank’s statement is forgotten', 'DELETE FROM bank_statement_line WHERE line = 1'),
  bank('a line of it is of another amount', 'UPDATE bank_statement_line SET minor = minor + 1'),
  bank('a line of it was a break', "UPDATE bank_statement_line SET verdict = 'amount'"),
  bank('a settlement is forgotten', "DELETE FROM net_settlement WHERE state = 'confirmed'"),
  bank('a settlement was of more', "UPDATE net_settlement SET gross = gross + 1 WHERE state = 'announced'"),
  bank('a settlement was confirmed', "UPDATE net_settlement SET state = 'confirmed' WHERE state = 'announced'"),
  bank(
    'a settlement that was announced was refused',
    "UPDATE net_settlement SET state = 'refused', back = posting, why = 'x' WHERE state = 'announced'",
  ),
  bank('a settlement was decided by others', "UPDATE net_settlement SET id = 'x' WHERE state = 'announced'"),
]
