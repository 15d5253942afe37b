/** What the bank's line must read out: a voucher until it is written down, untold ones, all of them, the transactions. */
import type { BackupTelling, BoughtVoucher, PasskeyCode, PastTransaction } from '../../../src/bank/bank.ts'
import { type PhraseKey, type Utterance, utterance } from '../../../src/speech/speech.ts'
import { answer, type BankMind, type BankTurn, menu, need } from './bank-mind.ts'
import { shanghaiDate } from './facts.ts'
import { changing, type Expected, saying, to } from './spec.ts'

export function tellUntold(mind: BankMind, [voucher, ...others]: BoughtVoucher[]): Expected {
  if (!voucher) return tellReturned(mind)
  const pending = utterance('buy.pending-first', { amount: voucher.amount, payee: voucher.payee.name })
  return saying(
    [pending],
    tell(mind, voucher, () => tellUntold(mind, others)),
  )
}

/** Once each, before the menu. */
function tellReturned(mind: BankMind): Expected {
  const returned = mind.returned ?? []
  mind.returned = []
  if (returned.length === 0) return menu()
  const says = returned.map(({ kind, at, amount, payee }) =>
    utterance(`returned.${kind}`, { date: shanghaiDate(at), amount, payee }),
  )
  const heard = { method: 'heardOfReturned', facts: { account: mind.account, ids: returned.map(({ id }) => id) } }
  return {
    ...changing(heard, saying(says, menu())),
    inFull: ['returned.lost', 'returned.refund', 'returned.remainder'],
  }
}

const bothInFull: readonly PhraseKey[] = ['voucher.number', 'voucher.password']

export function tell(mind: BankMind, voucher: BoughtVoucher, afterwards: () => Expected): Expected {
  if (voucher.state !== 'unconfirmed') throw new Error('a confirmed voucher has no password to tell')
  mind.telling = { voucher, afterwards }
  const { number, password } = voucher
  const says = [utterance('voucher.number', { number }), utterance('voucher.password', { password })]
  return { says, inFull: bothInFull, next: 'voucher.written' }
}

export function readTransactions(turn: BankTurn): Expected {
  const lines = answer<readonly PastTransaction[]>(turn, 'recentTransactions')
  if (lines.length === 0) return saying([utterance('transactions.none', {})], menu())

  const readFrom = (start: number): Expected => {
    const page = lines.slice(start, start + 3).map(readTransaction)
    if (start + 3 >= lines.length) return saying([...page, utterance('transactions.end', {})], menu())
    turn.mind.more = () => readFrom(start + 3)
    return saying(page, to('transactions.more'))
  }
  return saying([utterance('transactions.intro', {})], readFrom(0))
}

function readTransaction({ at, amount: signed, kind, counterparty }: PastTransaction): Utterance {
  const minor = signed.minor < 0n ? -signed.minor : signed.minor
  const values = { date: shanghaiDate(at), amount: { ...signed, minor } }
  if (!counterparty && kind !== 'deposit') return utterance('transactions.other', values)
  switch (kind) {
    case 'correction':
    case 'recovery-loss':
      return utterance('transactions.other', values)
    case 'deposit':
      return utterance('transactions.deposit', values)
    case 'voucher':
      return utterance('transactions.bought', { ...values, payee: need(counterparty) })
    case 'transfer-out':
      return utterance('transactions.sent', { ...values, payee: need(counterparty) })
    case 'transfer-in':
      return utterance('transactions.received', { ...values, payer: need(counterparty) })
    case 'transfer-back':
      return utterance('transactions.came-back', { ...values, payee: need(counterparty) })
    case 'refund':
      return utterance('transactions.refund', { ...values, payee: need(counterparty) })
  }
}

export function readVouchers({ mind }: BankTurn): Expected {
  const list = mind.vouchers.toReversed()
  const count = list.length
  if (count === 0) return saying([utterance('vouchers.none', {})], menu())

  const readFrom = (index: number): Expected => {
    const voucher = need(list[index])
    const onwards = () => {
      mind.listed = voucher
      mind.more = () => readFrom(index + 1)
      return to(index + 1 === count ? 'vouchers.last' : 'vouchers.more')
    }
    const { number, payee, amount } = voucher
    const item = utterance('vouchers.item', { number, payee: payee.name, amount })
    const items = voucher.isEnded
      ? [item, utterance('vouchers.ended', {})]
      : voucher.isBlocked
        ? [item, utterance('vouchers.blocked', {})]
        : [item]
    mind.onwards = onwards
    if (voucher.state === 'confirmed') return saying(items, onwards())
    return saying([...items, utterance('vouchers.unconfirmed', {})], tell(mind, voucher, onwards))
  }
  return saying([count === 1 ? utterance('vouchers.one', {}) : utterance('vouchers.count', { count })], readFrom(0))
}

/** Of the voucher that was read last, and no other. */
export function readBackup(turn: BankTurn): Expected {
  const { mind } = turn
  const telling = answer<BackupTelling>(turn, 'backupPassword')
  const asked = { method: 'backupPassword', facts: { buyer: mind.account, voucher: need(mind.listed).id } }
  if (telling.outcome !== 'told') return changing(asked, saying([utterance('backup.gone', {})], need(mind.onwards)()))
  mind.backup = utterance('backup.password', { password: telling.backup })
  return changing(asked, saying([utterance('backup.intro', {})], tellBackup(turn)))
}

export function tellBackup({ mind }: BankTurn): Expected {
  return { says: [need(mind.backup)], inFull: ['backup.password'], next: 'backup.written' }
}

/** A new one each time that it is asked for, and the same as often as it is told. */
export function readPasskeyCode(turn: BankTurn): Expected {
  const { code, forMs } = answer<PasskeyCode>(turn, 'passkeyCode')
  const asked = { method: 'passkeyCode', facts: { first: turn.mind.account } }
  turn.mind.code = utterance('passkey.password', { password: code })
  return changing(asked, saying([utterance('passkey.intro', { minutes: forMs / 60_000 })], tellPasskeyCode(turn)))
}

export function tellPasskeyCode({ mind }: BankTurn): Expected {
  return { says: [need(mind.code)], inFull: ['passkey.password'], next: 'passkey.written' }
}
