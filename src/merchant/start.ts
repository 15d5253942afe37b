/**
 * Starts a payee: its database, keys, press and mail, and what it does for callers. One institution per call and nothing
 * at module level, so that a test can crash one and start it again.
 */

import { announce } from '../card-receiver/announce.ts'
import { receiverLetters } from '../card-receiver/letters.ts'
import { receiverMigrations } from '../card-receiver/schema.ts'
import type { InstitutionId } from '../ids.ts'
import { alarmBookMigrations } from '../institution/alarm-book.ts'
import { callBackMigrations } from '../institution/call-backs.ts'
import { recoveryMigrations } from '../institution/gap.ts'
import { ledgerHeads, openMailRoom } from '../institution/mail-room.ts'
import {
  type House,
  inPremises,
  type Premises,
  type RunningInstitution,
  runInstitution,
} from '../institution/premises.ts'
import { standingOf } from '../institution/recovery.ts'
import { lossDecisions, recoveryLossMigrations } from '../institution/recovery-loss.ts'
import { HashPool } from '../keys/hash-pool.ts'
import { peopleMigrations } from '../keys/people.ts'
import { triesMigrations } from '../keys/tries.ts'
import { businessDateMigrations } from '../ledger/business-date.ts'
import { mainChain } from '../ledger/journal.ts'
import { referenceMigrations } from '../ledger/reference.ts'
import { ledgerMigrations } from '../ledger/schema.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { clearingMigrations } from '../mail/schema.ts'
import type { Transports } from '../mail/transport.ts'
import type { Asset } from '../money.ts'
import { now, type Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import { receiverOf } from './by-card.ts'
import { postEarlierCardPayments } from './card-revenue.ts'
import { ceilingMigrations } from './ceiling.ts'
import { acceptResultDecision } from './clearing/accept-result.ts'
import { agreedFeeMigrations, agreeFeeDecision } from './clearing/agreed-fee.ts'
import {
  type CardRefund,
  type CardRefundRequest,
  type RefundableLine,
  refundableLines,
  refundCard,
} from './clearing/card-refund.ts'
import type { PayeeDayEnd } from './clearing/day-end.ts'
import { noteRecalls } from './clearing/recall.ts'
import { type Refund, type RefundLine, type RefundRequest, refund, refundLines } from './clearing/refund.ts'
import { merchantClearingMigrations } from './clearing/schema.ts'
import { takeHeldDecision } from './clearing/take-held.ts'
import { type MerchantSettings, merchantConfig } from './config.ts'
import { desk } from './desk.ts'
import type { Information } from './information/information.ts'
import { informationOf } from './information/listening.ts'
import { informationMigrations } from './information/schema.ts'
import { lockWhatRanOut } from './locks.ts'
import type { Merchant } from './merchant.ts'
import { nightly } from './night.ts'
import { noticeMigrations } from './notices.ts'
import { type Office, officeOf } from './office/office.ts'
import { officeMigrations } from './office/schema.ts'
import { openBooks, openShop } from './open-shop.ts'
import { type PaymentLine, paymentLines } from './paid.ts'
import { followBalance } from './payment.ts'
import { type Reversal, type ReversalRequest, reversalMigrations, reversePayment } from './reversal.ts'
import { merchantMigrations } from './schema.ts'
import { banksOf } from './shop.ts'
import { type ApiKeys, apiKeysOf, KnownKeys } from './till/api-keys.ts'
import { tillOf } from './till/desk.ts'
import { type Notices, noticesOf } from './till/notices.ts'
import { tillMigrations } from './till/schema.ts'
import type { Till } from './till/till.ts'
import { withdrawalMigrations } from './withdrawal.ts'

/** The tables of a payee's database, in the order in which they build on each other. */
export const merchantTables: readonly Migration[] = [
  ...ledgerMigrations,
  ...triesMigrations,
  ...referenceMigrations,
  ...businessDateMigrations,
  ...clearingMigrations,
  ...merchantMigrations,
  ...ceilingMigrations,
  ...merchantClearingMigrations,
  ...reversalMigrations,
  ...noticeMigrations,
  ...peopleMigrations,
  ...recoveryMigrations,
  ...recoveryLossMigrations,
  ...alarmBookMigrations,
  ...callBackMigrations,
  ...tillMigrations,
  ...withdrawalMigrations,
  ...informationMigrations,
  ...receiverMigrations,
  ...officeMigrations,
  ...agreedFeeMigrations,
]

export interface RunningMerchant extends RunningInstitution {
  readonly merchant: Merchant
  /** Of a payee with a catalogue: its line lets callers hear it. */
  readonly information: Information | undefined
  readonly clerk: Clerk
  /** For its people's pages. */
  readonly office: Office
  /** For the programs of its shops. */
  readonly till: Till
  readonly apiKeys: ApiKeys
  readonly notices: Notices
  readonly currency: Asset
  /** A key of this payee that is the same after each start, for what it gives out and takes back, such as a form. */
  keyFor(use: 'forms' | 'office forms'): Promise<Secret>
  /** Resolves when no order of a bank is open. */
  ordersFilled(): Promise<void>
  /** A bank that was met since the start hears by which number and key this payee takes cards. Each night does so, too. */
  tellBanks(): Promise<void>
  readonly dayEnd: Pick<PayeeDayEnd, 'wake' | 'idle' | 'reports' | 'planned' | 'reportLate' | 'sendAgain'>
}

/** What is done at the payee's till, by people. */
export interface Clerk {
  /** Newest first. */
  payments(limit: number): Promise<readonly PaymentLine[]>
  /** On the date of the payment, to its voucher. */
  reverse(request: ReversalRequest): Promise<Reversal>
  /** Once that date is over, to the account that bought the voucher. */
  refund(request: RefundRequest): Promise<Refund>
  /** Newest first, each with how it stands. */
  refunds(limit: number): Promise<readonly RefundLine[]>
  /** By card, newest first, each with what became of it. */
  cardPayments(limit: number): Promise<readonly RefundableLine[]>
  /** Of what a card paid, to the account that it belongs to. */
  refundCard(request: CardRefundRequest): Promise<CardRefund>
}

/** `folder`: the database; `keys/` and `record-keys/` in it are what a backup of the database leaves out. */
export async function start(
  settings: MerchantSettings & House,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningMerchant> {
  return inPremises(runtime, settings, merchantTables, premises =>
    startIn(premises, settings, runtime, transports, troubled),
  )
}

export async function startIn(
  premises: Premises,
  settings: MerchantSettings,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningMerchant> {
  const config = merchantConfig.parse(settings)
  const openedAt = await standingOf(premises.store, ledgerHeads)
  const room: { mail?: Mail } = {}
  const { shop, press, expiry, dayEnd, letters, opened, onNotice } = openShop(premises, {
    ...{ config, house: config.id, chain: mainChain, runtime, room, troubled },
    pool: new HashPool(runtime, config.hashing),
  })
  await premises.store.execute(async tx => {
    const at = now(shop)
    await openBooks(tx, shop, at)
    await postEarlierCardPayments(tx, shop, at)
  })
  await lockWhatRanOut(shop)
  const receiver = receiverOf(shop)
  const mail = await openMailRoom(premises, {
    ...{ config, runtime, transports, troubled },
    letters: { ...letters, ...(config.cards && receiverLetters(receiver)) },
    queries: {},
    opened: async bank => {
      await opened()
      await announce(receiver, bank)
    },
  })
  room.mail = mail
  const tellBanks = async () => {
    for (const { bank } of await premises.store.read(tx => banksOf(tx, shop))) await announce(receiver, bank)
    mail.wake()
  }
  /** A host has several payees, and names them; whoever names another one here has mistaken the institution. */
  const own = (payee: InstitutionId | undefined) => (payee === undefined || payee === config.id ? shop : undefined)
  const running = runInstitution({
    ...{ ...premises, config, runtime, mail, troubled },
    decisions: {
      ...lossDecisions({
        ...{ tenant: config.id, chain: shop.chain, calendar: shop.calendar, currency: config.currency },
        booked: (tx, account) => followBalance(tx, shop, account),
      }),
      ...acceptResultDecision(own, () => dayEnd.resume()),
      ...agreeFeeDecision(config.id, () => dayEnd.resume()),
      ...takeHeldDecision(own, () => dayEnd.wake()),
    },
    lost: tx => noteRecalls(tx, shop),
    openedAt,
    begin: () => {
      press.wake()
      expiry.wake()
      dayEnd.wake()
    },
    nightly: async () => {
      await tellBanks()
      return nightly(shop, press, dayEnd)
    },
    morning: () => dayEnd.reportLate(),
    closing: [mail, press, expiry, dayEnd, premises.store, premises.recordKeys],
  })
  const merchant = desk(shop)
  const known = new KnownKeys(premises.store, config.id)
  return {
    clerk: {
      payments: limit => paymentLines(shop, limit),
      reverse: request => reversePayment(shop, request),
      refund: request => refund(shop, request),
      refunds: limit => refundLines(shop, limit),
      cardPayments: limit => refundableLines(shop, limit),
      refundCard: request => refundCard(shop, request),
    },
    merchant,
    office: officeOf(shop, dayEnd, known),
    information: config.catalogue.length > 0 ? { ...merchant, ...informationOf(shop) } : undefined,
    till: tillOf(shop, merchant.openVoucher, known),
    apiKeys: apiKeysOf(shop, known),
    notices: noticesOf(shop, onNotice),
    currency: config.currency,
    keyFor: async use => new Secret(await premises.keys.fingerprint(new Secret(`tonebank key for ${use}`))),
    ordersFilled: async () => {
      await running.recovery.begun
      await press.idle()
    },
    ...{ dayEnd, tellBanks },
    ...running,
  }
}
