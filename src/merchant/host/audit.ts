/**
 * What must hold in a host's books, as identities for `tonebank audit`: what must hold of each of its payees, and that there is
 * nothing of anybody else. Raw rows, SQL of their own, and nothing imported of the host.
 */
import { callBackIdentity } from '../../institution/call-backs-audit.ts'
import { keyIdentities } from '../../institution/keys-audit.ts'
import { decisionIdentities } from '../../institution/people-audit.ts'
import { recoveryIdentities } from '../../institution/recovery-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import { type BooksOf, type Identity, identitiesOf } from '../../ledger/audit/identity.ts'
import { payeeIdentities } from '../audit.ts'
import { hostFileRules, hostFilesIdentity } from './day-end/audit.ts'

/** Each query gives a row for everything that is wrong. */
const rules: readonly string[] = [
  // A host took a payee on by a letter of its bank, vouched for it by one of its own, and closed it by another of its bank, or as that
  // one's books went back to before it asked.
  `SELECT 'payee ' || payee AS place, 'no letter of its bank asks for it' AS what
   FROM hosted_payee AS hosted WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = hosted.tenant AND letter.peer = bank AND letter.type = 'payee-application'
       AND instr(content, CAST(application AS BLOB)) > 0 AND instr(content, CAST(account AS BLOB)) > 0
       AND instr(content, CAST(name_en AS BLOB)) > 0 AND instr(content, CAST(name_zh AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee AS place, 'no letter to its bank vouches for it' AS what
   FROM hosted_payee AS hosted WHERE tenant = @tenant AND NOT EXISTS (SELECT 1 FROM clearing_outbox AS letter
     WHERE letter.tenant = hosted.tenant AND letter.peer = bank AND letter.type = 'payee-vouched'
       AND instr(content, CAST(application AS BLOB)) > 0 AND instr(content, CAST(payee AS BLOB)) > 0
       AND instr(content, CAST(number AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee AS place, 'it is closed, or open, against the word of its bank' AS what
   FROM hosted_payee AS hosted WHERE tenant = @tenant AND (closed_at IS NOT NULL) <> EXISTS (SELECT 1 FROM clearing_inbox AS letter
     WHERE letter.tenant = hosted.tenant AND letter.peer = bank AND letter.type = 'payee-closed'
       AND instr(content, CAST(payee AS BLOB)) > 0)
     AND (closed_at IS NULL OR NOT EXISTS (SELECT 1 FROM clearing_inbox AS asked JOIN clearing_inbox AS anew
       ON anew.tenant = asked.tenant AND anew.peer = asked.peer AND anew.epoch > asked.epoch AND anew.type = 'new-epoch'
       WHERE asked.tenant = hosted.tenant AND asked.peer = bank AND asked.type = 'payee-application'
         AND instr(asked.content, CAST(application AS BLOB)) > 0))`,
  // A register, and a chain, are one payee's.
  `SELECT 'voucher ' || number AS place, 'it is of no payee of this host, or of another bank' AS what
   FROM voucher WHERE NOT EXISTS (SELECT 1 FROM payee_bank AS sells
     WHERE sells.tenant = @tenant AND sells.payee = voucher.tenant AND sells.bank = voucher.bank)`,
  // A bank that sells for a payee asked for it, or was told of it by a letter that vouches for it; and of its end by another.
  `SELECT 'payee ' || payee || ' at ' || bank AS place, 'no letter vouches for it there' AS what
   FROM payee_bank AS sells WHERE tenant = @tenant
     AND NOT (letter_epoch IS NULL AND EXISTS (SELECT 1 FROM hosted_payee AS hosted
       WHERE hosted.tenant = sells.tenant AND hosted.payee = sells.payee AND hosted.bank = sells.bank))
     AND NOT EXISTS (SELECT 1 FROM clearing_outbox AS letter WHERE letter.tenant = sells.tenant AND letter.peer = bank
       AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence AND letter.type = 'payee-introduced'
       AND instr(content, CAST(payee AS BLOB)) > 0)`,
  `SELECT 'payee ' || payee || ' at ' || bank AS place, 'it counts as refused there, or as sold, against the word of the bank' AS what
   FROM payee_bank AS sells WHERE tenant = @tenant AND (refused_at IS NOT NULL) <> EXISTS (SELECT 1 FROM clearing_outbox AS letter
     WHERE letter.tenant = sells.tenant AND letter.peer = bank AND letter.epoch = letter_epoch AND letter.sequence = letter_sequence
       AND letter.outcome = 'refused')`,
  `SELECT 'payee ' || payee || ' at ' || bank AS place, 'it counts as closed there, or as open, against what was told' AS what
   FROM payee_bank AS sells WHERE tenant = @tenant AND (closing_epoch IS NOT NULL) <> EXISTS (SELECT 1 FROM clearing_outbox AS letter
     WHERE letter.tenant = sells.tenant AND letter.peer = bank AND letter.type = 'payee-closed' AND instr(content, CAST(payee AS BLOB)) > 0)`,
  `SELECT chain AS place, 'it is the chain of no payee of this host' AS what
   FROM (SELECT DISTINCT chain FROM journal) WHERE chain NOT IN (SELECT payee FROM hosted_payee WHERE tenant = @tenant)`,
]

export function hostIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...decisionIdentities,
    callBackIdentity,
    ...keyIdentities,
    ...recoveryIdentities,
    ...identitiesOf([...rules, ...hostFileRules], books),
    hostFilesIdentity(books.tenant),
    everyPayee(books.tenant),
  ]
}

function everyPayee(host: string): Identity {
  return async tx => {
    const findings: Finding[] = []
    const payees = await tx.all<{ payee: string }>(
      'SELECT payee FROM hosted_payee WHERE tenant = ? ORDER BY payee',
      host,
    )
    for (const { payee } of payees) {
      for (const identity of payeeIdentities({ tenant: payee, chain: payee, house: host }))
        for (const finding of await identity(tx)) findings.push({ ...finding, where: `${payee}, ${finding.where}` })
    }
    return findings
  }
}
