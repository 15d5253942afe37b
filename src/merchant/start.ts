/**
 * Starts a payee: its database, keys, press and mail, and what it does for callers. One institution per call and nothing
 * at module level, so that a test can crash one and start it again.
 */

import { alarmBookMigrations } from '../institution/alarm-book.ts'
import { minutesOf } from '../institution/config.ts'
import { recoveryMigrations } from '../institution/gap.ts'
import { ledgerHeads, openMailRoom } from '../institution/mail-room.ts'
import { inPremises, type Premises, type RunningInstitution, runInstitution } from '../institution/premises.ts'
import { standingOf } from '../institution/recovery.ts'
import { lossDecisions, recoveryLossMigrations } from '../institution/recovery-loss.ts'
import { HashPool } from '../keys/hash-pool.ts'
import { peopleMigrations } from '../keys/people.ts'
import { Reveals } from '../keys/reveals.ts'
import { Tries, triesMigrations } from '../keys/tries.ts'
import { Verifiers } from '../keys/verifiers.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate, businessDateMigrations } from '../ledger/business-date.ts'
import { HoldExpiry } from '../ledger/expiry.ts'
import { mainChain } from '../ledger/journal.ts'
import { referenceMigrations } from '../ledger/reference.ts'
import { ledgerMigrations } from '../ledger/schema.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { pinnedPeers } from '../mail/peers.ts'
import { clearingMigrations } from '../mail/schema.ts'
import type { Transports } from '../mail/transport.ts'
import type { Asset } from '../money.ts'
import { now, type Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import { establish } from '../store/tenants.ts'
import { activationTaking, reviewCeilings } from './activation.ts'
import { backupDesk } from './backup-password.ts'
import { ceilingMigrations, grantAnswers } from './ceiling.ts'
import { PayeeDayEnd } from './clearing/day-end.ts'
import { type Refund, type RefundLine, type RefundRequest, refund, refundLines } from './clearing/refund.ts'
import { merchantClearingMigrations } from './clearing/schema.ts'
import { type MerchantConfig, type MerchantSettings, merchantConfig } from './config.ts'
import { frontDoor } from './front-door.ts'
import { heardOf } from './given-back.ts'
import type { Information } from './information/information.ts'
import { afterExpiry, informationOf } from './information/listening.ts'
import { informationMigrations } from './information/schema.ts'
import { lockWhatRanOut } from './locks.ts'
import type { Merchant } from './merchant.ts'
import { nightly } from './night.ts'
import { clearanceTaking, lostTaking, noticeMigrations } from './notices.ts'
import { openingDesk } from './opening.ts'
import { type PaymentLine, paymentLines } from './paid.ts'
import { changePassword, judgePassword } from './password.ts'
import { balance, findPayment, followBalance, isOpen, lastPayments, pay } from './payment.ts'
import { batchAnswers, orderTaking, Press } from './press.ts'
import { resolve } from './resolution.ts'
import { type Reversal, type ReversalRequest, reversalMigrations, reversePayment } from './reversal.ts'
import { merchantMigrations } from './schema.ts'
import { Sessions } from './sessions.ts'
import { clearingFee, revenueFrom, type Shop } from './shop.ts'
import { endVoucher } from './termination.ts'
import { type ApiKeys, apiKeysOf, KnownKeys } from './till/api-keys.ts'
import { tillOf } from './till/desk.ts'
import { type Notices, noticesOf } from './till/notices.ts'
import { findOrder, payOrder } from './till/orders.ts'
import { tillMigrations } from './till/schema.ts'
import type { Till } from './till/till.ts'
import { unsoldTaking, withdrawalMigrations } from './withdrawal.ts'

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
  ...tillMigrations,
  ...withdrawalMigrations,
  ...informationMigrations,
]

export interface RunningMerchant extends RunningInstitution {
  readonly merchant: Merchant
  /** Of a payee with a catalogue: its line lets callers hear it. */
  readonly information: Information | undefined
  readonly clerk: Clerk
  /** For the programs of its shops. */
  readonly till: Till
  readonly apiKeys: ApiKeys
  readonly notices: Notices
  readonly currency: Asset
  /** A key of this payee that is the same after each start, for what it gives out and takes back, such as a form. */
  keyFor(use: 'forms'): Promise<Secret>
  /** Resolves when no order of a bank is open. */
  ordersFilled(): Promise<void>
  readonly dayEnd: Pick<PayeeDayEnd, 'wake' | 'idle' | 'reports' | 'planned' | 'reportLate'>
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
}

/** `folder`: the database; `keys/` and `record-keys/` in it are what a backup of the database leaves out. */
export async function start(
  settings: MerchantSettings & { readonly folder: string },
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningMerchant> {
  return inPremises(runtime, settings.folder, merchantTables, premises =>
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
  const { shop, mail, press, expiry, dayEnd, onNotice } = await openShop(
    premises,
    config,
    runtime,
    transports,
    troubled,
  )
  const running = runInstitution({
    ...{ ...premises, config, runtime, mail, troubled },
    decisions: lossDecisions({
      ...{ tenant: config.id, chain: shop.chain, calendar: shop.calendar, currency: config.currency },
      booked: (tx, account) => followBalance(tx, shop, account),
    }),
    openedAt,
    begin: () => {
      press.wake()
      expiry.wake()
      dayEnd.wake()
    },
    nightly: () => nightly(shop, press, dayEnd),
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
    },
    merchant,
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
    dayEnd,
    ...running,
  }
}

async function openShop(
  premises: Premises,
  config: MerchantConfig,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled,
) {
  const { store, keys } = premises
  const pool = new HashPool(runtime, config.hashing)
  const hashing = { runtime, keys, pool, cost: config.hashCost }
  let open: Mail | undefined
  let expiry: HoldExpiry | undefined
  let wakeNotices = () => {}
  const shop: Shop = {
    ...premises,
    config,
    runtime,
    verifiers: new Verifiers(hashing),
    reveals: new Reveals(hashing),
    passwordTries: new Tries({ store, runtime, tenant: config.id, secret: 'password' }),
    backupTries: new Tries({ store, runtime, tenant: config.id, secret: 'backup' }),
    sessions: new Sessions(runtime, config.sessionMs),
    calendar: { tenant: config.id, timeZone: config.timeZone, cutOffMinutes: minutesOf(config.cutOff) },
    chain: mainChain,
    mail: {
      wake: () => open?.wake(),
      ask: (to, type, question, deadlineMs) =>
        open?.ask(to, type, question, deadlineMs) ?? Promise.reject(new Error('the mail is not open yet')),
    },
    wakeExpiry: () => expiry?.wake(),
    wakeNotices: () => wakeNotices(),
    signingSecret: async apiKey => new Secret(await keys.fingerprint(new Secret(`tonebank secret of ${apiKey}`))),
  }
  await openBooks(shop)
  await lockWhatRanOut(shop)
  const press = new Press(shop, troubled)
  const dayEnd = new PayeeDayEnd(shop, troubled)
  const mail = await openMailRoom(premises, {
    ...{ config, runtime, transports, troubled },
    letters: {
      ...dayEnd.letters(),
      'stock-order': orderTaking(shop, press),
      activation: activationTaking(shop),
      'voucher-lost': lostTaking(shop),
      'voucher-cleared': clearanceTaking(shop),
      'records-unsold': unsoldTaking(shop),
      'voucher-batch': batchAnswers(shop),
      grant: grantAnswers(shop),
    },
    queries: {},
    opened: async () => {
      await reviewCeilings(shop)
      press.wake()
    },
  })
  open = mail
  expiry = new HoldExpiry({
    ...{ store, runtime, calendar: shop.calendar, chain: shop.chain, troubled },
    expired: (tx, holds) => afterExpiry(tx, shop, holds),
  })
  const onNotice = (wake: () => void) => {
    wakeNotices = wake
  }
  return { shop, mail, press, expiry, dayEnd, onNotice }
}

async function openBooks({ store, config, calendar, chain, runtime }: Shop): Promise<void> {
  const at = now({ runtime })
  await store.execute(async tx => {
    await establish(tx, config.id)
    const date = await businessDate(tx, calendar, at)
    const banks = await pinnedPeers(tx, config.id)
    for (const account of [clearingFee, ...banks.map(({ institution }) => revenueFrom(institution))]) {
      await openAccount(tx, { chain, account, asset: config.currency, at, businessDate: date })
    }
  })
}

/** The payee as its telephone line sees it. */
function desk(shop: Shop): Merchant {
  const door = frontDoor(shop)
  const backups = backupDesk(shop, door)
  return {
    id: shop.config.id,
    name: shop.config.name,
    timeZone: shop.config.timeZone,
    numbers: shop.config.numbers,
    openVoucher: openingDesk(shop, door),
    revealPassword: backups.reveal,
    unlock: backups.unlock,
    judgePassword: async request => judgePassword(request),
    changePassword: request => changePassword(shop, request),
    pay: request => pay(shop, request),
    balance: session => balance(shop, session),
    isOpen: session => isOpen(shop, session),
    heardOf: request => heardOf(shop, request),
    endVoucher: request => endVoucher(shop, request),
    lastPayments: (session, limit) => lastPayments(shop, session, limit),
    findPayment: request => findPayment(shop, request),
    findOrder: presented => findOrder(shop, presented),
    payOrder: request => payOrder(shop, request),
    resolve: request => resolve(shop, request),
  }
}
