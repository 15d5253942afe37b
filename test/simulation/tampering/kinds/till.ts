/** What a payee's till keeps: keys of shops' programs, authorisations, payments to shops, notices. */
import { exchange, payee, type Tampering } from './writing.ts'

export const till: readonly Tampering[] = [
  payee('an API key’s hash is replaced', "UPDATE api_key SET verifier = zeroblob(32) WHERE name = 'Sample shop'"),
  payee('two API keys’ hashes are exchanged', exchange('api_key', 'verifier', '1', 'zeroblob(32)')),
  payee('a shop is told elsewhere', "UPDATE api_key SET webhook = 'https://evil.example/' WHERE webhook IS NOT NULL"),
  payee('a shop’s name is changed', "UPDATE api_key SET name = 'Evil shop' WHERE name = 'Sample shop'"),
  payee(
    'a revoked API key is in use again',
    'UPDATE api_key SET revoked_at = NULL, revoked_by = NULL, revoked_signature = NULL WHERE revoked_signature IS NOT NULL',
  ),
  payee(
    'an API key is revoked',
    'UPDATE api_key SET revoked_at = 1, revoked_by = added_by, revoked_signature = added_signature WHERE revoked_at IS NULL AND added_signature IS NOT NULL',
  ),
  payee(
    'an API key is made up',
    "INSERT INTO api_key (tenant, id, name, verifier, webhook, added_at, added_by, added_signature) SELECT tenant, '0123456789abcdef', name, zeroblob(32), webhook, added_at, added_by, added_signature FROM api_key WHERE name = 'Sample shop'",
  ),
  payee('an API key is removed', "DELETE FROM api_key WHERE name = 'Another shop'"),
  payee(
    'an authorisation is said to be another shop’s',
    "UPDATE authorisation SET api_key = (SELECT id FROM api_key WHERE name = 'Another shop')",
  ),
  payee(
    'an authorisation is said to be of another voucher',
    "UPDATE authorisation SET voucher = (SELECT number FROM voucher WHERE state = 'locked')",
  ),
  payee('an authorisation’s order is another', "UPDATE authorisation SET shop_order = 'A-9'"),
  payee('an authorisation’s reference is another', "UPDATE authorisation SET reference = '000000'"),
  payee('an authorisation is removed', 'DELETE FROM authorisation'),
  payee(
    'a payment is said to be another shop’s',
    "UPDATE till_payment SET api_key = (SELECT id FROM api_key WHERE name = 'Another shop')",
  ),
  payee(
    'an order that was paid counts as not paid',
    'UPDATE till_payment SET shop_order = NULL WHERE authorisation IS NULL',
  ),
  payee(
    'a capture is said to be of no authorisation',
    'UPDATE till_payment SET authorisation = NULL WHERE authorisation IS NOT NULL',
  ),
  payee('a payment to a shop is removed', 'DELETE FROM till_payment WHERE authorisation IS NOT NULL'),
  payee('a notice counts as delivered', 'UPDATE notice SET due_at = NULL, delivered_at = 1'),
  payee('a notice is due later', 'UPDATE notice SET due_at = due_at + 86400000'),
  payee('a notice’s tries are raised', 'UPDATE notice SET tries = 24'),
  payee(
    'a notice goes to another shop',
    "UPDATE notice SET api_key = (SELECT id FROM api_key WHERE name = 'Another shop')",
  ),
  payee('a notice is removed', 'DELETE FROM notice'),
  payee('what somebody signed is another', 'UPDATE office_act SET content = zeroblob(80)'),
  payee('a signature of the office is another', 'UPDATE office_act SET signature = zeroblob(70)'),
  payee(
    'an act of the office is said to be another’s',
    'UPDATE office_act SET person = (SELECT key_id FROM person WHERE key_id <> office_act.person)',
  ),
  payee('an act of the office was signed at another time', 'UPDATE office_act SET signed_at = signed_at + 1'),
  payee('an act of the office did something else', 'UPDATE office_act SET posting = posting + 1'),
  payee(
    'an act of the office that gave back gave nothing',
    'UPDATE office_act SET posting = NULL WHERE posting IS NOT NULL',
  ),
  payee(
    'a key of the office is told elsewhere',
    "UPDATE api_key SET webhook = 'https://evil.example/' WHERE added_act IS NOT NULL",
  ),
  payee(
    'a key of the office has another hash',
    'UPDATE api_key SET verifier = zeroblob(32) WHERE added_act IS NOT NULL',
  ),
  payee(
    'a key that the office revoked is in use again',
    'UPDATE api_key SET revoked_at = NULL, revoked_by = NULL, revoked_act = NULL WHERE revoked_act IS NOT NULL',
  ),
  payee(
    'a key of the office names the act of another',
    'UPDATE api_key SET revoked_at = added_at, revoked_by = added_by, revoked_act = added_act WHERE added_act IS NOT NULL AND revoked_at IS NULL',
  ),
  payee(
    'a key is said to be of the office, by an act about something else',
    "UPDATE api_key SET added_signature = NULL, added_act = (SELECT digest FROM office_act WHERE posting IS NOT NULL) WHERE name = 'Sample shop'",
  ),
  payee('an act of the office is forgotten', 'DELETE FROM office_act'),
]
