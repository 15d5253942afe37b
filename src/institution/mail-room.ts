/**
 * An institution's mail as every kind of institution opens it: its receipts show where its own ledger stands, and nothing is
 * sent or taken before its counterparties have said which heads of it they hold.
 */
import type { InstitutionId } from '../ids.ts'
import { headOf, mainChain } from '../ledger/journal.ts'
import { isHeadSignedBy, signHead } from '../ledger/signed-heads.ts'
import { type Mail, openMail, type Troubled } from '../mail/mail.ts'
import type { LetterHandlers, QueryHandlers } from '../mail/reception.ts'
import type { Transports } from '../mail/transport.ts'
import type { Runtime } from '../runtime.ts'
import type { ReadTx } from '../store/store.ts'
import type { Premises } from './premises.ts'

/** Where every chain of its ledger stands. */
export const ledgerHeads = async (tx: ReadTx) => [await headOf(tx, mainChain)]

interface MailRoom {
  readonly config: { readonly id: InstitutionId; readonly deliveryDeadlineMs: number }
  readonly runtime: Runtime
  readonly transports: Transports
  readonly troubled: Troubled
  /** What its business does with each letter, and answers to each query. */
  readonly letters: LetterHandlers
  readonly queries: QueryHandlers
  /** Writes what had to wait until a counterparty could be written to. */
  readonly opened?: (peer: InstitutionId) => Promise<void>
}

export function openMailRoom({ store, keys, recordKeys, tracing }: Premises, room: MailRoom): Promise<Mail> {
  const { id, deliveryDeadlineMs } = room.config
  return openMail({
    ...room,
    ...{ institution: id, store, keys, recordKeys, deliveryDeadlineMs, tracing },
    heads: ledgerHeads,
    signHead: async (head, at, keyId) => (await signHead(keys, id, head, at, keyId)).signature,
    isHeadSignedBy,
    startsClosed: true,
  })
}
