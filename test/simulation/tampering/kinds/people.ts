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
]
