/** Cards as the counter sees them: drawing one, listing them, and the directory that terminals carry. */
import { encodeSign1 } from '../../card/cose/sign1.ts'
import { directoryToSign } from '../../card/directory.ts'
import { type CardNumber, parseInstitutionNumber } from '../../card/numbers.ts'
import type { AccountNumber } from '../../ids.ts'
import { now } from '../../runtime.ts'
import type { ReadTx } from '../../store/store.ts'
import type { Branch } from '../branch.ts'
import { admittedInstitutions } from '../receivers/in-directory.ts'
import { type CardState, cardRows } from './cards.ts'
import { type CardDrawn, type CardFor, drawCard } from './issue.ts'
import { nameOnOrder } from './payee-name.ts'

export interface CardDesk {
  /** For a card that is about to be written. It is of no use before two people have enrolled its key. */
  draw(request: CardFor): Promise<CardDrawn>
  /** Oldest first. */
  list(): Promise<ListedCard[]>
  directory(): Promise<SignedDirectory>
}

export interface ListedCard {
  readonly number: CardNumber
  readonly account: AccountNumber
  readonly state: CardState
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The greatest that a payment was made with. */
  readonly counter: number
  readonly replaces: CardNumber | undefined
}

export type SignedDirectory =
  | {
      readonly outcome: 'signed'
      /** COSE_Sign1, as `docs/protocol.md` has it. */
      readonly message: Uint8Array
      /** Ed25519: whoever sets up a terminal compares it. */
      readonly key: Uint8Array
      readonly payees: number
    }
  | { readonly outcome: 'no-cards' }

export function cardDesk(branch: Branch): CardDesk {
  return {
    draw: request => drawCard(branch, request),
    list: async () =>
      (await branch.store.read(tx => cardRows(tx, branch))).map(row => ({
        ...{ number: row.number, account: row.account, state: row.state, counter: Number(row.counter) },
        ...{ issuedAt: Number(row.issued_at), expiresAt: Number(row.expires_at) * 1_000 },
        replaces: row.replaces ?? undefined,
      })),
    directory: () => directory(branch),
  }
}

/** This bank, who collects by its cards, and the businesses among its customers: a person's name is told to nobody who does not ask for it. */
async function directory(branch: Branch): Promise<SignedDirectory> {
  const { config, keys, store } = branch
  const number = config.cards && parseInstitutionNumber(config.cards.issuer)
  if (number === undefined) return { outcome: 'no-cards' }
  const [answerKey] = await keys.answerKeys()
  const receivers = await store.read(tx => admittedInstitutions(tx, branch))
  const own = await store.read(tx => businesses(tx, branch))
  // Where a receiver collects is a payee, at whichever bank, and whether or not it is a business there.
  const elsewhere = receivers
    .map(({ payee }) => payee)
    .filter(payee => !own.some(({ bank, account }) => bank === payee.bank && account === payee.account))
  const payees = [...own, ...elsewhere]
  const self = { number, id: config.id, name: nameOnOrder(config.name) }
  const { payload, toBeSigned } = directoryToSign({
    version: 1,
    madeAt: Math.trunc(now(branch) / 1_000),
    institutions: [
      { ...self, answerKey: answerKey.bytes, answerKeyId: answerKey.number },
      ...receivers.map(({ payee: { bank, account, name }, ...receiver }) => ({
        ...{ ...receiver, name, collectsAt: { bank, account } },
      })),
    ],
    payees,
  })
  const { key, signature } = await keys.signDirectory(toBeSigned)
  return { outcome: 'signed', message: encodeSign1('Ed25519', payload, signature), key, payees: payees.length }
}

async function businesses(tx: ReadTx, { config: { id: bank } }: Branch) {
  const rows = await tx.all<{ account: AccountNumber; name_en: string; name_zh: string }>(
    `SELECT account, name_en, name_zh FROM bank_customer AS customer WHERE tenant = ? AND is_business = 1
       AND NOT EXISTS (SELECT 1 FROM closed_account AS closed
         WHERE closed.tenant = customer.tenant AND closed.account = customer.account) ORDER BY account`,
    bank,
  )
  return rows.map(({ account, name_en: en, name_zh: zh }) => ({ bank, account, name: nameOnOrder({ en, zh }) }))
}
