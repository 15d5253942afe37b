/** Who takes this bank's cards: what each receiver says of itself, and for whom two people let it collect. */
import { z } from 'zod'
import type { Payee } from '../../card/order.ts'
import { parsePayee, payeeName } from '../../card/order-bytes.ts'
import { accountNumberShape, type InstitutionId, institutionIdShape } from '../../ids.ts'
import { type Carried, type Kind, onFacts } from '../../institution/decisions.ts'
import { signedFacts } from '../../institution/signed-facts.ts'
import { accepted, refused } from '../../mail/inbox.ts'
import { pinnings } from '../../mail/peers.ts'
import type { LetterHandler } from '../../mail/reception.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { nameOnOrder } from '../cards/payee-name.ts'
import { customerOf } from '../customers.ts'
import { bankOfAccount } from '../interbank/correspondents.ts'
import { tellReceiver } from './lists.ts'

/** A receiver says by which number terminals know it, and to which key they encrypt. It needs nobody's approval: it is signed. */
export function receiverTaking(branch: Branch): LetterHandler<'card-receiver'> {
  const { config } = branch
  return {
    judge: async (tx, receiver, { number, answerKey }) => {
      const taken = await tx.one(
        'SELECT receiver FROM card_receiver WHERE tenant = ? AND number = ? AND receiver <> ?',
        ...[config.id, BigInt(number), receiver],
      )
      if (taken !== undefined || number === config.cards?.issuer) return refused('another has this number')
      await tx.run(
        `INSERT INTO card_receiver (tenant, receiver, number, key_number, key) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (tenant, receiver) DO UPDATE SET
           number = excluded.number, key_number = excluded.key_number, key = excluded.key`,
        ...[config.id, receiver, BigInt(number), BigInt(answerKey.number), answerKey.bytes],
      )
      return accepted
    },
  }
}

const admissionShape = z.strictObject({
  receiver: institutionIdShape,
  /** Where it collects: here, or at another bank that money is sent to. */
  bank: institutionIdShape,
  account: accountNumberShape,
  /** As an order is to have it: of an account here what its customer is called. */
  name: payeeName,
  facts: signedFacts,
})
const dismissalShape = z.strictObject({ receiver: institutionIdShape })

export function receiverDecisions(branch: Branch): Readonly<Record<string, Kind>> {
  const roles = ['officer'] as const
  const afterwards = async () => branch.mail.wake()
  return {
    'admit-receiver': onFacts({
      ...{ roles, afterwards, shape: admissionShape },
      facts: (tx, request) => standingOf(tx, branch, admissionShape.parse(request).receiver),
      carryOut: (tx, { request, digest }) => {
        const { facts: _, ...told } = admissionShape.parse(request)
        return admit(tx, branch, told, digest)
      },
    }),
    'dismiss-receiver': {
      ...{ roles, afterwards },
      carryOut: (tx, { request, digest }) => dismiss(tx, branch, dismissalShape.parse(request).receiver, digest),
    },
  }
}

/** Dismissed or admitted since it was proposed, it is another admission. */
async function standingOf(tx: ReadTx, { config }: Branch, receiver: InstitutionId) {
  const row = await tx.one<{ admitted_by: string; dismissed_by: string | null }>(
    'SELECT admitted_by, dismissed_by FROM admitted_receiver WHERE tenant = ? AND receiver = ?',
    ...[config.id, receiver],
  )
  if (row === undefined) return { standing: 'never-admitted' }
  const { admitted_by: admittedBy, dismissed_by: dismissedBy } = row
  return dismissedBy === null ? { standing: 'admitted', by: admittedBy } : { standing: 'dismissed', by: dismissedBy }
}

async function admit(
  tx: Tx,
  branch: Branch,
  { receiver, ...told }: Omit<z.output<typeof admissionShape>, 'facts'>,
  digest: string,
): Promise<Carried> {
  const { config } = branch
  const payee = parsePayee(told)
  if (payee === undefined) return { done: false, outcome: 'unknown-account' }
  if (!(await pinnings(tx, config.id)).some(({ peer }) => peer === receiver))
    return { done: false, outcome: 'unknown-receiver' }
  const named = await nameOf(tx, branch, payee)
  if (named === undefined) return { done: false, outcome: 'unknown-account' }
  if (named !== payee.name) return { done: false, outcome: 'payee-name' }
  await tx.run(
    `INSERT INTO admitted_receiver (tenant, receiver, payee_bank, payee_account, payee_name, admitted_by) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, receiver) DO UPDATE SET payee_bank = excluded.payee_bank, payee_account = excluded.payee_account,
       payee_name = excluded.payee_name, admitted_by = excluded.admitted_by, dismissed_by = NULL, told = 0`,
    ...[config.id, receiver, payee.bank, payee.account, payee.name, digest],
  )
  await tellReceiver(tx, branch, receiver)
  return { done: true, outcome: 'admitted' }
}

/** Of an account of another bank two people have compared it: that bank's customer is not in these books. */
async function nameOf(tx: ReadTx, branch: Branch, { bank, account, name }: Payee): Promise<string | undefined> {
  if (bank !== branch.config.id) return bankOfAccount(branch, account)?.id === bank ? name : undefined
  const customer = await customerOf(tx, bank, account)
  return customer && nameOnOrder(customer.name)
}

async function dismiss(tx: Tx, branch: Branch, receiver: InstitutionId, digest: string): Promise<Carried> {
  const dismissed = await tx.run(
    `UPDATE admitted_receiver SET dismissed_by = ?, told = 0 WHERE tenant = ? AND receiver = ? AND dismissed_by IS NULL`,
    ...[digest, branch.config.id, receiver],
  )
  if (dismissed === 0n) return { done: false, outcome: 'unknown-receiver' }
  await tellReceiver(tx, branch, receiver)
  return { done: true, outcome: 'dismissed' }
}
