/**
 * Puts one payee together in books that are open: its press, its day end, and what it does with letters. A payee that has
 * its books to itself is opened once (`start.ts`), a host opens one for each of those for whom it speaks (`host/`).
 */
import type { InstitutionId } from '../ids.ts'
import { minutesOf } from '../institution/config.ts'
import type { Premises } from '../institution/premises.ts'
import type { HashPool } from '../keys/hash-pool.ts'
import { Reveals } from '../keys/reveals.ts'
import { Tries } from '../keys/tries.ts'
import { Verifiers } from '../keys/verifiers.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { HoldExpiry } from '../ledger/expiry.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import type { LetterHandlers } from '../mail/reception.ts'
import type { Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Tx } from '../store/store.ts'
import { establish } from '../store/tenants.ts'
import { activationTaking, reviewCeilings } from './activation.ts'
import { grantAnswers } from './ceiling.ts'
import { PayeeDayEnd } from './clearing/day-end.ts'
import type { MerchantConfig } from './config.ts'
import { afterExpiry } from './information/listening.ts'
import { clearanceTaking, lostTaking } from './notices.ts'
import { batchAnswers, orderTaking, Press } from './press.ts'
import { Sessions } from './sessions.ts'
import { banksOf, clearingFee, revenueFrom, type Shop } from './shop.ts'
import { unsoldTaking } from './withdrawal.ts'

interface Opening {
  readonly config: MerchantConfig
  /** Who writes its letters. */
  readonly house: InstitutionId
  readonly hosted?: InstitutionId
  readonly chain: string
  readonly runtime: Runtime
  /** The mail is opened when it is known what is done with letters. */
  readonly room: { readonly mail?: Mail }
  /** Of a hosted payee: it has something for its host's file. */
  readonly wakeHost?: () => void
  readonly pool: HashPool
  readonly troubled: Troubled
}

export interface OpenShop {
  readonly shop: Shop
  readonly press: Press
  readonly expiry: HoldExpiry
  readonly dayEnd: PayeeDayEnd
  readonly letters: LetterHandlers
  /** Writes what had to wait until a bank could be written to. */
  opened(): Promise<void>
  onNotice(wake: () => void): void
}

export function openShop(premises: Premises, opening: Opening): OpenShop {
  const { store, keys } = premises
  const { config, house, hosted, chain, runtime, room, pool, troubled, wakeHost } = opening
  const hashing = { runtime, keys, pool, cost: config.hashCost }
  let expiry: HoldExpiry | undefined
  let wakeNotices = () => {}
  const shop: Shop = {
    ...premises,
    ...{ config, house, chain, runtime, ...(hosted && { hosted }), ...(wakeHost && { wakeHost }) },
    verifiers: new Verifiers(hashing),
    reveals: new Reveals(hashing),
    passwordTries: new Tries({ store, runtime, tenant: config.id, secret: 'password' }),
    backupTries: new Tries({ store, runtime, tenant: config.id, secret: 'backup' }),
    sessions: new Sessions(runtime, config.sessionMs),
    calendar: { tenant: config.id, timeZone: config.timeZone, cutOffMinutes: minutesOf(config.cutOff) },
    mail: {
      wake: () => room.mail?.wake(),
      ask: (to, type, question, deadlineMs) =>
        room.mail?.ask(to, type, question, deadlineMs) ?? Promise.reject(new Error('the mail is not open yet')),
    },
    wakeExpiry: () => expiry?.wake(),
    wakeNotices: () => wakeNotices(),
    signingSecret: async apiKey => new Secret(await keys.fingerprint(new Secret(`tonebank secret of ${apiKey}`))),
  }
  const press = new Press(shop, troubled)
  const dayEnd = new PayeeDayEnd(shop, troubled)
  expiry = new HoldExpiry({
    ...{ store, runtime, calendar: shop.calendar, chain, troubled },
    expired: (tx, holds) => afterExpiry(tx, shop, holds),
  })
  return {
    ...{ shop, press, expiry, dayEnd },
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
    opened: async () => {
      await reviewCeilings(shop)
      press.wake()
      dayEnd.wake()
    },
    onNotice: wake => {
      wakeNotices = wake
    },
  }
}

/** The accounts that a payee has before it is paid. Done again, it does nothing more. */
export async function openBooks(tx: Tx, shop: Shop, at: number): Promise<void> {
  const { config, calendar, chain } = shop
  await establish(tx, config.id)
  const date = await businessDate(tx, calendar, at)
  const banks = await banksOf(tx, shop)
  for (const account of [clearingFee, ...banks.map(({ bank }) => revenueFrom(bank))]) {
    await openAccount(tx, { chain, account, asset: config.currency, at, businessDate: date })
  }
}
