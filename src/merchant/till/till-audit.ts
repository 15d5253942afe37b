/** What must hold of keys, authorisations and notices, as identities for `tonebank audit`: raw rows, and code of their own. */

import { verifies } from '../../institution/audit-keys.ts'
import { finding, type PersonRow, peopleRows } from '../../institution/people-audit.ts'
import type { Finding } from '../../ledger/audit/finding.ts'
import type { Identity } from '../../ledger/audit/identity.ts'

/** Each query gives a row for everything that is wrong. */
export const tillRules: readonly string[] = [
  // An authorisation is a hold on its voucher, and every such hold has one.
  `SELECT 'authorisation ' || id AS place, 'its hold is not in the journal' AS what
   FROM authorisation WHERE tenant = @tenant AND NOT EXISTS (SELECT 1
     FROM journal JOIN entry ON entry.chain = journal.chain AND entry.seq = journal.seq AND side = 'debit'
     WHERE journal.chain = @chain AND journal.id = 'authorisation ' || authorisation.id AND event = 'reserve'
       AND journal.reference = authorisation.reference AND account = 'voucher-liability:' || voucher)`,
  `SELECT @chain || ' ' || seq AS place, 'a hold that no shop was given' AS what
   FROM journal WHERE chain = @chain AND event = 'reserve' AND kind = 'authorisation'
     AND NOT EXISTS (SELECT 1 FROM authorisation WHERE tenant = @tenant AND journal.id = 'authorisation ' || id)`,
  // What a shop was paid is a payment in the journal, of its own authorisation where it names one.
  `SELECT 'payment to a shop, ' || till_payment.event AS place, 'it is no payment, or of another authorisation' AS what
   FROM till_payment LEFT JOIN journal ON journal.chain = @chain AND journal.id = till_payment.event
   LEFT JOIN authorisation ON authorisation.tenant = till_payment.tenant AND authorisation.id = till_payment.authorisation
   WHERE till_payment.tenant = @tenant AND (kind IS NOT 'payment'
     OR about IS NOT ('authorisation ' || till_payment.authorisation)
     OR (till_payment.authorisation IS NOT NULL
       AND (authorisation.api_key IS NOT till_payment.api_key OR authorisation.shop_order IS NOT till_payment.shop_order)))`,
  // Everything captured of an authorisation was paid to its shop.
  `SELECT @chain || ' ' || seq AS place, 'a capture that no shop was told' AS what
   FROM journal WHERE chain = @chain AND about LIKE 'authorisation %' AND event IN ('capture', 'capture-part')
     AND NOT EXISTS (SELECT 1 FROM till_payment WHERE tenant = @tenant AND till_payment.event = journal.id)`,
  // A shop is told of its own payments, where its key says.
  `SELECT 'notice ' || notice.id AS place, 'it goes to another shop than was paid' AS what
   FROM notice JOIN till_payment USING (tenant, event) JOIN api_key ON api_key.tenant = notice.tenant AND api_key.id = notice.api_key
   WHERE notice.tenant = @tenant AND (notice.api_key <> till_payment.api_key OR webhook IS NULL)`,
]

/** Whoever made or revoked a key by a command was somebody then, and signed what its row says; `office/audit.ts` has those of the office. */
export const keyIdentity: Identity = async tx => {
  const byKey = new Map((await tx.all<PersonRow>(peopleRows)).map(person => [person.key_id, person]))
  const rows = await tx.all<{
    tenant: string
    id: string
    name: string
    verifier: Uint8Array
    webhook: string | null
    added_at: bigint
    added_by: string
    added_signature: Uint8Array | null
    added_act: string | null
    revoked_at: bigint | null
    revoked_by: string | null
    revoked_signature: Uint8Array | null
    revoked_act: string | null
  }>('SELECT * FROM api_key')
  return rows.flatMap(row => {
    const where = `API key ${row.id}`
    const { tenant, id, name, verifier, webhook, added_at, revoked_at } = row
    const adder = byKey.get(row.added_by)
    const added = ['tonebank: I add this API key', tenant, id, name, verifier, webhook, added_at]
    const found: Finding[] = []
    const isAdded =
      row.added_signature === null
        ? row.added_act !== null
        : adder !== undefined && verifies(adder, added, row.added_signature)
    if (!isAdded) {
      found.push(finding(where, 'nobody signed that it was added as it stands'))
    }
    if (revoked_at === null) return found
    if (row.revoked_signature === null) {
      if (row.revoked_act === null) found.push(finding(where, 'nobody signed that it was revoked'))
      return found
    }
    const revoker = byKey.get(row.revoked_by ?? '')
    const revoked = ['tonebank: I revoke this API key', tenant, id, revoked_at]
    if (revoker === undefined || !verifies(revoker, revoked, row.revoked_signature)) {
      found.push(finding(where, 'nobody signed that it was revoked'))
    }
    return found
  })
}
