/**
 * Starts a bank: its database, keys and mail, and everything that it does for callers and tellers. One institution per
 * call and nothing at module level, so that a test can crash one and start it again.
 */

import { minutesOf } from '../institution/config.ts'
import { ledgerHeads, openMailRoom } from '../institution/mail-room.ts'
import {
  type House,
  inPremises,
  type Premises,
  type RunningInstitution,
  runInstitution,
} from '../institution/premises.ts'
import { standingOf } from '../institution/recovery.ts'
import { lossDecisions } from '../institution/recovery-loss.ts'
import { HashPool } from '../keys/hash-pool.ts'
import { OriginTries } from '../keys/origin-tries.ts'
import { Tries } from '../keys/tries.ts'
import { Verifiers } from '../keys/verifiers.ts'
import { openAccount } from '../ledger/accounts.ts'
import { businessDate } from '../ledger/business-date.ts'
import { HoldExpiry } from '../ledger/expiry.ts'
import { mainChain } from '../ledger/journal.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { type Transports, Undeliverable } from '../mail/transport.ts'
import { now, type Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import { establish } from '../store/tenants.ts'
import { accountLimitDecision } from './account-limits.ts'
import { activationAnswers } from './activations.ts'
import { batchArrival } from './arrival.ts'
import type { Bank } from './bank.ts'
import { type Branch, floatOf, vault } from './branch.ts'
import { cardDecisions } from './cards/decide.ts'
import { type CardDesk, cardDesk } from './cards/desk.ts'
import { blockGuessedCards } from './cards/password.ts'
import { grantTaking } from './ceiling.ts'
import { BankDayEnd } from './clearing/day-end.ts'
import { voidFileDecision } from './clearing/declare-void.ts'
import { payoutDecision } from './clearing/payout.ts'
import { openClearingAccounts, soldSince } from './clearing/post.ts'
import { closingDecision } from './closing.ts'
import { type BankConfig, type BankSettings, bankConfig } from './config.ts'
import { addressDecision } from './confirmations/address.ts'
import { type Confirmations, confirmationsOf } from './confirmations/outbox.ts'
import { counterDecisions } from './counter.ts'
import { desk } from './desk.ts'
import { openInterbankAccounts } from './interbank/correspondents.ts'
import { giveUpDecision } from './interbank/give-up.ts'
import { answerHolder } from './interbank/name-holder.ts'
import { ReadBacks } from './interbank/read-backs.ts'
import { creditTaking } from './interbank/receive.ts'
import { creditAnswers, payoutAnswers } from './interbank/results.ts'
import { isSold } from './is-sold.ts'
import { KeySearch } from './key-search.ts'
import { leavingDecision, unsoldAnswers } from './leaving.ts'
import { answerDecisions, confirmationTaking, refusalTaking } from './net/answer-settlement.ts'
import { noteNetRecalls } from './net/recall.ts'
import { settlementDecision, settlementTaking } from './net/settle.ts'
import { nightly } from './night.ts'
import { openingDecision } from './opening.ts'
import { orderAnswers } from './orders.ts'
import { wantedRecordKeys } from './orphans.ts'
import { type PasskeyDesk, passkeyDesk } from './passkeys.ts'
import { PrivatePayees } from './private/book.ts'
import { applicationAnswers, vouchTaking } from './private/enrol.ts'
import { introducedClosing, introductionTaking } from './private/introduced.ts'
import { betweenPayees } from './private/letters.ts'
import { collectTaking } from './receivers/collect.ts'
import { tellWhatWaits } from './receivers/collected.ts'
import { tellAllAgain, tellReceiver } from './receivers/lists.ts'
import { payOutTaking } from './receivers/pay-out.ts'
import { receiverDecisions, receiverTaking } from './receivers/receivers.ts'
import { answerCardHolder } from './receivers/vouch.ts'
import { withdrawAll } from './stock.ts'
import { StockKeys } from './stock-keys.ts'
import { suspenseDecision } from './suspense.ts'
import { bankTables } from './tables.ts'
import { type Teller, tellerOf } from './teller.ts'
import { tellLosses } from './voucher-notices.ts'
import { finishConfirmations } from './vouchers.ts'

export interface RunningBank extends RunningInstitution {
  readonly bank: Bank
  readonly teller: Teller
  readonly passkeys: PasskeyDesk
  readonly cards: CardDesk
  /** What its customers have yet to be told in writing. Undefined: it writes to nobody. */
  readonly confirmations: Confirmations | undefined
  /** By which its pages know their own forms, over restarts too. */
  readonly keyFor: (use: 'forms' | 'counter forms' | 'call records') => Promise<Secret>
  readonly dayEnd: Pick<BankDayEnd, 'wake' | 'idle' | 'reports' | 'reportLate' | 'sendAgain'>
  /** What it looks for in its books and its record keys after it has opened. */
  readonly keySearch: Pick<KeySearch, 'idle'>
}

/** `folder`: the database; `keys/` and `record-keys/` in it are what a backup of the database leaves out. */
export async function start(
  settings: BankSettings & House,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningBank> {
  return inPremises(runtime, settings, bankTables, premises =>
    startIn(premises, settings, runtime, transports, troubled),
  )
}

export async function startIn(
  premises: Premises,
  settings: BankSettings,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled = () => {},
): Promise<RunningBank> {
  const config = bankConfig.parse(settings)
  const openedAt = await standingOf(premises.store, ledgerHeads)
  const { branch, mail, expiry, dayEnd, keySearch } = await openBranch(premises, config, runtime, transports, troubled)
  const { store, recordKeys } = premises
  return {
    bank: desk(branch),
    passkeys: passkeyDesk(branch),
    cards: cardDesk(branch),
    confirmations: config.confirmations && confirmationsOf(branch),
    keyFor: async use => new Secret(await premises.keys.fingerprint(new Secret(`tonebank key for ${use}`))),
    ...{ dayEnd, keySearch },
    teller: tellerOf(branch),
    ...runInstitution({
      ...{ ...premises, config, runtime, mail, troubled },
      decisions: {
        ...counterDecisions(branch),
        ...openingDecision(branch),
        ...payoutDecision(branch),
        ...voidFileDecision(branch, () => {
          dayEnd.wake()
          branch.mail.wake()
        }),
        ...leavingDecision(branch),
        ...closingDecision(branch),
        ...accountLimitDecision(branch),
        ...addressDecision(branch),
        ...giveUpDecision(branch),
        ...settlementDecision(branch),
        ...answerDecisions(branch),
        ...suspenseDecision(branch),
        ...cardDecisions(branch),
        ...receiverDecisions(branch),
        ...lossDecisions({
          tenant: config.id,
          chain: branch.chain,
          calendar: branch.calendar,
          currency: config.currency,
          // A payee was told what its float has: a statement tells of what is sold, and has no line for what is taken back.
          refused: async (tx, { of, way, minor }) =>
            way === 'take' && 'payee' in of && minor > (await soldSince(tx, branch, of.payee))
              ? 'more-than-sold-since'
              : undefined,
        }),
      },
      openedAt,
      wantedKeys: names => wantedRecordKeys(branch, names),
      begin: () => {
        expiry.wake()
        dayEnd.wake()
        keySearch.wake()
      },
      lost: async tx => {
        await withdrawAll(tx, config.id)
        await noteNetRecalls(tx, config)
        await tellAllAgain(tx, branch)
      },
      nightly: () => nightly(branch, dayEnd),
      morning: () => dayEnd.reportLate(),
      closing: [mail, expiry, dayEnd, keySearch, store, recordKeys],
    }),
  }
}

async function openBranch(
  premises: Premises,
  config: BankConfig,
  runtime: Runtime,
  transports: Transports,
  troubled: Troubled,
) {
  const { store, keys } = premises
  const pool = new HashPool(runtime, config.hashing)
  const calendar = { tenant: config.id, timeZone: config.timeZone, cutOffMinutes: minutesOf(config.cutOff) }
  let room: Mail | undefined
  const branch: Branch = {
    ...premises,
    config,
    runtime,
    stockKeys: new StockKeys({ ...premises, config }),
    verifiers: new Verifiers({ runtime, keys, pool, cost: config.hashCost }),
    cardPasswordTries: new Tries({ store, runtime, tenant: config.id, secret: 'card password' }),
    pinTries: new OriginTries({
      ...{ store, runtime, troubled },
      tenant: config.id,
      secret: 'pin',
      dateOf: (tx, at) => businessDate(tx, calendar, at),
    }),
    calendar,
    chain: mainChain,
    mail: {
      wake: () => room?.wake(),
      ask: async (to, type, question, deadlineMs) => {
        if (room === undefined) throw new Undeliverable(to, 'this bank is about to open')
        return room.ask(to, type, question, deadlineMs)
      },
    },
    readBacks: new ReadBacks(runtime, config.readBackRates),
    privatePayees: new PrivatePayees(store, config.id),
    troubled,
  }
  await openBooks(branch)
  await branch.privatePayees.refresh()
  await finishConfirmations(branch)
  const keySearch = new KeySearch(branch)
  await keySearch.begin()
  await blockGuessedCards(branch)
  const dayEnd = new BankDayEnd(branch, troubled)
  const mail = await openMailRoom(premises, {
    ...{ config, runtime, transports, troubled },
    letters: {
      ...dayEnd.letters(),
      ...betweenPayees(branch, {
        'voucher-batch': batchArrival(branch),
        grant: grantTaking(branch),
        'stock-order': orderAnswers(branch),
        'records-unsold': unsoldAnswers(branch),
        activation: activationAnswers(branch),
      }),
      'payee-application': applicationAnswers(branch),
      'payee-vouched': vouchTaking(branch),
      'payee-introduced': introductionTaking(branch),
      'payee-closed': introducedClosing(branch),
      credit: { ...creditTaking(branch), ...creditAnswers(branch) },
      'payee-credit': { ...creditTaking(branch), ...payoutAnswers(branch) },
      settlement: settlementTaking(branch),
      'settlement-confirmed': confirmationTaking(branch),
      'settlement-refused': refusalTaking(branch),
      'card-receiver': receiverTaking(branch),
      'card-payment': collectTaking(branch),
      'pay-out': payOutTaking(branch),
    },
    queries: {
      'is-sold': (from, question) => isSold(branch, from, question),
      holder: (from, question) => answerHolder(branch, from, question),
      'card-holder': (from, question) => answerCardHolder(branch, from, question),
    },
    opened: async peer => {
      await store.execute(async tx => {
        await tellReceiver(tx, branch, peer)
        await tellWhatWaits(tx, branch, peer)
        await tellLosses(tx, branch, peer)
      })
      dayEnd.wake()
    },
  })
  room = mail
  const expiry = new HoldExpiry({ store, runtime, calendar: branch.calendar, chain: branch.chain, troubled })
  return { branch, mail, expiry, dayEnd, keySearch }
}

/** The accounts that a bank has before it has a customer. */
async function openBooks(branch: Branch): Promise<void> {
  const { store, config, calendar, chain, runtime } = branch
  const at = now({ runtime })
  await store.execute(async tx => {
    await establish(tx, config.id)
    const date = await businessDate(tx, calendar, at)
    for (const account of [vault, ...config.payees.map(payee => floatOf(payee.id))]) {
      await openAccount(tx, { chain, account, asset: config.currency, at, businessDate: date })
    }
    await openClearingAccounts(tx, branch, at, date)
    await openInterbankAccounts(tx, branch, at, date)
  })
}
