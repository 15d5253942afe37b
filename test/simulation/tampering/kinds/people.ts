/** Who decides, what two people decided, and under which keys letters wait. */
import { bank, exchange, first, flip, payee, type Tampering } from './writing.ts'

export const people: readonly Tampering[] = [
  bank('a person’s key is replaced', `UPDATE person SET public_key = zeroblob(32) WHERE ${first('person', 'key_id')}`),
  bank('a person has another name', `UPDATE person SET name = 'Eve' WHERE ${first('person', 'key_id')}`),
  bank('two people’s names are exchanged', exchange('person', 'name')),
  bank('an officer counts as a teller', `UPDATE person SET role = 'teller' WHERE ${first('person', 'key_id')}`),
  bank(
    'a person is revoked by nobody',
    `UPDATE person SET revoked_at = 1, revoked_by = 'x' WHERE ${first('person', 'key_id')}`,
  ),
  bank(
    'a person is made up',
    "INSERT INTO person SELECT tenant, 'person-9', 'Eve', role, zeroblob(32), added_at, NULL, NULL, NULL FROM person LIMIT 1",
  ),
  bank(
    'a proposal’s content is changed',
    `UPDATE proposal SET content = ${flip('content')} WHERE ${first('proposal', 'proposed_at')}`,
  ),
  bank('a proposal is another person’s', 'UPDATE proposal SET maker = (SELECT checker FROM approval LIMIT 1)'),
  bank('a proposal’s signature is replaced', 'UPDATE proposal SET signature = zeroblob(64)'),
  bank('a proposal was made at another time', 'UPDATE proposal SET proposed_at = proposed_at + 1'),
  bank('a proposal is removed', `DELETE FROM proposal WHERE ${first('proposal', 'proposed_at')}`),
  bank('an approval is another person’s', 'UPDATE approval SET checker = (SELECT maker FROM proposal LIMIT 1)'),
  bank('an approval’s signature is replaced', 'UPDATE approval SET signature = zeroblob(64)'),
  bank('a proposal that was taken back waits again', 'DELETE FROM withdrawal'),
  bank('a proposal was taken back by nobody', 'UPDATE withdrawal SET signature = zeroblob(64)'),
  bank(
    'a proposal that was approved was taken back',
    'INSERT INTO withdrawal SELECT tenant, (SELECT min(digest) FROM approval), withdrawn_at, signature FROM withdrawal',
  ),
  bank(
    'a passkey that signs is exchanged',
    'UPDATE person_passkey SET public_key = (SELECT public_key FROM person_passkey AS other WHERE other.id <> person_passkey.id)',
  ),
  bank(
    'a passkey signs for somebody else',
    'UPDATE person_passkey SET person = (SELECT person FROM person_passkey AS other WHERE other.id <> person_passkey.id)',
  ),
  bank('a passkey signs for another page', "UPDATE person_passkey SET origin = 'https://elsewhere.example'"),
  bank('a passkey was vouched for by nobody', 'UPDATE person_passkey SET signature = zeroblob(64)'),
  bank('a passkey of a person counts as let go', 'UPDATE person_passkey SET removed_at = 1, removal = zeroblob(64)'),
  bank('a passkey of a person is forgotten', 'DELETE FROM person_passkey'),
  bank(
    'what a passkey signed is changed',
    `UPDATE approval SET client_data = ${flip('client_data')} WHERE passkey IS NOT NULL`,
  ),
  bank(
    'a passkey signed for somebody who was not seen',
    "UPDATE proposal SET authenticator_data = CAST(substr(authenticator_data, 1, 32) || x'01' || substr(authenticator_data, 34) AS BLOB) WHERE passkey IS NOT NULL",
  ),
  bank(
    'another passkey is said to have signed',
    'UPDATE approval SET passkey = (SELECT passkey FROM proposal WHERE passkey IS NOT NULL) WHERE passkey IS NOT NULL',
  ),
  bank('an approval is removed', `DELETE FROM approval WHERE ${first('approval', 'approved_at')}`),
  bank(
    'a proposal says nothing that can be read',
    `UPDATE proposal SET content = x'a0' WHERE ${first('proposal', 'proposed_at')}`,
  ),
  bank('a day-end line is of a kind that there is not', "UPDATE payee_file_line SET kind = 'gift'"),
  payee(
    'the key of a waiting letter counts as destroyed',
    'UPDATE sealed_letter SET key_destroyed = 1 - key_destroyed',
  ),
  payee('a letter was sealed under another key', "UPDATE sealed_letter SET key = key || 'x'"),
  payee('a sealed letter’s digest is replaced', `UPDATE sealed_letter SET digest = ${flip('digest')}`),
  payee('that a letter was sealed is forgotten', 'DELETE FROM sealed_letter'),
  bank('a caller wants to be called back on another number', `UPDATE call_back SET sealed = ${flip('sealed')}`),
  bank('a caller who waits to be called back is forgotten', 'DELETE FROM call_back WHERE number = 2'),
  bank(
    'a caller counts as called back by another person',
    'UPDATE call_back_done SET signer = (SELECT key_id FROM person WHERE key_id <> signer LIMIT 1)',
  ),
  bank('nobody has called a caller back any more', 'DELETE FROM call_back_done'),
]
