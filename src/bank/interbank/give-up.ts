/**
 * Two people say that another bank is dead: what is on its way there goes back to its sender, or stays with the payee
 * for whom it is held, and the letter is taken back. Should the bank have credited it all the same, it is owed to it (step 5 in `send.ts`
 * and `payouts.ts`).
 */
import { z } from 'zod'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import type { Approved } from '../../keys/approval.ts'
import { takeBack } from '../../mail/outbox.ts'
import type { Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { keepPayout, sentPayout } from './payouts.ts'
import { giveBack } from './results.ts'
import { sentTransfer } from './send.ts'

const giveUpShape = z.strictObject({
  transfer: z.string().min(1).max(64),
  why: z.string().min(1).max(200),
  facts: signedFacts,
})

export function giveUpDecision(branch: Branch): Readonly<Record<'return-transfer', Kind>> {
  return {
    'return-transfer': onFacts({
      roles: ['officer'],
      shape: giveUpShape,
      facts: async (tx, request) => {
        const { transfer } = giveUpShape.parse(request)
        const row = await sentTransfer(tx, branch, transfer)
        const sent = row ?? (await sentPayout(tx, branch, transfer))
        if (sent?.state !== 'pending') return undefined
        const { bank, minor, asset, sent_at: sentAt } = sent
        const whose =
          'payee' in sent ? { payee: sent.payee, to: sent.account } : { from: sent.from_account, to: sent.to_account }
        return { bank, minor, currency: asset, sentAt, ...whose }
      },
      carryOut: (tx, approved, at) => giveUp(tx, branch, approved, at),
      afterwards: async () => branch.mail.wake(),
    }),
  }
}

async function giveUp(tx: Tx, branch: Branch, { request, digest }: Approved, at: number): Promise<Carried> {
  const { transfer, why } = giveUpShape.parse(request)
  const row = await sentTransfer(tx, branch, transfer)
  const payout = await sentPayout(tx, branch, transfer)
  const sent = row ?? payout
  if (sent === undefined) return { done: false, outcome: 'unknown-transfer' }
  if (sent.state !== 'pending') return { done: false, outcome: 'not-pending' }
  const place = { epoch: sent.letter_epoch, sequence: sent.letter_sequence }
  await takeBack(tx, branch.config.id, sent.bank, place, why, at)
  if (row !== undefined) await giveBack(tx, branch, row, 'returned', at, digest)
  else if (payout !== undefined) await keepPayout(tx, branch, payout, { state: 'returned', decision: digest }, at)
  return { done: true, outcome: 'returned' }
}
