/** Customers who are paid by a host, in its books and in those of their bank. */
import { bankOfHost as bank, host, type Tampering } from './writing.ts'

const open = 'closed_at IS NULL'
const closed = 'closed_at IS NOT NULL'

export const hosted: readonly Tampering[] = [
  bank('a payee’s account is another', `UPDATE private_payee SET account = '0' WHERE ${open}`),
  bank('a payee’s number is another', `UPDATE private_payee SET number = '88000000' WHERE ${open}`),
  bank('a payee is another host’s', `UPDATE private_payee SET host = 'lantern' WHERE ${open}`),
  bank('a payee is another', `UPDATE private_payee SET payee = payee || '0' WHERE ${open}`),
  bank('a payee is closed', `UPDATE private_payee SET closed_at = 1 WHERE ${open}`),
  bank('a closed payee is open', `UPDATE private_payee SET closed_at = NULL WHERE ${closed}`),
  bank('a payee was asked for at another time', `UPDATE private_payee SET asked_at = asked_at - 1 WHERE ${open}`),
  bank('a payee was vouched for at another time', `UPDATE private_payee SET vouched_at = 1 WHERE ${open}`),
  bank('a payee is forgotten', `DELETE FROM private_payee WHERE ${closed}`),
  bank(
    'a payee is made up',
    `INSERT INTO private_payee SELECT tenant, 'made up', account, host, letter_epoch, 99, asked_at, 'neighbours-1', '88000001', 1, NULL
     FROM private_payee WHERE ${closed}`,
  ),
  bank('a sale was told to somebody else', "UPDATE sale SET letter_to = 'lantern' WHERE letter_to = 'neighbours'"),
  host('a hosted payee’s account is another', `UPDATE hosted_payee SET account = '0' WHERE ${open}`),
  host('a hosted payee’s number is another', `UPDATE hosted_payee SET number = '88000000' WHERE ${open}`),
  host('a hosted payee is another bank’s', `UPDATE hosted_payee SET bank = 'garden' WHERE ${open}`),
  host('a hosted payee has another name', `UPDATE hosted_payee SET name_zh = '张某' WHERE ${open}`),
  host('a hosted payee is closed', `UPDATE hosted_payee SET closed_at = 1 WHERE ${open}`),
  host('a closed hosted payee is open', `UPDATE hosted_payee SET closed_at = NULL WHERE ${closed}`),
  host('a hosted payee was taken on at another time', `UPDATE hosted_payee SET opened_at = 1 WHERE ${open}`),
  host('a hosted payee is forgotten', `DELETE FROM hosted_payee WHERE ${closed}`),
  host(
    'a hosted payee is made up',
    `INSERT INTO hosted_payee SELECT tenant, 'neighbours-1', '88000001', bank, 'made up', account, name_en, name_zh, opened_at, NULL
     FROM hosted_payee LIMIT 1`,
  ),
  host(
    'a voucher is another payee’s of the same host',
    `UPDATE voucher SET tenant = (SELECT payee FROM hosted_payee WHERE ${closed})
     WHERE sale IS NOT NULL AND tenant = (SELECT payee FROM hosted_payee WHERE ${open})`,
  ),
  host(
    'what was paid to one payee counts as paid to another',
    `UPDATE balance SET posted = (SELECT sum(posted) FROM balance WHERE account = 'revenue:harbour')
     WHERE account = 'revenue:harbour' AND chain = (SELECT payee FROM hosted_payee WHERE ${open})`,
  ),
]
