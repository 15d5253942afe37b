/** What commands may ask about people, decisions, counterparties, alarms and customers: the counter and the back office. */

import { z } from 'zod'
import type { ListedCard, SignedDirectory } from '../../bank/cards/desk.ts'
import type { CardDrawn } from '../../bank/cards/issue.ts'
import type { PendingTransfer } from '../../bank/interbank/news.ts'
import type { BankStanding } from '../../bank/net/report.ts'
import type { SuspenseItem } from '../../bank/suspense.ts'
import { bytes } from '../../bytes.ts'
import { type CardNumber, parseCardNumber } from '../../card/numbers.ts'
import type { DayEndReport } from '../../clearing/report.ts'
import type { SentAgain } from '../../clearing/sent-again.ts'
import {
  type AccountNumber,
  accountNumberShape,
  type InstitutionId,
  institutionIdShape,
  intentIdShape,
  voucherNumberShape,
} from '../../ids.ts'
import type { Acknowledged, OpenAlarm } from '../../institution/alarm-book.ts'
import type { CallBacksDone, OpenCallBack } from '../../institution/call-backs.ts'
import { spokenName } from '../../institution/config.ts'
import type { Decisions } from '../../institution/decisions.ts'
import type { Loss } from '../../institution/gap.ts'
import type { ListedKey } from '../../institution/key-watch.ts'
import type { Begun, ListedPasskey, PersonPasskeys, Vouched } from '../../institution/person-passkeys.ts'
import type { Waiting } from '../../keys/approval.ts'
import type { Closings } from '../../keys/origin-tries.ts'
import type { FirstPeople, Person } from '../../keys/people.ts'
import type { VouchedPasskey } from '../../keys/person-passkeys.ts'
import type { Withdrawn } from '../../keys/withdrawal.ts'
import type { PeerCard } from '../../mail/peers.ts'
import type { CardRefund, RefundableLine } from '../../merchant/clearing/card-refund.ts'
import type { Refund, RefundLine } from '../../merchant/clearing/refund.ts'
import type { Planned } from '../../merchant/clearing/report.ts'
import type { PaymentLine } from '../../merchant/paid.ts'
import type { Reversal } from '../../merchant/reversal.ts'
import type { ApiKeys, KeyRevoked, ListedApiKey } from '../../merchant/till/api-keys.ts'
import type { Money } from '../../money.ts'
import { Secret } from '../../secret.ts'
import type { SpokenName } from '../../speech/speech.ts'
import type { KeptCall } from '../call-records.ts'
import { conversation, request } from './operation.ts'

const nothing = z.strictObject({})
const signedBy = z.strictObject({ signer: z.string(), at: z.number(), signature: bytes })
const cardNumberShape = z.string().refine((text): text is CardNumber => parseCardNumber(text) !== undefined)
const signedStatement = z.strictObject({ person: z.string(), at: z.int(), signature: bytes })
const publicPerson = z.strictObject({ name: z.string().min(1), keyId: z.string(), publicKey: bytes })

/** What whoever sets up a passkey is told. */
export type PasskeyNews = { readonly code: Secret; readonly url: string } | { readonly made: VouchedPasskey }
export interface PasskeySetUp {
  readonly outcome: Exclude<Begun['outcome'], 'begun'> | Vouched['outcome']
}

export interface PinnedPeer {
  readonly institution: InstitutionId
  readonly fingerprint: string
  readonly suspended: boolean
}

/** `keepDays`: older ones were erased. */
export type CallsShown =
  | { readonly outcome: 'shown'; readonly keepDays: number; readonly calls: readonly KeptCall[] }
  | { readonly outcome: 'unknown-account' | 'unknown-person' | 'bad-signature' }

export type CustomerShown =
  | {
      readonly outcome: 'found'
      readonly name: SpokenName
      readonly balance: Money
      readonly closings: Closings
      /** Where its customer is written to, all but a letter of it masked. */
      readonly mail?: string | undefined
    }
  | { readonly outcome: 'unknown-account' }

export const officeContract = {
  /** The first two people, each with a key of their own; later ones are decided on. */
  'people.first': request<FirstPeople>()(z.strictObject({ two: z.tuple([publicPerson, publicPerson]) })),
  'people.list': request<Person[]>()(nothing),
  /** Somebody sets up a passkey: is told a code, hears which passkey a browser has made, and vouches for it. */
  'people.passkey': conversation<PasskeySetUp, PasskeyNews>()(
    signedStatement,
    z.strictObject({ at: z.int(), signature: bytes }),
  ),
  'people.passkeys': request<ListedPasskey[]>()(nothing),
  'people.passkey-let-go': request<{ readonly outcome: Awaited<ReturnType<PersonPasskeys['letGo']>> }>()(
    z.strictObject({ passkey: z.string(), word: signedStatement }),
  ),

  /** What a maker signs: the request, and what the books say of it now. */
  'decisions.with-facts': request<Readonly<Record<string, unknown>>>()(
    z.strictObject({ kind: z.string(), request: z.record(z.string(), z.unknown()) }),
  ),
  /** What a maker signed. */
  'decisions.propose': request<Awaited<ReturnType<Decisions['propose']>>>()(
    z.strictObject({ content: bytes, signature: bytes }),
  ),
  /** `isOvertaken`: the books say something else by now, and nothing is done by it. */
  'decisions.waiting': request<(Waiting & { readonly isOvertaken: boolean })[]>()(nothing),
  /** What a maker signed of their own proposal: it is taken back. */
  'decisions.withdraw': request<Withdrawn>()(
    z.strictObject({ digest: z.string(), maker: z.string(), signature: bytes }),
  ),
  /** What a checker signed: it is done now. */
  'decisions.approve': request<Awaited<ReturnType<Decisions['approve']>>>()(
    z.strictObject({ digest: z.string(), checker: z.string(), signature: bytes }),
  ),

  /** What counterparties pin. */
  'peers.card': request<{ readonly card: PeerCard; readonly fingerprint: string }>()(nothing),
  /** Its own keys, those that were destroyed included. */
  'keys.list': request<ListedKey[]>()(nothing),
  'peers.list': request<PinnedPeer[]>()(nothing),

  /** Every time its books went back in time. */
  'recovery.list': request<Loss[]>()(nothing),

  /** Day-end files, newest first: of one date, or the latest. */
  'settle.list': request<DayEndReport[]>()(z.strictObject({ date: z.string().optional() })),
  /** What files of dates that are over would tell. */
  'settle.planned': request<Planned[]>()(nothing),
  /** A payee, or a host of payees, sends a bank once more what it refused. */
  'settle.again': request<SentAgain>()(z.strictObject({ bank: institutionIdShape })),
  /** Does the night's work now. What it sends and posts goes on afterwards. */
  'settle.now': { ...request<{ readonly outcome: 'begun' }>()(nothing), deadlineMs: 600_000 },

  'alarms.list': request<OpenAlarm[]>()(nothing),
  /** What one person signed of each alarm. */
  'alarms.acknowledge': request<Acknowledged>()(
    z.strictObject({
      signer: z.string(),
      acknowledgements: z.array(z.strictObject({ number: z.bigint(), at: z.number(), signature: bytes })),
    }),
  ),

  /** Callers who want to be called back, oldest first. */
  'call-backs.list': request<OpenCallBack[]>()(nothing),
  /** What one person signed of each that is done. */
  'call-backs.done': request<CallBacksDone>()(
    z.strictObject({
      signer: z.string(),
      done: z.array(z.strictObject({ number: z.bigint(), at: z.number(), signature: bytes })),
    }),
  ),

  /** Programs that may ask a payee's API. */
  'api-keys.list': request<ListedApiKey[]>()(nothing),
  'api-keys.add': request<Awaited<ReturnType<ApiKeys['add']>>>()(
    z.strictObject({
      key: z.strictObject({
        id: z.string().regex(/^[0-9a-f]{16}$/),
        name: z.string().min(1).max(80),
        verifier: bytes,
        webhook: z.url({ protocol: /^https?$/ }).or(z.undefined()),
      }),
      by: signedBy,
    }),
  ),
  'api-keys.revoke': request<KeyRevoked>()(z.strictObject({ key: z.string(), by: signedBy })),

  /** At a bank's counter. The PIN is drawn unless the customer typed one. */
  'customers.open': request<{ readonly account: AccountNumber; readonly pin: Secret }>()(
    z.strictObject({ name: spokenName, pin: z.instanceof(Secret).optional(), isBusiness: z.boolean().optional() }),
  ),
  'customers.show': request<CustomerShown>()(z.strictObject({ account: accountNumberShape })),
  /** Calls that signed in to the account, oldest first. Who asks, and why, is noted. */
  'customers.calls': request<CallsShown>()(
    z.strictObject({ account: accountNumberShape, why: z.string().min(1).max(500), by: signedBy }),
  ),
  /** What a new card is personalised with; the card that it takes the place of, if any. */
  'cards.draw': request<CardDrawn>()(
    z.strictObject({ account: accountNumberShape, replaces: cardNumberShape.optional() }),
  ),
  /** Oldest first. */
  'cards.list': request<ListedCard[]>()(nothing),
  /** What payment terminals carry. */
  'cards.directory': request<SignedDirectory>()(nothing),
  /** What is on its way to other banks, oldest first. */
  'transfers.pending': request<PendingTransfer[]>()(nothing),
  /** What waits until two officers say where it belongs, oldest first. */
  'suspense.list': request<SuspenseItem[]>()(nothing),
  /** Statements, positions and settlements with each other bank. */
  'settle.banks': request<BankStanding[]>()(nothing),
  /** At a payee's till: newest first. */
  'payments.list': request<PaymentLine[]>()(z.strictObject({ limit: z.int().min(1).max(1_000) })),
  /** `minor` undefined: all that was not given back yet. */
  'payments.reverse': request<Reversal>()(
    z.strictObject({
      intent: intentIdShape,
      reference: z.string(),
      minor: z.bigint().optional(),
      clerk: z.string().min(1),
      reason: z.string().min(1),
    }),
  ),
  /** `minor` undefined: all that can be refunded. */
  'payments.refund': request<Refund>()(
    z.strictObject({
      intent: intentIdShape,
      of: z.union([
        z.strictObject({ reference: z.string(), date: z.string() }),
        z.strictObject({ voucher: voucherNumberShape }),
      ]),
      minor: z.bigint().optional(),
      clerk: z.string().min(1),
      reason: z.string().min(1),
    }),
  ),
  'payments.refunds': request<RefundLine[]>()(z.strictObject({ limit: z.int().min(1).max(1_000) })),
  'payments.by-card': request<RefundableLine[]>()(z.strictObject({ limit: z.int().min(1).max(1_000) })),
  /** Of what a card paid. `minor` undefined: all that was not refunded yet. */
  'payments.refund-card': request<CardRefund>()(
    z.strictObject({
      intent: intentIdShape,
      payment: intentIdShape,
      minor: z.bigint().optional(),
      clerk: z.string().min(1),
      reason: z.string().min(1),
    }),
  ),
  /** Orders every voucher that is short, such as those of a payee that is new. */
  'stock.replenish': request<{ readonly outcome: 'ordered' }>()(nothing),
}
