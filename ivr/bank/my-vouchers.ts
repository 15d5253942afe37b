/**
 * The vouchers a customer has bought, the newest first. One that is not yet confirmed is told in full, password and
 * all; of a confirmed one the bank knows no password any more: number, payee and amount. The backup password of each is told
 * to whoever asks for it here, as this is the account that bought it.
 */
import type { Bank, BoughtVoucher, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { tellSecret } from '../dialogs/tell-secret.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellVoucher } from './tell-voucher.ts'

export async function myVouchers(call: Call, bank: Bank, customer: Customer): Promise<void> {
  const vouchers = await call.during(bank.vouchers(customer.account))
  if (vouchers.length === 0) return call.say('vouchers.none')

  await (vouchers.length === 1 ? call.say('vouchers.one') : call.say('vouchers.count', { count: vouchers.length }))
  for (const [index, voucher] of vouchers.entries()) {
    const { number, payee, amount } = voucher
    await call.say('vouchers.item', { number, payee: payee.name, amount })
    if (voucher.isEnded) await call.say('vouchers.ended')
    else if (voucher.isBlocked) await call.say('vouchers.blocked')
    if (voucher.state === 'unconfirmed') {
      await call.say('vouchers.unconfirmed')
      await tellVoucher(call, bank, customer, voucher)
    }
    const isLast = index === vouchers.length - 1
    while ((await askWhatNext(call, isLast)) === 'backup') await tellBackup(call, bank, customer, voucher)
  }
}

/** From the last one the way leads back. */
function askWhatNext(call: Call, isLast: boolean): Promise<'backup' | 'more'> {
  if (isLast) return call.choose('vouchers.last', { phrase: 'vouchers.last', choices: { '2': 'backup' } })
  return call.choose('vouchers.more', { phrase: 'vouchers.more', choices: { '1': 'more', '2': 'backup' } })
}

async function tellBackup(call: Call, bank: Bank, customer: Customer, { id }: BoughtVoucher): Promise<void> {
  await stillSignedIn(call, bank, customer)
  const buyer = customer.account
  const answer = await call.during(bank.backupPassword({ buyer, voucher: id }))
  switch (answer.outcome) {
    case 'told':
      await call.say('backup.intro')
      return tellSecret(call, 'backup', answer.backup)
    case 'gone':
    case 'unknown-voucher':
      return call.refuse('backup.gone')
  }
}
