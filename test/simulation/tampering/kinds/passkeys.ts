/** Passkeys of the bank's page, and the codes that enrolled them. */
import { bank, type Tampering } from './writing.ts'

const telephone = "name = 'telephone'"

export const passkeys: readonly Tampering[] = [
  bank('a passkey’s key is replaced', `UPDATE passkey SET public_key = zeroblob(77) WHERE ${telephone}`),
  bank(
    'two passkeys’ keys are exchanged',
    `CREATE TEMP TABLE pair AS SELECT name, public_key FROM passkey;
     UPDATE passkey SET public_key = (SELECT public_key FROM pair WHERE pair.name = CASE passkey.name WHEN 'telephone' THEN 'computer' ELSE 'telephone' END)
       WHERE removed_at IS NULL;
     DROP TABLE pair`,
  ),
  bank(
    'a passkey is said to be another customer’s',
    `UPDATE passkey SET account = (SELECT account FROM passkey WHERE name = 'computer') WHERE ${telephone}`,
  ),
  bank('a passkey’s counter is put back', `UPDATE passkey SET counter = 0 WHERE ${telephone}`),
  bank('a passkey counts as never used', `UPDATE passkey SET used_at = NULL WHERE ${telephone}`),
  bank('a passkey that was removed is in use again', 'UPDATE passkey SET removed_at = NULL'),
  bank('a passkey counts as removed', `UPDATE passkey SET removed_at = enrolled_at WHERE ${telephone}`),
  bank('a passkey is called something else', `UPDATE passkey SET name = 'mine' WHERE ${telephone}`),
  bank(
    'a passkey is made up',
    `INSERT INTO passkey SELECT tenant, 'made-up', account, zeroblob(77), 0, 'evil', (SELECT id FROM passkey_code WHERE over_at IS NULL), 1, NULL, NULL FROM passkey WHERE ${telephone}`,
  ),
  bank('a passkey is forgotten', `DELETE FROM passkey WHERE ${telephone}`),
  bank('a code is said to be another account’s', "UPDATE passkey_code SET account = '999999' WHERE over_at IS NULL"),
  bank('a code is another one', "UPDATE passkey_code SET fingerprint = 'x' WHERE over_at IS NULL"),
  bank('a code lasts longer', 'UPDATE passkey_code SET expires_at = expires_at + 86400000 WHERE over_at IS NULL'),
  bank('wrong tries of a code are given back', 'UPDATE passkey_code SET wrong = 0'),
  bank(
    'a code that was used is open again',
    "UPDATE passkey_code SET over_at = NULL WHERE id = (SELECT code FROM passkey WHERE name = 'computer')",
  ),
  bank('the code of a passkey is forgotten', 'DELETE FROM passkey_code WHERE over_at IS NOT NULL'),
]
