/** What books that went back in time keep of it, at both ends, and what waits for room under a ceiling. */
import { bankOfRecovered as bank, flip, recoveredPayee as payee, type Tampering } from './writing.ts'

export const recovery: readonly Tampering[] = [
  payee('a recovery is forgotten', 'DELETE FROM recovery'),
  payee('a recovery counts as released', "UPDATE recovery SET released_at = 1, proposal = 'x'"),
  payee('books went back less far than they did', 'UPDATE recovery SET reached = held'),
  payee('another counterparty held the higher head', "UPDATE recovery SET held_by = 'north'"),
  payee('a counterparty’s next letter after the loss is an earlier one', 'UPDATE recovery_peer SET next_sequence = 1'),
  payee('a counterparty’s next letter after the loss is forgotten', 'DELETE FROM recovery_peer'),
  payee('a voucher that came again counts as new', 'DELETE FROM recovery_account'),
  payee(
    'a voucher counts as one that came again',
    "INSERT INTO recovery_account SELECT tenant, epoch, account || '0' FROM recovery_account LIMIT 1",
  ),
  payee(
    'a voucher is released by nobody',
    "INSERT INTO recovery_release SELECT tenant, account, epoch, 1, 'x' FROM recovery_account WHERE account NOT IN (SELECT account FROM recovery_release) LIMIT 1",
  ),
  payee('a release is another voucher’s', "UPDATE recovery_release SET account = account || '0'"),
  payee('a release was decided otherwise', "UPDATE recovery_release SET proposal = 'x'"),
  payee('a loss that was booked is another amount', 'UPDATE recovery_loss SET minor = minor * 2'),
  payee('a loss has another reason', "UPDATE recovery_loss SET why = 'slip 105'"),
  payee('a loss that was booked is forgotten', 'DELETE FROM recovery_loss'),
  payee('a grant that was refused is forgotten', 'DELETE FROM refused_grant'),
  payee('a refused grant counts as not given again', 'UPDATE refused_grant SET repeated_at = NULL'),
  payee('a grant was refused for another reason', "UPDATE refused_grant SET reason = 'x'"),
  payee('an activation is held no more', 'UPDATE held_activation SET activated_at = 1'),
  payee('a held activation is of another sale', "UPDATE held_activation SET sale = 'x'"),
  payee('a held activation is forgotten', 'DELETE FROM held_activation'),
  bank('where a payee’s epoch begins is moved', 'UPDATE clearing_epoch_start SET seq = seq + 1'),
  bank('a payee’s announcement of an epoch is forgotten', 'DELETE FROM clearing_epoch_start'),
  bank('a letter that was sent again has another content', `UPDATE clearing_resend SET content = ${flip('content')}`),
  bank('a letter that was sent again is forgotten', 'DELETE FROM clearing_resend'),
  bank(
    'the receipt of a letter that was sent again is removed',
    'UPDATE clearing_resend SET receipt = NULL, receipt_signature = NULL',
  ),
]
