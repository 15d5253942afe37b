/** Cards at a payee: whom the bank lets collect, what it collected, and what the payee keeps of what it asked for and forwarded. */
import { bankOfTwo, flip, type Tampering, takesCards } from './writing.ts'

const paid = "state = 'paid'"

export const receivers: readonly Tampering[] = [
  bankOfTwo('a receiver is said to have another number', 'UPDATE card_receiver SET number = 7777'),
  bankOfTwo('answers are to be sealed to another key', `UPDATE card_receiver SET key = ${flip('key')}`),
  bankOfTwo('a receiver is forgotten', 'DELETE FROM card_receiver'),
  bankOfTwo('a receiver collects for another account', "UPDATE admitted_receiver SET payee_account = '6200000000'"),
  bankOfTwo('a receiver collects under another name', "UPDATE admitted_receiver SET payee_name = 'Somebody'"),
  bankOfTwo('a receiver is said to be dismissed', 'UPDATE admitted_receiver SET dismissed_by = admitted_by'),
  bankOfTwo('a receiver is said to have been told nothing', 'UPDATE admitted_receiver SET told = 0'),
  bankOfTwo(
    'a receiver is admitted by nobody',
    `INSERT INTO admitted_receiver SELECT tenant, 'talent', payee_bank, payee_account, payee_name, admitted_by, NULL, 0, 0 FROM admitted_receiver`,
  ),
  bankOfTwo(
    'what was collected is said to be on its way',
    "UPDATE card_collection SET outcome = 'sent' WHERE outcome = 'paid'",
  ),
  bankOfTwo(
    'what was collected has another reference',
    "UPDATE card_collection SET reference = '000000' WHERE outcome = 'paid'",
  ),
  bankOfTwo('a refusal has another reason', "UPDATE card_collection SET reason = 'late' WHERE outcome = 'refused'"),
  bankOfTwo('a refusal leaves more tries', 'UPDATE card_collection SET tries_left = 3 WHERE tries_left IS NOT NULL'),
  bankOfTwo(
    'a collection is said to be another payment',
    "UPDATE card_collection SET payment = substr(payment, 2) || '0' WHERE outcome = 'refused'",
  ),
  bankOfTwo('a collection is forgotten', "DELETE FROM card_collection WHERE outcome = 'paid'"),
  bankOfTwo(
    'what a payee collected is said to be the bank’s own',
    'UPDATE card_payment SET receiver = tenant WHERE receiver <> tenant',
  ),
  takesCards('a payee collects at another account', "UPDATE card_bank SET payee_account = '6200000000'"),
  takesCards('a payee has another name', "UPDATE card_bank SET payee_name = 'Somebody'"),
  takesCards('a bank’s cards have other numbers', 'UPDATE card_bank SET issuer = 6300'),
  takesCards('a bank is forgotten', 'DELETE FROM card_bank'),
  takesCards('a bank is said to have been told another key', `UPDATE told_bank SET key = ${flip('key')}`),
  takesCards('a bank is told again', 'DELETE FROM told_bank'),
  takesCards('a blocked card is not listed any more', 'DELETE FROM listed_card'),
  takesCards('a blocked card is said to be revoked', "UPDATE listed_card SET state = 'revoked'"),
  takesCards('a listed card has another key', `UPDATE listed_card SET key = ${flip('key')}`),
  takesCards(
    'an order to a card is open again',
    `UPDATE receiver_order SET over_at = asked_at WHERE over_at IS NULL;
     UPDATE receiver_order SET over_at = NULL WHERE nonce = (SELECT nonce FROM receiver_payment WHERE ${paid})`,
  ),
  takesCards(
    'what a card was asked for is another order',
    `UPDATE receiver_order SET request = ${flip('request')} WHERE over_at IS NULL`,
  ),
  takesCards(
    'an order to a card has another intent',
    "UPDATE receiver_order SET intent = 'x' WHERE over_at IS NOT NULL",
  ),
  takesCards('an order to a card is forgotten', 'DELETE FROM receiver_order WHERE over_at IS NULL'),
  takesCards('what was forwarded is changed', `UPDATE receiver_payment SET message = ${flip('message')} WHERE ${paid}`),
  takesCards('what was forwarded is another amount', `UPDATE receiver_payment SET minor = minor + 1 WHERE ${paid}`),
  takesCards('what was forwarded has another counter', `UPDATE receiver_payment SET counter = 9 WHERE ${paid}`),
  takesCards(
    'what was paid by card is said to have come back',
    `UPDATE receiver_payment SET state = 'came-back' WHERE ${paid}`,
  ),
  takesCards(
    'what was refused is said to be paid',
    "UPDATE receiver_payment SET state = 'paid', reference = '123456', reason = '' WHERE state = 'refused'",
  ),
  takesCards(
    'what was paid by card has another reference',
    `UPDATE receiver_payment SET reference = '000000' WHERE ${paid}`,
  ),
  takesCards('what was forwarded is forgotten', 'DELETE FROM receiver_payment'),
  takesCards(
    'what a card paid is not posted',
    `DELETE FROM entry WHERE seq = (SELECT seq FROM journal WHERE kind = 'card-payment');
     DELETE FROM journal WHERE kind = 'card-payment'`,
  ),
  takesCards(
    'what a card paid is posted twice',
    `INSERT INTO journal SELECT chain, (SELECT max(seq) + 1 FROM journal), id || '0', event, kind, reference, at, business_date,
       about, expires_at, facts, previous, hash FROM journal WHERE kind = 'card-payment';
     INSERT INTO entry SELECT chain, (SELECT max(seq) FROM journal), line, account, side, minor, asset, scale
       FROM entry WHERE seq = (SELECT min(seq) FROM journal WHERE kind = 'card-payment');
     UPDATE balance SET posted = 2 * posted WHERE account LIKE 'card-revenue:%' OR account LIKE 'collected-at-bank:%'`,
  ),
  takesCards(
    'what a card paid is collected at another bank',
    "UPDATE entry SET account = 'collected-at-bank:garden' WHERE account = 'collected-at-bank:harbour'",
  ),
  takesCards('a refund to a card is raised', 'UPDATE card_refund SET minor = minor + 1'),
  takesCards('a refund to a card is removed', 'DELETE FROM card_refund'),
  takesCards('a refund to a card is another clerk’s', "UPDATE card_refund SET clerk = 'x'"),
  takesCards(
    'a refund is of another card payment',
    `UPDATE card_refund SET payment = (SELECT id FROM receiver_payment WHERE state = 'refused')`,
  ),
  takesCards('a line of a refund to a card is removed', "DELETE FROM day_end_line WHERE kind = 'refund'"),
  bankOfTwo(
    'a refund is said to be of another card payment',
    `UPDATE payee_file_line SET voucher = (SELECT payment FROM card_collection WHERE outcome = 'refused') WHERE kind = 'refund'`,
  ),
  bankOfTwo(
    'a refund to a card counts as refused',
    "UPDATE payee_file_line SET verdict = 'short' WHERE kind = 'refund'",
  ),
  bankOfTwo('a refund to a card is told to another', "UPDATE returned_line SET account = '10002'"),
  bankOfTwo(
    'a card’s payment was of another account',
    "UPDATE card_payment SET account = '10002' WHERE receiver <> tenant",
  ),
]
