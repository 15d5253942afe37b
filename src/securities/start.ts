/**
 * Starts a securities firm: its database, keys and mail, its market, and what it does for callers. One institution per call and nothing
 * at module level, so that a test can crash one and start it again.
 */
import { announce } from '../card-receiver/announce.ts'
import { receiverLetters } from '../card-receiver/letters.ts'
import type { CardReceiver } from '../card-receiver/receiver.ts'
import { receiverMigrations } from '../card-receiver/schema.ts'
import { alarmBookMigrations } from '../institution/alarm-book.ts'
import { callBackMigrations } from '../institution/call-backs.ts'
import { minutesOf } from '../institution/config.ts'
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
import { recoveryLossMigrations } from '../institution/recovery-loss.ts'
import { peopleMigrations } from '../keys/people.ts'
import { triesMigrations } from '../keys/tries.ts'
import { businessDateMigrations } from '../ledger/business-date.ts'
import { HoldExpiry } from '../ledger/expiry.ts'
import { mainChain } from '../ledger/journal.ts'
import { referenceMigrations } from '../ledger/reference.ts'
import { ledgerMigrations } from '../ledger/schema.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { pinnings } from '../mail/peers.ts'
import { clearingMigrations } from '../mail/schema.ts'
import { type Transports, Undeliverable } from '../mail/transport.ts'
import { now, type Runtime } from '../runtime.ts'
import type { Migration } from '../store/migrations.ts'
import { creditPaid } from './clients/pay-in.ts'
import { payOutAnswers } from './clients/pay-out.ts'
import { type SecuritiesSettings, securitiesConfig } from './config.ts'
import { desk } from './desk.ts'
import type { Firm } from './firm.ts'
import { Market } from './market.ts'
import { nightly } from './night.ts'
import { openBooks } from './opening.ts'
import { securitiesMigrations } from './schema.ts'
import type { Securities } from './securities.ts'
import { expireTrades } from './trade.ts'

/** The tables of a securities firm's database, in the order in which they build on each other. */
export const securitiesTables: readonly Migration[] = [
  ...ledgerMigrations,
  ...triesMigrations,
  ...referenceMigrations,
  ...businessDateMigrations,
  ...clearingMigrations,
  ...peopleMigrations,
  ...recoveryMigrations,
  ...recoveryLossMigrations,
  ...alarmBookMigrations,
  ...callBackMigrations,
  ...receiverMigrations,
  ...securitiesMigrations,
]

export interface RunningSecurities extends RunningInstitution {
  readonly securities: Securities
  readonly firm: Firm
  /** A bank that was met since the start hears by which number and key this firm takes cards. Each night does so, too. */
  tellBanks(): Promise<void>
}

/** `folder`: the database; `keys/` and `record-keys/` in it are what a backup of the database leaves out. */
export async function start(
  settings: SecuritiesSettings & House,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningSecurities> {
  return inPremises(runtime, settings, securitiesTables, premises =>
    startIn(premises, settings, runtime, transports, troubled),
  )
}

export async function startIn(
  premises: Premises,
  settings: SecuritiesSettings,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningSecurities> {
  const config = securitiesConfig.parse(settings)
  const openedAt = await standingOf(premises.store, ledgerHeads)
  const { store, keys } = premises
  const room: { mail?: Mail; market?: Market } = {}
  const calendar = { tenant: config.id, timeZone: config.timeZone, cutOffMinutes: minutesOf(config.cutOff) }
  const post: Firm['mail'] = {
    wake: () => room.mail?.wake(),
    ask: async (to, type, question, deadlineMs) => {
      if (room.mail === undefined) throw new Undeliverable(to, 'this firm is about to open')
      return room.mail.ask(to, type, question, deadlineMs)
    },
  }
  const receiver: CardReceiver = {
    ...{ id: config.id, runtime, store, keys, mail: post, currency: config.currency, cards: config.cards },
    paid: (tx, payment, at) => creditPaid(tx, firm, payment, at),
  }
  const firm: Firm = {
    ...{ config, runtime, store, keys, calendar, chain: mainChain, troubled, receiver, mail: post },
    wakeMarket: () => {
      room.market?.wake()
      expiry.wake()
    },
  }
  const expiry = new HoldExpiry({
    ...{ store, runtime, calendar, chain: firm.chain, troubled },
    expired: (tx, holds) => expireTrades(tx, firm, holds, now(firm)),
  })
  await openBooks(firm)
  const market = new Market(firm)
  room.market = market
  const mail = await openMailRoom(premises, {
    ...{ config, runtime, transports, troubled, queries: {} },
    letters: { ...receiverLetters(receiver), 'pay-out': payOutAnswers(firm) },
    opened: bank => announce(receiver, bank),
  })
  room.mail = mail
  const tellBanks = async () => {
    for (const { peer } of await store.read(tx => pinnings(tx, config.id))) await announce(receiver, peer)
    mail.wake()
  }
  return {
    ...{ firm, tellBanks },
    securities: desk(firm),
    ...runInstitution({
      ...{ ...premises, config, runtime, mail, troubled, openedAt },
      begin: () => firm.wakeMarket(),
      nightly: async () => {
        await tellBanks()
        return nightly(firm)
      },
      // What is settled late is seen by its customers; no counterparty waits for a file of the firm's.
      morning: async () => {},
      closing: [mail, expiry, market, store, premises.recordKeys],
    }),
  }
}
