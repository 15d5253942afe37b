/**
 * Paying a payee out: two people move what was cleared for it to its own account. A shop's is at this bank; a private payee has but one,
 * here or at its own bank, to which the money goes as between banks (`../interbank/payouts.ts`). Not while a file of the payee is being
 * looked at, as its refunds are promised from the same money.
 */
import { z } from 'zod'
import { accountNumberShape, institutionIdShape } from '../../ids.ts'
import type { Carried, Kind } from '../../institution/decisions.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { credit, debit, post } from '../../ledger/post.ts'
import { isPayable } from '../../money.ts'
import type { Tx } from '../../store/store.ts'
import { type Branch, depositOf, inCurrency, settlementOf } from '../branch.ts'
import { confirmInWriting } from '../confirmations/write.ts'
import { customerOf } from '../customers.ts'
import { bankOfAccount, correspondent } from '../interbank/correspondents.ts'
import { isOwedFor, sendPayout } from '../interbank/payouts.ts'
import { isPayee, whereItIsPaid } from '../private/payees.ts'
import { isFileUnderWay } from './files.ts'

const payoutShape = z.strictObject({
  payee: institutionIdShape,
  account: accountNumberShape,
  minor: z.union([z.int(), z.bigint()]).transform(BigInt),
})

export function payoutDecision(branch: Branch): Readonly<Record<'pay-out', Kind>> {
  return {
    'pay-out': {
      roles: ['officer'],
      carryOut: (tx, { request, digest }, at) => payOut(tx, branch, payoutShape.parse(request), digest, at),
      afterwards: async () => branch.mail.wake(),
    },
  }
}

async function payOut(
  tx: Tx,
  branch: Branch,
  { payee, account, minor }: z.output<typeof payoutShape>,
  digest: string,
  at: number,
): Promise<Carried> {
  const { config, chain, calendar } = branch
  const amount = inCurrency(branch, minor)
  if (!isPayable(amount, config.currency)) return { done: false, outcome: 'refused-amount' }
  if (!(await isPayee(tx, branch, payee))) return { done: false, outcome: 'unknown-payee' }
  const person = await whereItIsPaid(tx, branch, payee)
  if (person?.account && person.account !== account) return { done: false, outcome: 'not-its-account' }
  const bank = person?.home ? correspondent(branch, person.home) : undefined
  if (person?.home && bank === undefined) return { done: false, outcome: 'no-way-to-its-bank' }
  if (bank !== undefined && bankOfAccount(branch, account)?.id !== bank.id)
    return { done: false, outcome: 'not-its-account' }
  if (bank === undefined && (await customerOf(tx, config.id, account)) === undefined)
    return { done: false, outcome: 'unknown-account' }
  if (await isFileUnderWay(tx, config.id, payee)) return { done: false, outcome: 'day-end-under-way' }
  if (bank !== undefined) {
    if (await isOwedFor(tx, branch, payee)) return { done: false, outcome: 'waits-in-suspense' }
    const { outcome } = await sendPayout(tx, branch, { decided: digest, payee, bank, account, amount, at })
    return { done: outcome === 'sent', outcome }
  }
  const posted = await post(tx, {
    ...{ chain, id: `payout ${digest}`, at, kind: 'payout' },
    businessDate: await businessDate(tx, calendar, at),
    entries: [debit(settlementOf(payee), amount), credit(depositOf(account), amount)],
  })
  if (posted.outcome !== 'posted') return { done: false, outcome: posted.outcome }
  await tx.run(
    'INSERT INTO payout (tenant, id, payee, account, minor, posting) VALUES (?, ?, ?, ?, ?, ?)',
    ...[config.id, digest, payee, account, minor, posted.seq],
  )
  await confirmInWriting(tx, branch, { id: `payout ${digest}`, account, kind: 'payout', at, amount })
  return { done: true, outcome: 'paid-out' }
}
