/** What a card is asked to sign: one order of an account at a time, each under a nonce that this bank has never used before. */
import { parseInstitutionNumber } from '../../card/numbers.ts'
import type { OrderRequest } from '../../card/order.ts'
import { drawRequest, requestBytes } from '../../card-receiver/asked-bytes.ts'
import type { AccountNumber, InstitutionId, IntentId } from '../../ids.ts'
import { businessDate } from '../../ledger/business-date.ts'
import { isPayable } from '../../money.ts'
import { now } from '../../runtime.ts'
import { decided } from '../../store/once.ts'
import type { ReadTx, Tx } from '../../store/store.ts'
import { limitOfCard } from '../allowances.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { bankOfAccount } from '../interbank/correspondents.ts'
import { nameHolder } from '../interbank/name-holder.ts'
import { transferable } from '../transfer.ts'
import type { CardAsked, TransferOrder } from '../transfer-edge.ts'
import { cardRows } from './cards.ts'
import { nameOnOrder } from './payee-name.ts'
import { isInUse } from './register.ts'

type TransferRequest = OrderRequest & { readonly type: 'transfer' }

export async function askByCard(branch: Branch, order: TransferOrder): Promise<CardAsked> {
  const { config, store, runtime, keys } = branch
  const { intent, from, to, amount } = order
  const receiverNumber = config.cards && parseInstitutionNumber(config.cards.issuer)
  if (receiverNumber === undefined) return { outcome: 'no-card' }
  if (!isPayable(amount, config.currency)) return { outcome: 'refused-amount' }
  const payee = await payeeOf(branch, order)
  if (payee.outcome !== 'found') return payee
  const [answerKey] = await keys.answerKeys()
  const at = now(branch)
  for (;;) {
    const request = drawRequest(
      runtime,
      { receiver: config.id, at, type: 'transfer' },
      { type: 'transfer', payee: { bank: payee.bank, account: to, name: payee.name }, amount },
    )
    const refused = await store.execute(async tx => {
      if ((await decided(tx, config.id, { principal: from, id: intent })) !== undefined)
        return { outcome: 'intent-reused' } as const
      const cards = await cardRows(tx, branch, from)
      if (!cards.some(card => isInUse(card, request.issuedAt))) return { outcome: 'no-card' } as const
      const fits = await transferable(tx, branch, order)
      if (fits.outcome !== 'fit') return fits
      const limit = await limitOfCard(tx, branch, from, amount, await businessDate(tx, branch.calendar, at))
      if (limit !== undefined) return { outcome: 'limit-exceeded', limit } as const
      return (await keep(tx, branch, order, request, at)) ? undefined : ({ outcome: 'nonce-taken' } as const)
    })
    if (refused?.outcome === 'nonce-taken') continue
    if (refused !== undefined) return refused
    return { outcome: 'asked', request, issuer: config.id, receiverNumber, answerKeyId: answerKey.number }
  }
}

type Found = { readonly outcome: 'found'; readonly bank: InstitutionId; readonly name: string }

/** Whom the money is for, under the name that a terminal shows: of another bank's customer the one that was read back. */
async function payeeOf(
  branch: Branch,
  { from, to }: TransferOrder,
): Promise<Found | Extract<CardAsked, { outcome: 'unknown-account' | 'bank-out-of-reach' | 'busy' }>> {
  const { config, store, readBacks } = branch
  const own = await store.read(tx => customerOf(tx, config.id, to))
  if (own !== undefined) return { outcome: 'found', bank: config.id, name: nameOnOrder(own.name) }
  const bank = bankOfAccount(branch, to)
  if (bank === undefined) return { outcome: 'unknown-account' }
  const readBack = readBacks.nameOf(to)
  if (readBack !== undefined) return { outcome: 'found', bank: bank.id, name: nameOnOrder(readBack) }
  const named = await nameHolder(branch, { by: from, account: to })
  switch (named.outcome) {
    case 'found':
      return { outcome: 'found', bank: bank.id, name: nameOnOrder(named.holder.name) }
    case 'unknown':
      return { outcome: 'unknown-account' }
    case 'out-of-reach':
      return { outcome: 'bank-out-of-reach', bank: named.bank }
    case 'busy':
      return named
  }
}

/** Whether its nonce was a new one. */
async function keep(
  tx: Tx,
  branch: Branch,
  { from, intent }: TransferOrder,
  request: TransferRequest,
  at: number,
): Promise<boolean> {
  await endOrders(tx, branch, from, at)
  const isNew = await tx.run(
    `INSERT INTO card_order (tenant, nonce, account, intent, request, asked_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (tenant, nonce) DO NOTHING`,
    ...[branch.config.id, request.nonce, from, intent, requestBytes(request), BigInt(at)],
  )
  return isNew === 1n
}

/** The account was asked for nothing any more: an answer that still comes is too late. */
export async function endOrders(
  tx: Tx,
  { config }: Pick<Branch, 'config'>,
  account: AccountNumber,
  at: number,
): Promise<void> {
  await tx.run(
    'UPDATE card_order SET over_at = ? WHERE tenant = ? AND account = ? AND over_at IS NULL',
    ...[BigInt(at), config.id, account],
  )
}

/** Whether the account was asked for something under that intent, and may still answer. */
export async function isAsked(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  account: AccountNumber,
  intent: IntentId,
): Promise<boolean> {
  const row = await tx.one(
    'SELECT nonce FROM card_order WHERE tenant = ? AND account = ? AND intent = ? AND over_at IS NULL',
    ...[config.id, account, intent],
  )
  return row !== undefined
}
