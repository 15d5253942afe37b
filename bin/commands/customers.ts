/** `tonebank customers` and `tonebank stock`: a bank's counter. What takes two people is proposed here and approved by another. */
import { signInquiry } from '../../src/bank/call-inquiries.ts'
import { parseMailAddress } from '../../src/bank/confirmations/mail-address.ts'
import { parseAccountNumber, parseVoucherNumber } from '../../src/ids.ts'
import type { Closings } from '../../src/keys/origin-tries.ts'
import { formatMoney } from '../../src/money.ts'
import { CannotDo } from '../../src/operations/cannot-do.ts'
import type { Where } from '../../src/operations/installation/file.ts'
import { now, systemRuntime } from '../../src/runtime.ts'
import { minorUnits } from '../amounts.ts'
import { atInstitution, proposeAt, refusals, type Signing, signerOf } from '../at-institution.ts'
import { shownDate } from '../dates.ts'

export async function open(
  id: string,
  options: Where & { nameEn: string; nameZh: string; business?: boolean },
): Promise<void> {
  const name = { en: options.nameEn, zh: options.nameZh }
  const { account, pin } = await atInstitution(id, options).ask('customers.open', {
    name,
    isBusiness: options.business ?? false,
  })
  process.stdout.write(`account ${account}\nPIN ${pin.reveal()}, for the customer alone\n`)
}

export async function show(id: string, account: string, where: Where): Promise<void> {
  const at = atInstitution(id, where)
  const shown = await at.ask('customers.show', { account: numberOf(account) })
  if (shown.outcome === 'unknown-account') throw new CannotDo(`${id} has no account ${account}`)
  const { name, balance, closings, mail } = shown
  process.stdout.write(`${name.en} ${name.zh}, ${formatMoney(balance)}\n`)
  if (mail !== undefined) process.stdout.write(`is written to at ${mail}\n`)
  for (const line of closedTo(closings, at.entry)) process.stdout.write(`${line}\n`)
}

/** What wrong PINs have closed, and until when. Which telephones it is nobody can tell: the books know no caller. */
function closedTo(
  { origins, until, toAllOn }: Closings,
  { cutOff, timeZone }: { readonly cutOff: string; readonly timeZone: string },
): string[] {
  const lines: string[] = []
  if (toAllOn !== undefined)
    lines.push(
      `closed to all but known telephones until ${cutOff} (${timeZone}), when the business date ${toAllOn} ends`,
    )
  if (origins > 0 && until !== undefined)
    lines.push(`closed to ${origins === 1 ? 'one telephone' : `${origins} telephones`} until ${shownDate(until)}`)
  if (lines.length > 0) lines.push('`tonebank customers unblock` opens it')
  return lines
}

/** What was kept of calls that signed in to an account, for its customer; who asks, and why, is noted. */
export async function calls(
  id: string,
  account: string,
  options: Signing & { readonly why: string; readonly json?: boolean },
): Promise<void> {
  const at = atInstitution(id, options)
  const signer = await signerOf(at.folder, options)
  const asked = { account: numberOf(account), why: options.why }
  const shown = await at.ask(
    'customers.calls',
    signInquiry(signer, at.entry.id, asked, now({ runtime: systemRuntime })),
  )
  if (shown.outcome === 'unknown-account') throw new CannotDo(`${id} has no account ${account}`)
  if (shown.outcome !== 'shown') throw new CannotDo(refusals[shown.outcome])
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify(shown)}\n`)
    return
  }
  process.stdout.write(`Calls are kept for ${shown.keepDays} days; ${shown.calls.length} signed in to this account.\n`)
  for (const { at: began, line, seconds, how, did } of shown.calls) {
    process.stdout.write(`${shownDate(began)}  line ${line}  ${seconds} s  ${how}\n`)
    for (const { at: when, what, outcome } of did)
      process.stdout.write(`  ${shownDate(when)}  ${what}${outcome === undefined ? '' : `: ${outcome}`}\n`)
  }
}

export async function payIn(id: string, account: string, amount: string, options: Signing): Promise<void> {
  const at = atInstitution(id, options)
  const minor = minorUnits(amount, at.entry.currency)
  await proposeAt(at, 'pay-in', { account: numberOf(account), minor }, options)
}

/** What was cleared for a payee goes to its own account. */
export async function payOut(
  id: string,
  payee: string,
  account: string,
  amount: string,
  options: Signing,
): Promise<void> {
  const at = atInstitution(id, options)
  const minor = minorUnits(amount, at.entry.currency)
  await proposeAt(at, 'pay-out', { payee, account: numberOf(account), minor }, options)
}

/** What is unsold of a payee becomes unsellable, and the payee withdraws it. */
export async function leave(id: string, payee: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'leave-payee', { payee }, options)
}

export async function unblock(id: string, account: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'unblock', { account: numberOf(account) }, options)
}

export async function liftBlock(id: string, account: string, what: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'lift-block', { account: numberOf(account), what }, options)
}

export async function clearVoucher(id: string, voucher: string, options: Signing): Promise<void> {
  const number = parseVoucherNumber(voucher)
  if (number === undefined) throw new CannotDo(`${voucher} is no voucher number`)
  await proposeAt(atInstitution(id, options), 'clear-voucher', { voucher: number }, options)
}

export async function close(id: string, account: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'close-account', { account: numberOf(account) }, options)
}

export async function limit(
  id: string,
  account: string,
  perItem: string,
  perDay: string,
  options: Signing & { channel: string },
): Promise<void> {
  const at = atInstitution(id, options)
  const [once, daily] = [minorUnits(perItem, at.entry.currency), minorUnits(perDay, at.entry.currency)]
  if (once > daily) throw new CannotDo('no more may leave an account at once than in a day')
  const request = { account: numberOf(account), channel: options.channel, perItem: once, perDay: daily }
  await proposeAt(at, 'set-limit', request, options)
}

/** Where its customer is told in writing what happens on an account; without an address: nowhere any more. */
export async function address(
  id: string,
  account: string,
  text: string | undefined,
  options: Signing & { readonly none?: boolean },
): Promise<void> {
  if ((text === undefined) !== (options.none === true))
    throw new CannotDo('say either an address or --none, for a customer who wants no mail any more')
  const taken = text === undefined ? '' : parseMailAddress(text)
  if (taken === undefined) throw new CannotDo(`${text} is no address of mail that is taken here`)
  await proposeAt(atInstitution(id, options), 'set-address', { account: numberOf(account), address: taken }, options)
}

export async function resetPin(id: string, account: string, options: Signing): Promise<void> {
  await proposeAt(atInstitution(id, options), 'reset-pin', { account: numberOf(account) }, options)
}

export async function order(id: string, where: Where): Promise<void> {
  await atInstitution(id, where).ask('stock.replenish', {})
  process.stdout.write('Every voucher that is short is ordered.\n')
}

function numberOf(text: string) {
  const account = parseAccountNumber(text)
  if (account === undefined) throw new CannotDo(`${text} is no account number`)
  return account
}
