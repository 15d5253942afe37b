/** What this bank knows, as the judgement of an order asks for it: read from the books each time. */
import type { CardNumber } from '../../card/numbers.ts'
import type { AskedFor, CardRegister, RegisteredCard } from '../../card/register.ts'
import { requestIn } from '../../card-receiver/asked-bytes.ts'
import type { AccountNumber, IntentId } from '../../ids.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import type { CardAnswered } from '../transfer-edge.ts'
import { type CardRow, cardRow } from './cards.ts'
import { nameOnOrder } from './payee-name.ts'

export type OrderRow = {
  readonly nonce: Uint8Array
  readonly account: AccountNumber
  readonly intent: IntentId
  readonly request: Uint8Array
  readonly over_at: bigint | null
}

/** What is answered: the account has signed in, and was asked under that intent. */
export type Answered = Pick<CardAnswered, 'from' | 'intent'>

/** What the account was asked for with this nonce, under this intent and no other. */
export function orderRow(
  tx: ReadTx,
  { config }: Pick<Branch, 'config'>,
  { from, intent }: Answered,
  nonce: Uint8Array,
): Promise<OrderRow | undefined> {
  return tx.one<OrderRow>(
    `SELECT nonce, account, intent, request, over_at FROM card_order
     WHERE tenant = ? AND nonce = ? AND account = ? AND intent = ?`,
    ...[config.id, nonce, from, intent],
  )
}

/** A card of the account. Another customer's is as unknown to it as one that does not exist. */
export async function ownCard(
  tx: ReadTx,
  branch: Pick<Branch, 'config'>,
  account: AccountNumber,
  number: CardNumber,
): Promise<CardRow | undefined> {
  const row = await cardRow(tx, branch, number)
  return row?.account === account ? row : undefined
}

/** Whoever has signed in learns of no card but their own: neither that there is one, nor its counter or state. */
export function cardRegister(branch: Branch, answered: Answered): CardRegister {
  const { config, store } = branch
  return {
    card: async (number, issuer) => {
      if (issuer !== config.id) return 'unknown'
      return registered(branch, await store.read(tx => ownCard(tx, branch, answered.from, number)))
    },
    asked: async (receiver, nonce): Promise<AskedFor> => {
      if (receiver !== config.id) return { state: 'foreign' }
      const row = await store.read(tx => orderRow(tx, branch, answered, nonce))
      if (row === undefined) return { state: 'foreign' }
      return row.over_at === null ? { state: 'open', request: requestIn(row) } : { state: 'used' }
    },
    payeeName: async payee => {
      if (payee.bank !== config.id) return 'elsewhere'
      const customer = await store.read(tx => customerOf(tx, config.id, payee.account))
      return customer === undefined ? 'unknown' : { name: nameOnOrder(customer.name) }
    },
    // Nobody collects at a bank's line: money goes where its holder sends it.
    mayCollect: async () => false,
  }
}

export function registered({ config }: Pick<Branch, 'config'>, row: CardRow | undefined): RegisteredCard | 'unknown' {
  if (row === undefined || row.algorithm === null || row.public_key === null || row.state === 'issued') return 'unknown'
  const key = { algorithm: row.algorithm, bytes: row.public_key }
  const { account, state } = row
  return { issuer: config.id, account, key, state, expiresAt: Number(row.expires_at), counter: Number(row.counter) }
}

/** A card that may sign now. `seconds`: since 1970. */
export function isInUse({ state, expires_at }: CardRow, seconds: number): boolean {
  return state === 'active' && Number(expires_at) >= seconds
}
