/** Issuing a card: number and secrets are drawn at the counter and written into it; then two people enrol the key that it made. */
import { toHex } from '../../bytes.ts'
import { type CardNumber, makeCardNumber, parseInstitutionNumber } from '../../card/numbers.ts'
import { agreedKeyLength } from '../../card/personal-password.ts'
import type { AccountNumber, InstitutionId } from '../../ids.ts'
import { isGuessable } from '../../keys/guessable.ts'
import { now, type Runtime, randomBelow, randomDigits } from '../../runtime.ts'
import { Secret } from '../../secret.ts'
import type { Branch } from '../branch.ts'
import { customerOf } from '../customers.ts'
import { agreedKeyOf, cardRow, passwordOwner } from './cards.ts'

/** What the card is personalised with. The secrets leave the bank here, once; PIN and PUK are never in it. */
export interface DrawnCard {
  readonly number: CardNumber
  readonly issuer: InstitutionId
  readonly account: AccountNumber
  /** Seconds since 1970. */
  readonly expiresAt: number
  /** To which it seals personal passwords: 32 bytes of X25519. */
  readonly issuerKey: Uint8Array
  /** The key that card and bank agree on: 64 hexadecimal digits. */
  readonly agreedKey: Secret
  readonly pin: Secret
  readonly puk: Secret
  readonly password: Secret
}

export type CardDrawn =
  | { readonly outcome: 'drawn'; readonly card: DrawnCard }
  /** This bank issues none. */
  | { readonly outcome: 'no-cards' }
  | { readonly outcome: 'unknown-account' }
  /** There is no such card of the account's to be replaced. */
  | { readonly outcome: 'unknown-card' }

export interface CardFor {
  readonly account: AccountNumber
  /** The card that the new one takes the place of, once it is enrolled. */
  readonly replaces?: CardNumber | undefined
}

const pinDigits = 6
const pukDigits = 10
const passwordDigits = 8
const serials = 100_000_000
const dayMs = 86_400_000

/** Step 1. The card is of no use before two people have enrolled its key. */
export async function drawCard(branch: Branch, { account, replaces }: CardFor): Promise<CardDrawn> {
  const { config, runtime, store, keys, verifiers } = branch
  const issuer = config.cards && parseInstitutionNumber(config.cards.issuer)
  if (config.cards === undefined || issuer === undefined) return { outcome: 'no-cards' }
  const at = now(branch)
  const expiresAt = Math.trunc((at + config.cards.validForDays * dayMs) / 1_000)
  const password = drawn(runtime, passwordDigits, [account])
  const agreedKey = runtime.random(agreedKeyLength)
  const [answerKey] = await keys.answerKeys()
  for (;;) {
    const number = makeCardNumber(issuer, randomBelow(runtime, serials))
    const agreed = await keys.wrap(agreedKey, agreedKeyOf(number))
    const verifier = await verifiers.make(password, passwordOwner(number), 'background')
    const outcome = await store.execute(async tx => {
      if ((await customerOf(tx, config.id, account)) === undefined) return 'unknown-account'
      const old = replaces === undefined ? undefined : await cardRow(tx, branch, replaces)
      if (replaces !== undefined && old?.account !== account) return 'unknown-card'
      const isNew = await tx.run(
        `INSERT INTO issued_card (tenant, number, account, replaces, issued_at, expires_at, answer_key, agreed_under, agreed_key, password)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, number) DO NOTHING`,
        ...[config.id, number, account, replaces ?? null, BigInt(at), BigInt(expiresAt), answerKey.keyId],
        ...[agreed.keyId, agreed.bytes, verifier],
      )
      return isNew === 1n ? 'drawn' : 'taken'
    })
    if (outcome === 'taken') continue
    if (outcome !== 'drawn') return { outcome }
    const secrets = { pin: drawn(runtime, pinDigits, [account]), puk: drawn(runtime, pukDigits, []), password }
    const card = { number, issuer: config.id, account, expiresAt, issuerKey: answerKey.bytes, ...secrets }
    return { outcome, card: { ...card, agreedKey: new Secret(toHex(agreedKey)) } }
  }
}

/** Digits that no thief tries first. */
function drawn(runtime: Runtime, count: number, known: readonly string[]): Secret {
  for (;;) {
    const digits = randomDigits(runtime, count)
    if (!isGuessable(digits, known)) return new Secret(digits)
  }
}
