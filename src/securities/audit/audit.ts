/**
 * What must hold in a securities firm's books besides the ledger's own rules, as identities for `tonebank audit`. They read raw rows
 * with SQL of their own and import nothing of the firm.
 */
import { cardReceiverIdentities } from '../../card-receiver/audit.ts'
import { callBackIdentity } from '../../institution/call-backs-audit.ts'
import { keyIdentities } from '../../institution/keys-audit.ts'
import { decisionIdentities } from '../../institution/people-audit.ts'
import { recoveryIdentities } from '../../institution/recovery-audit.ts'
import { type BooksOf, type Identity, identitiesOf } from '../../ledger/audit/identity.ts'
import { clientRules, signedIdentity } from './clients.ts'
import { paidInIdentity } from './paid-in.ts'
import { tradeRules } from './trades.ts'

export function securitiesIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...marketIdentities(books),
    ...cardReceiverIdentities(books),
    ...identitiesOf(clientRules, books),
    signedIdentity(books),
    paidInIdentity(books),
  ]
}

/** Without whose trades they are. */
export function marketIdentities(books: BooksOf): readonly Identity[] {
  return [
    ...decisionIdentities,
    callBackIdentity,
    ...keyIdentities,
    ...recoveryIdentities,
    ...identitiesOf(tradeRules, books),
  ]
}
