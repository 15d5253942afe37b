/**
 * A firm pays its customer out of its own account at this bank, by letter. The letter's signature is the firm's word, as a card's is its
 * holder's; it can spend no other account than the one for which two people let it collect. Accepted is paid, refused is not.
 */
import type { InstitutionId, IntentId } from '../../ids.ts'
import { parseIntentId } from '../../ids.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import { isPayable } from '../../money.ts'
import { now, orderedId } from '../../runtime.ts'
import { once } from '../../store/once.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { type DecidedTransfer, decideTransfer } from '../transfer.ts'
import { admittedRows } from './lists.ts'

interface Drawn {
  readonly at: number
  readonly id: string
}

export function payOutTaking(branch: Branch): LetterHandler<'pay-out', Drawn> {
  const { config } = branch
  return {
    prepare: async () => ({ at: now(branch), id: orderedId(branch.runtime) }),
    judge: async (tx, firm, { payment, to, amount }, drawn) => {
      const from = await accountOf(tx, branch, firm)
      const id = parseIntentId(payment)
      if (from === undefined || id === undefined) return refused('it has no account here')
      if (!isPayable(amount, config.currency)) return refused('currency')
      if ((await customerOf(tx, config.id, to)) === undefined) return refused('unknown-account')
      const intent = { tenant: config.id, principal: firm, id, kind: 'pay-out', request: { to, minor: amount.minor } }
      const order = { intent: id as IntentId, from, to, amount, channel: 'terminal' } as const
      // What a firm pays out is its customers': no limit of an account holder's is in the way.
      const decided = await once<DecidedTransfer>(tx, intent, () =>
        decideTransfer(tx, branch, order, drawn, async () => ({ outcome: 'ok', counted: [] })),
      )
      return decided.outcome === 'transferred' ? accepted : refused(decided.outcome)
    },
  }
}

async function accountOf(tx: ReadTx, branch: Branch, firm: InstitutionId) {
  const admitted = await admittedRows(tx, branch)
  const own = admitted.find(({ receiver, payee_bank }) => receiver === firm && payee_bank === branch.config.id)
  return own?.payee_account
}
