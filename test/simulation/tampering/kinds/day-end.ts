/** Day-end files, their lines, results, refunds and payouts. */
import { bank, payee, type Tampering } from './writing.ts'

const filled = 'number = (SELECT number FROM day_end_line LIMIT 1)'
const theirs = 'number = (SELECT number FROM payee_file_line LIMIT 1)'

export const dayEnds: Tampering[] = [
  payee('a line’s amount is raised', 'UPDATE day_end_line SET minor = minor + 1 WHERE line = 1'),
  payee('a line is of another voucher', "UPDATE day_end_line SET voucher = '618000000000' WHERE line = 1"),
  payee('a line is of another kind', "UPDATE day_end_line SET kind = 'refund' WHERE line = 1"),
  payee('a line names another row of the journal', 'UPDATE day_end_line SET ref = ref + 1 WHERE line = 1'),
  payee('a line names another intent', 'UPDATE day_end_line SET intent = zeroblob(16) WHERE line = 1'),
  payee('a line’s hash is replaced', 'UPDATE day_end_line SET hash = zeroblob(32) WHERE line = 1'),
  payee('a line is removed', 'DELETE FROM day_end_line WHERE line = 1'),
  payee('an accepted line counts as refused', "UPDATE day_end_line SET break = 'amount' WHERE line = 1"),
  payee('a file’s state goes back', `UPDATE day_end_file SET state = 'received' WHERE ${filled}`),
  payee('a file’s date is another', `UPDATE day_end_file SET date = '2020-01-01' WHERE ${filled}`),
  payee('a file’s header is changed', `UPDATE day_end_file SET header = CAST(x'00' || header AS BLOB) WHERE ${filled}`),
  payee('a file’s hash is replaced', `UPDATE day_end_file SET hash = zeroblob(32) WHERE ${filled}`),
  payee('a file is removed', `DELETE FROM day_end_line; DELETE FROM day_end_file WHERE ${filled}`),
  payee('a file is said to count after all', `UPDATE day_end_file SET posted_after_all = 1 WHERE ${filled}`),
  payee('a result is replaced', `UPDATE day_end_file SET result = x'a0' WHERE ${filled}`),
  payee('more was cleared than the bank said', `UPDATE day_end_file SET captured = captured + 1 WHERE ${filled}`),
  payee('a refund is raised', 'UPDATE refund SET minor = minor + 1'),
  payee('a refund is removed', 'DELETE FROM refund'),
  payee('a refund is another clerk’s', "UPDATE refund SET clerk = 'x'"),
  payee('a refund is of another payment', 'UPDATE refund SET payment = payment - 1'),
  payee('a refund is another bank’s', "UPDATE refund SET bank = 'garden'"),
  payee('what is settled at a bank is raised', "UPDATE balance SET posted = posted + 1 WHERE account LIKE 'settled:%'"),
  payee(
    'what is to come back through a bank is lowered',
    "UPDATE balance SET posted = posted - 1 WHERE account LIKE 'returning:%'",
  ),
  payee(
    'what a bank paid out is another bank’s',
    "UPDATE balance SET account = 'paid-out:garden' WHERE account LIKE 'paid-out:%'",
  ),
  payee('what banks kept as fees is raised', "UPDATE balance SET posted = posted + 1 WHERE account = 'clearing-fee'"),
  payee(
    'a result was settled at another bank',
    "UPDATE entry SET account = 'settled:garden' WHERE account LIKE 'settled:%' AND seq = (SELECT max(seq) FROM journal WHERE kind = 'day-end-captures')",
  ),
  payee(
    'a result was booked on an earlier date',
    "UPDATE journal SET business_date = '2020-01-01' WHERE kind LIKE 'day-end-%'",
  ),
  payee('the next number of the bulk stream is changed', 'UPDATE bulk_stream SET next_outgoing = next_outgoing + 1'),
  bank('a received line’s amount is lowered', 'UPDATE payee_file_line SET minor = minor - 1 WHERE line = 1'),
  bank('a received line is of another voucher', "UPDATE payee_file_line SET voucher = '618000000000' WHERE line = 1"),
  bank('a received line names another intent', 'UPDATE payee_file_line SET intent = zeroblob(16) WHERE line = 1'),
  bank('a received line’s hash is replaced', 'UPDATE payee_file_line SET hash = zeroblob(32) WHERE line = 1'),
  bank('an accepted line is refused', "UPDATE payee_file_line SET verdict = 'amount' WHERE line = 1"),
  bank('a received line is removed', 'DELETE FROM payee_file_line WHERE line = 1'),
  bank('a return went to another posting', 'UPDATE payee_file_line SET returned = returned - 1 WHERE returned > 0'),
  bank(
    'a file is said to contradict that does not',
    `INSERT INTO contradicted_file SELECT tenant, payee, number, 0, zeroblob(32), x'a0' FROM payee_file WHERE ${theirs}`,
  ),
  bank('a received file’s state goes back', `UPDATE payee_file SET state = 'received' WHERE ${theirs}`),
  bank('a received file’s hash is replaced', `UPDATE payee_file SET hash = zeroblob(32) WHERE ${theirs}`),
  bank('a file was posted on another date', `UPDATE payee_file SET posted_on = '2020-01-01' WHERE ${theirs}`),
  bank('a statement is replaced', `UPDATE payee_file SET statement = x'a0' WHERE ${theirs}`),
  bank(
    'a received file is removed',
    `DELETE FROM payee_file_line; DELETE FROM payee_file_part; DELETE FROM payee_file WHERE ${theirs}`,
  ),
  bank('a part of a file is said to be of another letter', 'UPDATE payee_file_part SET sequence = sequence + 1000'),
  bank('a voucher counts as captured further', 'UPDATE cleared_voucher SET captured = captured + 1'),
  bank('a voucher that was cleared is forgotten', 'DELETE FROM cleared_voucher'),
  bank('what came back is told to nobody', 'UPDATE returned_line SET told_at = 1'),
  bank('what came back is told to another', "UPDATE returned_line SET account = '10002'"),
  bank('what came back to a buyer is removed', 'DELETE FROM returned_line'),
  bank('a payout is raised', 'UPDATE payout SET minor = minor + 1'),
  bank('a payout is removed', 'DELETE FROM payout'),
  bank(
    'the last number received in the bulk stream is lowered',
    'UPDATE bulk_stream SET last_incoming = last_incoming - 1',
  ),
]
