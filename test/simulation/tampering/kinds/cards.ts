/** Cards that a bank issued, what it asked them to sign, and what they signed. */
import { bank, flip, type Tampering } from './writing.ts'

const paid = 'number = (SELECT card FROM card_payment)'
const drawn = "state = 'issued'"

export const cards: readonly Tampering[] = [
  bank('a card’s key is replaced', `UPDATE issued_card SET public_key = ${flip('public_key')} WHERE ${paid}`),
  bank(
    'a card is said to be of another account',
    `UPDATE issued_card SET account = (SELECT account FROM issued_card WHERE state = 'blocked') WHERE ${paid}`,
  ),
  bank('a card’s counter is put back', `UPDATE issued_card SET counter = 0 WHERE ${paid}`),
  bank('a card lasts longer', `UPDATE issued_card SET expires_at = expires_at + 31536000 WHERE ${paid}`),
  bank('a blocked card is in use', "UPDATE issued_card SET state = 'active' WHERE state = 'blocked'"),
  bank('a card in use is blocked', `UPDATE issued_card SET state = 'blocked' WHERE ${paid}`),
  bank(
    'a card that nobody enrolled is in use',
    `UPDATE issued_card SET state = 'active', algorithm = 'Ed25519', public_key = zeroblob(32), enrolled_at = issued_at,
       enrolled_by = (SELECT enrolled_by FROM issued_card WHERE ${paid}) WHERE ${drawn}`,
  ),
  bank(
    'a card has another’s password',
    `UPDATE issued_card SET password = (SELECT password FROM issued_card WHERE ${drawn}) WHERE ${paid}`,
  ),
  bank('a card’s agreed key is changed', `UPDATE issued_card SET agreed_key = ${flip('agreed_key')} WHERE ${paid}`),
  bank('a card seals to another key', `UPDATE issued_card SET answer_key = 'answer-2-00' WHERE ${paid}`),
  bank(
    'a card takes the place of another',
    `UPDATE issued_card SET replaces = (SELECT card FROM card_payment) WHERE ${drawn}`,
  ),
  bank('a card is forgotten', `DELETE FROM issued_card WHERE ${drawn}`),
  bank(
    'a card is made up',
    `INSERT INTO issued_card SELECT tenant, '62000000000000', account, NULL, issued_at, expires_at, answer_key, agreed_under, agreed_key,
       password, algorithm, public_key, enrolled_at, enrolled_by, state, 0 FROM issued_card WHERE ${paid}`,
  ),
  bank('a block is said to have come at another time', 'UPDATE card_step SET at = at - 1'),
  bank('a block is said to be by its holder’s other request', "UPDATE card_step SET reason = 'x'"),
  bank('a block is said to be of another card', 'UPDATE card_step SET card = (SELECT card FROM card_payment)'),
  bank('a block is said to be by wrong passwords', "UPDATE card_step SET by = 'password', reason = NULL"),
  bank('a block is forgotten', 'DELETE FROM card_step'),
  bank(
    'a card in use has no try of its password left',
    `INSERT INTO tries SELECT tenant, 'card password', number, 3, 0 FROM issued_card WHERE ${paid}`,
  ),
  bank(
    'an order is open again',
    `UPDATE card_order SET over_at = asked_at WHERE over_at IS NULL;
     UPDATE card_order SET over_at = NULL WHERE nonce = (SELECT nonce FROM card_payment)`,
  ),
  bank(
    'what was asked for is another order',
    `UPDATE card_order SET request = ${flip('request')} WHERE nonce = (SELECT nonce FROM card_payment)`,
  ),
  bank('a nonce is another one', 'UPDATE card_order SET nonce = zeroblob(8) WHERE over_at IS NULL'),
  bank(
    'an order is said to have been asked of another',
    "UPDATE card_order SET account = '999999' WHERE over_at IS NULL",
  ),
  bank('an order was asked later', 'UPDATE card_order SET asked_at = asked_at + 1 WHERE over_at IS NULL'),
  bank('an order is forgotten', 'DELETE FROM card_order WHERE over_at IS NULL'),
  bank('what a card signed is changed', `UPDATE card_payment SET message = ${flip('message')}`),
  bank('a payment is said to have another counter', 'UPDATE card_payment SET counter = 9'),
  bank('a payment is said to have another nonce', 'UPDATE card_payment SET nonce = zeroblob(8)'),
  bank('a payment is said to have moved other money', "UPDATE card_payment SET transfer = 'x'"),
  bank('a payment by card is forgotten', 'DELETE FROM card_payment'),
  bank(
    'a payment by card is made up',
    `INSERT INTO card_payment SELECT tenant, card, counter + 1, receiver, zeroblob(8), account, intent, 'made-up', message, at FROM card_payment`,
  ),
]
