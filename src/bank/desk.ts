/** What a bank does for its callers and its pages. */
import { balanceOf } from '../ledger/accounts.ts'
import type { Bank } from './bank.ts'
import { block } from './blocks.ts'
import { type Branch, depositOf, payeeOf } from './branch.ts'
import { becameOfCard } from './cards/became.ts'
import { askByCard } from './cards/orders.ts'
import { payByCard } from './cards/pay.ts'
import { heardOfReturned } from './clearing/returned.ts'
import { shownAddress } from './confirmations/address.ts'
import { findAccount, rememberLanguage } from './customers.ts'
import { nameHolder } from './interbank/name-holder.ts'
import { transferNews } from './interbank/news.ts'
import { heardOf } from './interbank/send.ts'
import { lastBought } from './last-bought.ts'
import { passkeyCode } from './passkeys.ts'
import { recentTransactions } from './past-transactions.ts'
import { changePin, judgePin, signInDesk } from './pin.ts'
import { becomePayee, beingPaid, stopBeingPaid } from './private/enrol.ts'
import { privatePayee } from './private/payees.ts'
import { resolve } from './resolution.ts'
import { sellVoucher } from './sale.ts'
import { isSignedIn } from './signed-in.ts'
import { forgetTelephone, languageAt, registerTelephone, telephoneStanding } from './telephones.ts'
import { transfer } from './transfer.ts'
import { backupPassword, confirmHeard, vouchersOf } from './vouchers.ts'

/** The bank as its telephone line sees it. */
export function desk(branch: Branch): Bank {
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
    writtenTo: async account => branch.config.confirmations && ((await shownAddress(branch, account)) ?? 'none'),
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
