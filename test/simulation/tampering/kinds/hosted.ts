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
  bank(
    'a payee of another bank was introduced by nobody',
    `INSERT INTO introduced_payee SELECT tenant, 'neighbours-1', '88000001', 'neighbours', 'garden', 'A', '甲', 1, NULL FROM private_payee LIMIT 1`,
  ),
  bank(
    'a payout to another bank is made up',
    `INSERT INTO sent_payout SELECT tenant, '00000000000000000000000000000000', '0000000000000000000000000000000000000000000000000000000000000000', 'neighbours-1', 'garden', account, 1, 'CNY', 2, 1, 1, 1, 'pending', NULL, NULL, NULL
     FROM private_payee LIMIT 1`,
  ),
  host(
    'a bank sells for a payee that nobody introduced to it',
    `INSERT INTO payee_bank SELECT tenant, 'garden', payee, 1, 1, NULL, NULL FROM hosted_payee LIMIT 1`,
  ),
  host('a bank that sells for a payee counts as having refused it', 'UPDATE payee_bank SET refused_at = 1'),
  host('a bank that sells for a payee is forgotten', 'DELETE FROM payee_bank'),
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
  host('a host’s file has another date', "UPDATE host_file SET date = '2020-01-01'"),
  host('a host’s file was not received', "UPDATE host_file SET state = 'sent'"),
  host('a host’s file is refused', "UPDATE host_file SET state = 'refused'"),
  host('a host’s file’s header is changed', "UPDATE host_file SET header = CAST(x'00' || header AS BLOB)"),
  host('a host’s file’s hash is replaced', 'UPDATE host_file SET hash = zeroblob(32)'),
  host(
    'a host’s file has a section more',
    'UPDATE host_file SET sections = sections + 1, sections_sent = sections + 1',
  ),
  host('a host’s file has a line less in letters', 'UPDATE host_file SET sent = sent - 1 WHERE sent > 0'),
  host('a host’s file ends with another letter', 'UPDATE host_file SET letter_sequence = letter_sequence + 1'),
  host('a host’s file was taken from its bank', 'UPDATE host_file SET held = 1'),
  host('a host’s file is removed', 'DELETE FROM host_file'),
  host('a section is in another file of its host', 'UPDATE day_end_file SET host_number = host_number + 1'),
  host('a section is sent by itself', 'UPDATE day_end_file SET alone = 1 WHERE host_number IS NOT NULL'),
  host('a section is in no file of its host', 'UPDATE day_end_file SET host_number = NULL'),
  bank('a host’s file that came has another date', "UPDATE hosted_file SET date = '2020-01-01'"),
  bank(
    'the header of a host’s file that came is changed',
    "UPDATE hosted_file SET header = CAST(x'00' || header AS BLOB)",
  ),
  bank('the hash of a host’s file that came is replaced', 'UPDATE hosted_file SET hash = zeroblob(32)'),
  bank('a host’s file that came whole is void', 'UPDATE hosted_file SET void = 1'),
  bank('a line of a host’s file has not come', 'UPDATE hosted_file SET received = received - 1 WHERE received > 0'),
  bank('a section of a host’s file has not come', 'UPDATE hosted_file SET sections_received = sections_received - 1'),
  bank('a host’s file that came is removed', 'DELETE FROM hosted_section; DELETE FROM hosted_file'),
  bank('a section is another payee’s', "UPDATE hosted_section SET payee = payee || '0' WHERE section = 1"),
  bank('a section has another number of its payee', 'UPDATE hosted_section SET payee_number = payee_number + 1'),
  bank('a section’s hash is replaced', 'UPDATE hosted_section SET hash = zeroblob(32) WHERE section = 1'),
  bank('a section’s lines begin elsewhere', 'UPDATE hosted_section SET first_line = first_line + 7'),
  bank('a section has a line more', 'UPDATE hosted_section SET lines = lines + 1'),
  bank('a section that was taken is refused', "UPDATE hosted_section SET refused = 'made up' WHERE section = 1"),
  bank('a section is removed', 'DELETE FROM hosted_section WHERE section = 1'),
  bank('a payee’s lines lie elsewhere in the letter', 'UPDATE payee_file_part SET skipped = skipped + 1'),
]
