/** The order: one canonical map, put together from the challenge, the directory, the card, and what its holder keyed. */
import { encode, rfc8949EncodeOptions } from 'cborg'
import type { Directory, Payee, Place } from './directory.ts'
import type { Challenge } from './messages.ts'

/** What a holder keys into the terminal, as the challenge does not say it. */
export interface Keyed {
  readonly payee?: Place
  /** In fen. */
  readonly amount?: bigint
}

export interface CardHolder {
  readonly issuer: string
  readonly card: string
  readonly account: string
}

export interface Order {
  readonly bytes: Uint8Array
  readonly nonce: Uint8Array
  readonly receiver: string
  readonly payee: Payee
  readonly amount: bigint
}

const lifetimeSeconds = 300

/** Undefined where nothing can be put together: the terminal declines. */
export function putTogether(
  challenge: Challenge,
  directory: Directory,
  { issuer, card, account }: CardHolder,
  keyed: Keyed,
): Order | undefined {
  const { type, institution, nonce, issuedAt } = challenge
  const asking = directory.institution(institution)
  const amount = challenge.amount ?? keyed.amount
  const place = type === 'pay' ? asking?.collectsAt : type === 'transfer' ? keyed.payee : undefined
  const payee = place && directory.payee(place)
  if (keyed.amount !== undefined && keyed.amount !== amount) return undefined
  if (asking === undefined || payee === undefined || amount === undefined || amount < 1n) return undefined
  const order = {
    ...{ network: 'tonebank', version: 1, type, receiver: asking.id },
    ...{ nonce, issuedAt, expiresAt: issuedAt + lifetimeSeconds },
    ...{ issuer, card, account },
    payee: { bank: payee.bank, account: payee.account, name: payee.name },
    ...{ amount, currency: 'CNY', scale: 2 },
  }
  return { bytes: encode(order, rfc8949EncodeOptions), nonce, receiver: asking.id, payee, amount }
}

const verifiedByPin = 1

/** What a card signs of it. */
export const toBeSigned = (order: Uint8Array, counter: number) =>
  encode([order, counter, verifiedByPin], rfc8949EncodeOptions)
