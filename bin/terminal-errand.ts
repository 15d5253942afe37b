/** What a terminal phones for: what is to be done at a securities firm, if that is said; else a payment at a payee's line, if the directory has a payee by that number; else a large payment at a bank's. */
import type { KeyedPayee } from '../src/card/complete.ts'
import type { Directory } from '../src/card/directory.ts'
import { parseInstitutionNumber } from '../src/card/numbers.ts'
import { type AccountNumber, parseAccountNumber } from '../src/ids.ts'
import { CNY, formatMoney, type Money, money } from '../src/money.ts'
import { CannotDo } from '../src/operations/cannot-do.ts'
import { systemRuntime } from '../src/runtime.ts'
import { keysOfLargePayment } from '../src/terminal/bank-line.ts'
import { keysOfCardPayment } from '../src/terminal/payee-line.ts'
import { minorUnits } from './amounts.ts'
import type { Errand, Holder, Question } from './errand.ts'
import { errandsAtFirm } from './firm-errands.ts'
import type { Typist } from './typist.ts'

/** As the command's options say; what they leave out is asked for. */
export interface Wanted {
  readonly account?: string
  readonly to?: string
  readonly amount?: string
  /** At a securities firm: one thing after the other, or that they are asked for. */
  readonly trade?: readonly string[] | true
}

/** One after the other, in one call. */
export async function* errandsAt(
  number: string,
  directory: Directory,
  { trade, ...wanted }: Wanted & { readonly account: string },
  holder: Holder,
  typist: Typist,
): AsyncGenerator<Errand | Question> {
  const found = receiverAt(number, directory)
  const payee = found?.collectsAt && { name: found.name, ...found.collectsAt }
  if (trade !== undefined) {
    if (found === undefined) throw new CannotDo(`the directory has no securities firm at ${number}: leave out --trade`)
    yield* errandsAtFirm(found, holder, trade === true ? [] : trade, typist)
  } else if (payee === undefined) yield await largePayment(directory, wanted, typist)
  else if (wanted.to !== undefined)
    throw new CannotDo(`${number} is ${payee.name}, which is paid itself: leave out --to`)
  else yield await cardPayment(payee, wanted, typist)
}

/** Who takes cards is in the directory under the number that it is dialled by. */
function receiverAt(dialled: string, directory: Directory) {
  const number = parseInstitutionNumber(Number(dialled))
  return number === undefined ? undefined : directory.institutionNumbered(number)
}

async function cardPayment(payee: KeyedPayee, wanted: Wanted, typist: Typist): Promise<Errand> {
  const amount = await amountOf(wanted, typist)
  return {
    keys: line => keysOfCardPayment(line, systemRuntime, amount),
    keyed: 'The amount is',
    isWanted: shown =>
      shown.type === 'pay' &&
      shown.payee?.bank === payee.bank &&
      shown.payee.account === payee.account &&
      shown.amount === formatMoney(amount),
    wish: { type: 'pay', amount },
  }
}

async function largePayment(
  directory: Directory,
  wanted: Wanted & { readonly account: string },
  typist: Typist,
): Promise<Errand> {
  const account = accountIn(wanted.account)
  const to = accountIn(wanted.to ?? (await typist.ask('Pay to account: ')))
  const amount = await amountOf(wanted, typist)
  const pin = await typist.askSecret('PIN of your account, as on the telephone: ')
  const listed = directory.payeeWith(to)
  return {
    keys: line => keysOfLargePayment(line, systemRuntime, { account, pin, to, amount }),
    keyed: 'Your account, PIN, payee and amount are',
    isWanted: shown => shown.type === 'transfer' && shown.payee?.account === to && shown.amount === formatMoney(amount),
    ...(listed && { wish: { type: 'transfer', payee: { bank: listed.bank, account: to }, amount } }),
  }
}

function accountIn(text: string): AccountNumber {
  const account = parseAccountNumber(text.trim())
  if (account === undefined) throw new CannotDo(`${text} is no account number: its check digits are not right`)
  return account
}

async function amountOf({ amount }: Wanted, typist: Typist): Promise<Money> {
  const minor = minorUnits((amount ?? (await typist.ask('Amount in yuan: '))).trim(), CNY)
  if (minor === 0n) throw new CannotDo('nothing is no amount')
  return money(minor)
}
