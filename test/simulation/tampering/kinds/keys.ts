/** Keys by which counterparties were known, and the institution's own. */
import { bank, payee, type Tampering } from './writing.ts'

export const keys: Tampering[] = [
  bank(
    'a new key of a peer is another than its letter told',
    "UPDATE peer_key SET public_key = zeroblob(32) WHERE purpose = 'receive' AND epoch IS NOT NULL",
  ),
  bank(
    'a new key of a peer is said to be of another letter',
    "UPDATE peer_key SET sequence = 1 WHERE purpose = 'envelope' AND epoch IS NOT NULL",
  ),
  bank(
    'a key that nobody pinned and no letter told is put in for a peer',
    `INSERT INTO peer_key (tenant, peer, purpose, number, key_id, public_key, since)
       SELECT tenant, peer, purpose, 9, 'receive-9-000000000000', zeroblob(32), since FROM peer_key
       WHERE purpose = 'receive' AND number = 1`,
  ),
  bank(
    'a key that two people pinned is another',
    "UPDATE peer_key SET public_key = zeroblob(32) WHERE purpose = 'ledger'",
  ),
  bank('an old key of a peer counts again', 'UPDATE peer_key SET ended_at = NULL'),
  bank('a key of a peer counts no more', "UPDATE peer_key SET ended_at = since WHERE purpose = 'ledger'"),
  bank('a key by which a peer signed is forgotten', "DELETE FROM peer_key WHERE purpose = 'envelope' AND number = 1"),
  bank('a change of an own key has no decision', "UPDATE own_key SET decision = 'x' WHERE origin = 'decided'"),
  bank(
    'a change of an own key counts as one that nobody has to decide on',
    "UPDATE own_key SET origin = 'renewed', decision = NULL WHERE purpose = 'receive' AND origin = 'decided'",
  ),
  bank('an own key is another', 'UPDATE own_key SET public_key = zeroblob(32) WHERE number = 2'),
  bank('an own key that is in use counts as destroyed', 'UPDATE own_key SET destroyed_at = since WHERE number = 2'),
  bank('an own key that was destroyed counts as kept', 'UPDATE own_key SET destroyed_at = NULL'),
  bank('an own key was let go, and nobody decided it', "UPDATE own_key SET let_go = 'x' WHERE number = 1"),
  payee(
    'a counterparty counts as told of a key by another letter',
    'UPDATE own_key_told SET sequence = 1 WHERE key_id = (SELECT min(key_id) FROM own_key_told)',
  ),
  payee('a counterparty has not confirmed a key any more', 'UPDATE own_key_told SET confirmed_at = NULL'),
  payee('a counterparty was never told of a key', 'DELETE FROM own_key_told'),
  payee(
    'a receipt is said to be signed with another key',
    "UPDATE clearing_outbox SET receipt_signer = 'envelope-9-000000000000' WHERE receipt IS NOT NULL",
  ),
]
