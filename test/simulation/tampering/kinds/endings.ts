/** What ends or closes vouchers, and what is given back: terminations, reversals, blocks, and a bank's word about a voucher. */
import { bank, payee, type Tampering } from './writing.ts'

export const endings: Tampering[] = [
  payee('an ended voucher is active again', "UPDATE voucher SET state = 'active' WHERE state = 'terminated'"),
  payee('a living voucher is called ended', "UPDATE voucher SET state = 'terminated' WHERE state = 'active'"),
  payee(
    'what an ended voucher returns is lowered',
    "UPDATE balance SET posted = posted - 100 WHERE account LIKE 'returning:%'",
  ),
  payee('a termination is called a payment', "UPDATE journal SET kind = 'payment' WHERE kind = 'termination'"),
  payee('a reversal’s clerk is another', "UPDATE reversal SET clerk = 'zhou'"),
  payee('a reversal’s reason is another', "UPDATE reversal SET reason = 'x'"),
  payee('a reversal is of another payment', 'UPDATE reversal SET payment = payment - 1'),
  payee('a reversal counts as told', 'UPDATE reversal SET told_at = 1'),
  payee('a reversal’s row is removed', 'DELETE FROM reversal'),
  payee('a lost voucher opens again', "UPDATE voucher SET state = 'active' WHERE state = 'identity required'"),
  payee('what a bank said of a voucher is removed', 'DELETE FROM voucher_notice'),
  payee(
    'a clearance is made up',
    `INSERT INTO voucher_notice SELECT tenant, number, place + 10, 'identity shown', 'x', at FROM voucher_notice WHERE says = 'lost'`,
  ),
  payee('a clearance is another', "UPDATE voucher_notice SET clearance = 'x' WHERE clearance IS NOT NULL"),
  payee(
    'a record is withdrawn that no bank listed',
    "INSERT INTO withdrawn_record SELECT tenant, number, 'x', 0 FROM voucher WHERE state = 'issued' LIMIT 1",
  ),
  bank(
    'a bank has left a payee, and nobody decided so',
    "INSERT INTO payee_left VALUES ('harbour', 'quill', 'x', 0, 0)",
  ),
  bank('a closed account is open again', 'DELETE FROM closed_account'),
  bank('less was paid out of a closed account', 'UPDATE closed_account SET minor = minor - 1'),
  bank('an account’s own limit is raised', 'UPDATE account_limit SET per_day = per_day + 1'),
  bank('an account’s own limit is forgotten', 'DELETE FROM account_limit'),
  bank('a customer’s block is lifted by nobody', "UPDATE customer_block SET lifted_at = 1, lifted_by = 'x'"),
  bank('a customer’s block is forgotten', 'DELETE FROM customer_block'),
  bank('a customer’s block is another’s', "UPDATE customer_block SET what = 'telephone' WHERE what = 'account'"),
  bank('a payee was told, and that is forgotten', "DELETE FROM voucher_notice WHERE says = 'lost'"),
  bank('a loss that waited is forgotten', 'DELETE FROM lost_unheard'),
  bank('a loss that was told waits again', 'UPDATE lost_unheard SET letter_epoch = NULL, letter_sequence = NULL'),
  bank('a loss was told at another time', 'UPDATE lost_unheard SET at = at + 1'),
  bank(
    'a voucher is said to be lost',
    "INSERT INTO lost_unheard (tenant, sale, at) SELECT tenant, id, 1 FROM sale WHERE buyer NOT IN (SELECT principal FROM once WHERE kind = 'block') LIMIT 1",
  ),
  bank('a clearance was decided by others', "UPDATE voucher_notice SET decision = 'x' WHERE decision IS NOT NULL"),
  bank('a loss is said to be a clearance', "UPDATE voucher_notice SET says = 'identity shown', decision = 'x'"),
]
