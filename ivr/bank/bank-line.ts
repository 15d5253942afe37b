/**
 * The bank's line: "Welcome to Harbour Bank." Language, sign-in, whatever an earlier call left open, and then the main
 * menu until the caller has had enough.
 */
import type { Bank, Customer } from '../../src/bank/bank.ts'
import type { Call } from '../../src/phone/call.ts'
import { greet } from '../dialogs/greet.ts'
import { originOf } from '../dialogs/origin.ts'
import { accessMenu } from './access.ts'
import { tellBalance } from './balance.ts'
import { blockSomething } from './block.ts'
import { buyVoucher } from './buy-voucher.ts'
import { largePayment } from './large-payment.ts'
import { myVouchers } from './my-vouchers.ts'
import { recentTransactions } from './recent-transactions.ts'
import { tellWhatBecameOf } from './resumed-call.ts'
import { signIn } from './sign-in.ts'
import { stillSignedIn } from './still-signed-in.ts'
import { tellReturned } from './tell-returned.ts'
import { tellUnconfirmedVouchers } from './tell-voucher.ts'
import { transfer } from './transfer.ts'
import { tellTransferNews } from './transfer-news.ts'

export async function bankLine(call: Call, bank: Bank): Promise<void> {
  const known = call.resumed ? undefined : await call.during(bank.languageAt(originOf(call)))
  await greet(call, 'bank.welcome', bank.name, known)
  if (call.resumed?.intent) await tellWhatBecameOf(call, bank, call.resumed.intent)

  const { customer, returned } = await signIn(call, bank)
  await tellTransferNews(call, bank, customer)
  await tellUnconfirmedVouchers(call, bank, customer)
  await tellReturned(call, bank, customer, returned)
  await mainMenu(call, bank, customer)
}

function mainMenu(call: Call, bank: Bank, signedIn: Customer): Promise<void> {
  let customer = signedIn
  const own = (work: (call: Call, bank: Bank, customer: Customer) => Promise<void>) => async () => {
    await stillSignedIn(call, bank, customer)
    await work(call, bank, customer)
  }
  return call.menu('bank.menu', {
    phrase: 'bank.menu',
    help: 'bank.help',
    choices: {
      '1': own(tellBalance),
      '2': own(buyVoucher),
      '3': own(transfer),
      '4': own(recentTransactions),
      '5': own(myVouchers),
      '6': own(largePayment),
      '7': async () => {
        customer = await accessMenu(call, bank, customer)
      },
      '8': own(blockSomething),
    },
  })
}
