/**
 * Starts a host of private payees: one database, one correspondence, and for each payee a register and a chain of its own. Banks
 * have pinned the host; of whom it writes, it vouches for.
 */

import type { DayEndReport } from '../../clearing/report.ts'
import type { SentAgain } from '../../clearing/sent-again.ts'
import type { InstitutionId } from '../../ids.ts'
import { minutesOf } from '../../institution/config.ts'
import { ledgerHeads, openMailRoom } from '../../institution/mail-room.ts'
import {
  type House,
  inPremises,
  type Premises,
  type RunningInstitution,
  runInstitution,
} from '../../institution/premises.ts'
import { standingOf } from '../../institution/recovery.ts'
import { OriginLimit, takeFromAll } from '../../keys/rate-limit.ts'
import { headOf } from '../../ledger/journal.ts'
import type { Mail, Troubled } from '../../mail/mail.ts'
import type { Transports } from '../../mail/transport.ts'
import { now, type Runtime } from '../../runtime.ts'
import type { Migration } from '../../store/migrations.ts'
import type { ReadTx } from '../../store/store.ts'
import { establish } from '../../store/tenants.ts'
import { acceptResultDecision } from '../clearing/accept-result.ts'
import { agreeFeeDecision } from '../clearing/agreed-fee.ts'
import { noteRecalls } from '../clearing/recall.ts'
import { takeHeldDecision } from '../clearing/take-held.ts'
import { lockWhatRanOut } from '../locks.ts'
import { nightly } from '../night.ts'
import { openBooks } from '../open-shop.ts'
import { registered } from '../register.ts'
import { merchantTables } from '../start.ts'
import { type HostConfig, type HostSettings, hostConfig } from './config.ts'
import { HostDayEnd } from './day-end/day-end.ts'
import { hostDayEndMigrations } from './day-end/schema.ts'
import type { Host } from './host.ts'
import { hostedBy, hostedPayees, hostMigrations } from './hosted.ts'
import { introduce, tellClosed, untold } from './introduce.ts'
import { hostLetters } from './letters.ts'
import { hostLosses, noteLostVouchers } from './losses.ts'
import { Payees } from './payees.ts'

/** The tables of a host's database: those of a payee, for each of its payees, and who they are. */
export const hostTables: readonly Migration[] = [...merchantTables, ...hostMigrations, ...hostDayEndMigrations]

export interface RunningHost extends RunningInstitution {
  readonly host: Host
  /** Resolves when no order of a bank is open. */
  ordersFilled(): Promise<void>
  readonly dayEnd: {
    idle(): Promise<void>
    reports(date?: string): Promise<readonly DayEndReport[]>
    /** What a bank refused, files and sections, once more. */
    sendAgain(bank: InstitutionId): Promise<SentAgain>
  }
}

/** `folder`: the database; `keys/` and `record-keys/` in it are what a backup of the database leaves out. */
export async function start(
  settings: HostSettings & House,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningHost> {
  return inPremises(runtime, settings, hostTables, premises =>
    startIn(premises, settings, runtime, transports, troubled),
  )
}

export async function startIn(
  premises: Premises,
  settings: HostSettings,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningHost> {
  const config = hostConfig.parse(settings)
  const { store, keys } = premises
  const openedAt = await standingOf(store, tx => headsOf(tx, config))
  await store.execute(tx => establish(tx, config.id))
  const room: { mail?: Mail; dayEnd?: HostDayEnd } = {}
  const payees = new Payees({ premises, config, runtime, room, troubled })
  const hostDayEnd = new HostDayEnd(
    {
      ...{ config, store, keys, runtime, payees },
      calendar: { tenant: config.id, timeZone: config.timeZone, cutOffMinutes: minutesOf(config.cutOff) },
      mail: { wake: () => room.mail?.wake() },
    },
    troubled,
  )
  room.dayEnd = hostDayEnd
  for (const who of await store.read(tx => hostedPayees(tx, config.id))) {
    const { shop } = payees.open(who)
    await store.execute(tx => openBooks(tx, shop, now(shop)))
    await lockWhatRanOut(shop)
  }
  const mail = await openMailRoom(premises, {
    ...{ config, runtime, transports, troubled },
    letters: hostLetters({ config, keys, runtime, payees, dayEnd: hostDayEnd }),
    queries: {},
    opened: async bank => {
      for (const who of await store.read(tx => untold(tx, config.id, bank)))
        await store.execute(async tx => {
          await introduce(tx, { host: config.id, runtime, payees }, who, bank)
          if (who.isClosed) await tellClosed(tx, config.id, who.payee)
        })
      room.mail?.wake()
      for (const { opened } of payees.all) await opened()
      hostDayEnd.wake()
    },
  })
  room.mail = mail
  const lookUps = new OriginLimit(runtime, config.openingRates)
  const dayEnd = {
    idle: async () => {
      for (const payee of payees.all) await payee.dayEnd.idle()
      await hostDayEnd.idle()
    },
    reports: async (date?: string) => {
      const reports: DayEndReport[] = []
      for (const { who, dayEnd } of payees.all)
        reports.push(...(await dayEnd.reports(date)).map(report => ({ ...report, payee: who.payee })))
      return reports
    },
    sendAgain: (bank: InstitutionId) => hostDayEnd.sendAgain(bank),
  }
  const closing = {
    close: async () => {
      await hostDayEnd.close()
      for (const { press, expiry, dayEnd } of payees.all) for (const each of [press, expiry, dayEnd]) await each.close()
    },
  }
  const running = runInstitution({
    ...{ ...premises, config, runtime, mail, troubled, openedAt },
    decisions: {
      ...hostLosses(payees),
      ...acceptResultDecision(
        payee => payees.all.find(({ who }) => who.payee === payee)?.shop,
        () => {
          for (const { dayEnd } of payees.all) dayEnd.resume()
        },
      ),
      ...agreeFeeDecision(config.id, () => {
        for (const { dayEnd } of payees.all) dayEnd.resume()
      }),
      ...takeHeldDecision(
        payee => payees.all.find(({ who }) => who.payee === payee)?.shop,
        () => {
          for (const { dayEnd } of payees.all) dayEnd.wake()
        },
      ),
    },
    begin: () => {
      for (const { press, expiry, dayEnd } of payees.all) for (const each of [press, expiry, dayEnd]) each.wake()
      hostDayEnd.wake()
    },
    lost: async tx => {
      await noteLostVouchers(tx, config.id)
      for (const { shop } of payees.all) await noteRecalls(tx, shop)
      await noteRecalls(tx, { config, house: config.id })
    },
    nightly: async () => {
      for (const { shop, press, dayEnd } of payees.all) await nightly(shop, press, dayEnd)
      hostDayEnd.wake()
    },
    morning: async () => {
      for (const { dayEnd } of payees.all) await dayEnd.reportLate()
    },
    closing: [mail, closing, store, premises.recordKeys],
  })
  return {
    host: {
      id: config.id,
      name: config.name,
      findPayee: async ({ number, origin }) => {
        if (!takeFromAll(lookUps.bucketOf(origin))) return { outcome: 'busy' }
        const who = await store.read(tx => hostedBy(tx, config.id, 'number', number))
        return who ? { outcome: 'found', payee: payees.open(who).who.payee, name: who.name } : { outcome: 'unknown' }
      },
      payeeOf: async voucher => {
        for (const { shop, who } of payees.all)
          if ((await store.read(tx => registered(tx, shop.config.id, voucher))) !== undefined) return who.payee
        return undefined
      },
      at: payee => payees.at(payee),
    },
    ordersFilled: async () => {
      await running.recovery.begun
      for (const { press } of payees.all) await press.idle()
    },
    dayEnd,
    ...running,
  }
}

/** Where the chain of every payee stood. */
async function headsOf(tx: ReadTx, { id }: HostConfig) {
  const heads = [...(await ledgerHeads(tx))]
  for (const { payee } of await hostedPayees(tx, id)) heads.push(await headOf(tx, payee))
  return heads
}
