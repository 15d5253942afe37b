/** Letters, and the rows by which institutions know each other and themselves. */
import { bank, flip, payee, type Tampering } from './writing.ts'

export const letters: Tampering[] = [
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

export const control: Tampering[] = [
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
  bank('an alarm that somebody looked into says something else', "UPDATE clearing_alarm SET detail = detail || 'x'"),
  bank(
    'an alarm counts as acknowledged by another person',
    'UPDATE alarm_acknowledged SET signer = (SELECT key_id FROM person WHERE key_id <> signer LIMIT 1)',
  ),
  bank('nobody has looked into an alarm any more', 'DELETE FROM alarm_acknowledged'),
]

export const heads: Tampering[] = [
  bank('a head of the payee’s change log is replaced', 'UPDATE clearing_log_head SET hash = zeroblob(32)'),
  bank('a head of the payee’s change log is removed', 'DELETE FROM clearing_log_head'),
  bank(
    'the signature of a head of the payee’s change log is replaced',
    'UPDATE clearing_log_head SET signature = zeroblob(64)',
  ),
]
