/**
 * Starts a bank: its database, keys and mail, and everything that it does for callers and tellers. One institution per
 * call and nothing at module level, so that a test can crash one and start it again.
 */

import type { AccountNumber } from '../ids.ts'
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
import { lossDecisions, recoveryLossMigrations } from '../institution/recovery-loss.ts'
import { HashPool } from '../keys/hash-pool.ts'
import { type Closings, OriginTries, originTriesMigrations } from '../keys/origin-tries.ts'
import { peopleMigrations } from '../keys/people.ts'
import { Tries, triesMigrations } from '../keys/tries.ts'
import { Verifiers } from '../keys/verifiers.ts'
import { balanceOf, openAccount } from '../ledger/accounts.ts'
import { businessDate, businessDateMigrations } from '../ledger/business-date.ts'
import { HoldExpiry } from '../ledger/expiry.ts'
import { mainChain } from '../ledger/journal.ts'
import { referenceMigrations } from '../ledger/reference.ts'
import { ledgerMigrations } from '../ledger/schema.ts'
import type { Mail, Troubled } from '../mail/mail.ts'
import { clearingMigrations } from '../mail/schema.ts'
import { type Transports, Undeliverable } from '../mail/transport.ts'
import { now, type Runtime } from '../runtime.ts'
import { Secret } from '../secret.ts'
import type { Migration } from '../store/migrations.ts'
import { establish } from '../store/tenants.ts'
import { accountLimitDecision, accountLimitMigrations } from './account-limits.ts'
import { activationAnswers, activationMigrations } from './activations.ts'
import { batchArrival } from './arrival.ts'
import type { Bank } from './bank.ts'
import { block, blockMigrations } from './blocks.ts'
import { type Branch, depositOf, floatOf, payeeOf, vault } from './branch.ts'
import { type CallInquiry, type InquiryJudged, judgeInquiry } from './call-inquiries.ts'
import { becameOfCard } from './cards/became.ts'
import { cardDecisions } from './cards/decide.ts'
import { type CardDesk, cardDesk } from './cards/desk.ts'
import { askByCard } from './cards/orders.ts'
import { blockGuessedCards } from './cards/password.ts'
import { payByCard } from './cards/pay.ts'
import { cardMigrations } from './cards/schema.ts'
import { ceilingMigrations, grantTaking } from './ceiling.ts'
import { BankDayEnd } from './clearing/day-end.ts'
import { voidFileDecision } from './clearing/declare-void.ts'
import { hostedFileMigrations } from './clearing/hosts/schema.ts'
import { payoutDecision } from './clearing/payout.ts'
import { openClearingAccounts, soldSince } from './clearing/post.ts'
import { heardOfReturned, returnedMigrations } from './clearing/returned.ts'
import { bankClearingMigrations } from './clearing/schema.ts'
import { closingDecision, closingMigrations } from './closing.ts'
import { type BankConfig, type BankSettings, bankConfig } from './config.ts'
import { counterDecisions, drawPin } from './counter.ts'
import { drawAccountNumber, findAccount, openCustomer, rememberLanguage } from './customers.ts'
import { openInterbankAccounts } from './interbank/correspondents.ts'
import { giveUpDecision } from './interbank/give-up.ts'
import { answerHolder, nameHolder } from './interbank/name-holder.ts'
import { type PendingTransfer, pendingTransfers, transferNews } from './interbank/news.ts'
import { ReadBacks } from './interbank/read-backs.ts'
import { creditTaking } from './interbank/receive.ts'
import { creditAnswers } from './interbank/results.ts'
import { interbankMigrations } from './interbank/schema.ts'
import { heardOf } from './interbank/send.ts'
import { isSold } from './is-sold.ts'
import { lastBought } from './last-bought.ts'
import { leavingDecision, leavingMigrations, unsoldAnswers } from './leaving.ts'
import { lostKeysMigrations, withdrawUntellable } from './lost-keys.ts'
import { noteNetRecalls } from './net/recall.ts'
import { type BankStanding, standings } from './net/report.ts'
import { netMigrations } from './net/schema.ts'
import { confirmationTaking, settlementDecisions, settlementTaking } from './net/settle.ts'
import { nightly, replenish } from './night.ts'
import { openingDecision } from './opening.ts'
import { orderAnswers, orderMigrations } from './orders.ts'
import { destroyOrphans } from './orphans.ts'
import { type PasskeyDesk, passkeyCode, passkeyDesk, passkeyMigrations } from './passkeys.ts'
import { recentTransactions } from './past-transactions.ts'
import { changePin, judgePin, signInDesk } from './pin.ts'
import { PrivatePayees } from './private/book.ts'
import { applicationAnswers, becomePayee, beingPaid, stopBeingPaid, vouchTaking } from './private/enrol.ts'
import { introducedClosing, introductionTaking } from './private/introduced.ts'
import { betweenPayees } from './private/letters.ts'
import { privatePayee } from './private/payees.ts'
import { privatePayeeMigrations } from './private/schema.ts'
import { collectTaking } from './receivers/collect.ts'
import { tellWhatWaits } from './receivers/collected.ts'
import { tellAllAgain, tellReceiver } from './receivers/lists.ts'
import { payOutTaking } from './receivers/pay-out.ts'
import { receiverDecisions, receiverTaking } from './receivers/receivers.ts'
import { cardReceiverMigrations } from './receivers/schema.ts'
import { answerCardHolder } from './receivers/vouch.ts'
import { resolve } from './resolution.ts'
import { sellVoucher } from './sale.ts'
import { bankMigrations } from './schema.ts'
import { isSignedIn } from './signed-in.ts'
import { type StockLevel, stockLevels, withdrawAll } from './stock.ts'
import { type SuspenseItem, suspenseDecision, suspenseItems, suspenseMigrations } from './suspense.ts'
import { forgetTelephone, languageAt, registerTelephone, telephoneMigrations, telephoneStanding } from './telephones.ts'
import { transfer } from './transfer.ts'
import { noticeMigrations, tellLosses } from './voucher-notices.ts'
import { backupPassword, confirmHeard, finishConfirmations, vouchersOf } from './vouchers.ts'

/** The tables of a bank's database, in the order in which they build on each other. */
export const bankTables: readonly Migration[] = [
  ...ledgerMigrations,
  ...triesMigrations,
  ...referenceMigrations,
  ...businessDateMigrations,
  ...clearingMigrations,
  ...bankMigrations,
  ...orderMigrations,
  ...ceilingMigrations,
  ...activationMigrations,
  ...bankClearingMigrations,
  ...hostedFileMigrations,
  ...peopleMigrations,
  ...recoveryMigrations,
  ...recoveryLossMigrations,
  ...lostKeysMigrations,
  ...alarmBookMigrations,
  ...callBackMigrations,
  ...originTriesMigrations,
  ...blockMigrations,
  ...noticeMigrations,
  ...passkeyMigrations,
  ...returnedMigrations,
  ...leavingMigrations,
  ...closingMigrations,
  ...accountLimitMigrations,
  ...interbankMigrations,
  ...netMigrations,
  ...suspenseMigrations,
  ...privatePayeeMigrations,
  ...cardMigrations,
  ...cardReceiverMigrations,
  ...telephoneMigrations,
]

export interface RunningBank extends RunningInstitution {
  readonly bank: Bank
  readonly teller: Teller
  readonly passkeys: PasskeyDesk
  readonly cards: CardDesk
  /** By which its pages know their own forms, over restarts too. */
  readonly keyFor: (use: 'forms' | 'counter forms' | 'call records') => Promise<Secret>
  readonly dayEnd: Pick<BankDayEnd, 'wake' | 'idle' | 'reports' | 'reportLate'>
}

/** What is done at a branch, by people. */
export interface Teller {
  drawAccountNumber(): Promise<AccountNumber>
  /** For whoever does not choose one: no thief tries it first. */
  drawPin(account: AccountNumber): Secret
  openCustomer(request: Parameters<typeof openCustomer>[1]): ReturnType<typeof openCustomer>
  /** To whom wrong PINs have closed the account. */
  closings(account: AccountNumber): Promise<Closings>
  /** Whether somebody of the bank signed that they ask for the calls of an account. */
  judgeCallInquiry(inquiry: CallInquiry): Promise<InquiryJudged>
  /** Orders every amount that is at or below the low-water mark. */
  replenish(): Promise<void>
  /** How much of each amount is in stock. */
  stock(): Promise<StockLevel[]>
  /** What is on its way to other banks, oldest first. */
  pendingTransfers(): Promise<PendingTransfer[]>
  /** What waits in suspense until two officers say where it belongs, oldest first. */
  suspense(): Promise<SuspenseItem[]>
  /** Statements, positions and settlements, by bank. */
  standings(): Promise<BankStanding[]>
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
  const { branch, mail, expiry, dayEnd } = await openBranch(premises, config, runtime, transports, troubled)
  const { store, recordKeys } = premises
  return {
    bank: desk(branch),
    passkeys: passkeyDesk(branch),
    cards: cardDesk(branch),
    keyFor: async use => new Secret(await premises.keys.fingerprint(new Secret(`tonebank key for ${use}`))),
    dayEnd,
    teller: {
      drawAccountNumber: () => drawAccountNumber(branch),
      drawPin: account => drawPin(runtime, account),
      openCustomer: request => openCustomer(branch, request),
      closings: account => premises.store.read(tx => branch.pinTries.closings(tx, account, now(branch))),
      judgeCallInquiry: inquiry => premises.store.read(tx => judgeInquiry(tx, config.id, inquiry)),
      replenish: () => replenish(branch),
      stock: () => stockLevels(branch),
      pendingTransfers: () => pendingTransfers(branch),
      suspense: () => suspenseItems(branch),
      standings: () => standings(branch),
    },
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
        ...giveUpDecision(branch),
        ...settlementDecisions(branch),
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
      begin: () => {
        expiry.wake()
        dayEnd.wake()
      },
      lost: async tx => {
        await withdrawAll(tx, config.id)
        await noteNetRecalls(tx, config)
        await tellAllAgain(tx, branch)
      },
      nightly: () => nightly(branch, dayEnd),
      morning: () => dayEnd.reportLate(),
      closing: [mail, expiry, dayEnd, store, recordKeys],
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
  await withdrawUntellable(branch)
  await destroyOrphans(branch)
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
      settlement: settlementTaking(branch),
      'settlement-confirmed': confirmationTaking(branch),
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
  return { branch, mail, expiry, dayEnd }
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

/** The bank as its telephone line sees it. */
function desk(branch: Branch): Bank {
  const { config, store } = branch
  const payees = config.payees.flatMap(({ id }) => payeeOf(branch, id) ?? [])
  return {
    id: config.id,
    name: config.name,
    timeZone: config.timeZone,
    signIn: signInDesk(branch),
    heardOfReturned: request => heardOfReturned(branch, request),
    rememberLanguage: ({ account, language }) => rememberLanguage(branch, account, language),
    judgePin: async request => judgePin(request),
    changePin: request => changePin(branch, request),
    isSignedIn: session => store.read(tx => isSignedIn(tx, branch, session)),
    languageAt: origin => languageAt(branch, origin),
    telephoneStanding: request => telephoneStanding(branch, request),
    registerTelephone: request => registerTelephone(branch, request),
    forgetTelephone: request => forgetTelephone(branch, request),
    balance: async account => (await store.read(tx => balanceOf(tx, depositOf(account), branch.chain))).available,
    recentTransactions: (account, limit) => recentTransactions(branch, account, limit),
    findPayee: async number => payees.find(payee => payee.number === number) ?? privatePayee(branch, number),
    payees: async () => payees,
    findAccount: account => findAccount(branch, account),
    beingPaid: account => beingPaid(branch, account),
    becomePayee: account => becomePayee(branch, account),
    stopBeingPaid: account => stopBeingPaid(branch, account),
    lastBought: buyer => lastBought(branch, buyer),
    sellVoucher: order => sellVoucher(branch, order),
    confirmHeard: ({ buyer, voucher }) => confirmHeard(branch, buyer, voucher),
    vouchers: buyer => vouchersOf(branch, buyer),
    backupPassword: ({ buyer, voucher }) => backupPassword(branch, buyer, voucher),
    nameHolder: request => nameHolder(branch, request),
    transfer: order => transfer(branch, order),
    askByCard: order => askByCard(branch, order),
    payByCard: request => payByCard(branch, request),
    becameOfCard: request => becameOfCard(branch, request),
    transferNews: account => transferNews(branch, account),
    heardOfTransfer: ({ account, transfer: id }) => heardOf(branch, account, id),
    block: request => block(branch, request),
    passkeyCode: account => passkeyCode(branch, account),
    resolve: request => resolve(branch, request),
  }
}
