/**
 * What callers do with a voucher besides paying: choose another password, ask for a forgotten one, lock it by wrong tries and
 * unlock it. Whatever dies meanwhile, the password that was told last opens, and one that was changed opens nothing.
 */
import { drawIntentId, type VoucherNumber } from '../../../src/ids.ts'
import type { VoucherSession } from '../../../src/merchant/merchant.ts'
import { randomDigits } from '../../../src/runtime.ts'
import { Secret } from '../../../src/secret.ts'
import { aPhone, phoneOf } from '../../support/ids.ts'
import type { BankHouse, PayeeHouse } from '../../support/network/network.ts'
import type { Chance } from './chances.ts'
import type { Line } from './line.ts'
import { triesAfterLoss } from './lives.ts'
import type { Told, ToldSale } from './told.ts'

/** @returns the password from now on */
export async function lookAfter(
  line: Line,
  chance: Chance,
  bank: BankHouse,
  payee: PayeeHouse,
  bought: ToldSale,
): Promise<Secret> {
  switch (chance.below(6)) {
    case 0: {
      const password = await changePassword(line, bank, payee, bought)
      if (chance.oneIn(2)) await askForForgotten(line, bank, payee, { ...bought, password })
      return password
    }
    case 1:
      await askForForgotten(line, bank, payee, bought)
      return bought.password
    case 2:
      await lockAndUnlock(line, bank, payee, bought)
      return bought.password
    default:
      return bought.password
  }
}

/** A session dies with its process: the caller opens again, unless the change was made and its answer lost. */
async function changePassword(line: Line, bank: BankHouse, payee: PayeeHouse, bought: ToldSale): Promise<Secret> {
  const { runtime, lives, told } = line
  const { number, password } = bought
  const intent = drawIntentId(runtime)
  const next = new Secret(`9${randomDigits(runtime, 7)}`)
  const now = await lives.insist(
    payee,
    async () => {
      const { merchant } = payee.running
      if ((await merchant.resolve({ intent, principal: number })).outcome === 'done') return next
      const session = await opened(payee, number, password)
      const { outcome } = await merchant.changePassword({ intent, session, next })
      if (outcome === 'too-easy') return password
      if (outcome !== 'changed') throw new Error(`a password in an open session was not changed: ${outcome}`)
      return next
    },
    triesFor(told, bank, payee),
  )
  for (const [secret, isRight] of [[password, now === password] as const, [now, true] as const]) {
    const { outcome } = await lives.insist(payee, () =>
      payee.running.merchant.openVoucher({ number, password: secret, origin: phoneOf(`+86137${number.slice(-8)}`) }),
    )
    if (outcome === 'busy' || told.wentBack(bank.id, payee.id) || (await ranOut(line, payee, number, 'password')))
      continue
    if ((outcome === 'open') !== isRight)
      throw new Error(`after a change of password the ${isRight ? 'new' : 'old'} one of ${number} is ${outcome}`)
  }
  return now
}

/** The bank tells the backup password, the payee what it reveals. */
async function askForForgotten(line: Line, bank: BankHouse, payee: PayeeHouse, bought: ToldSale): Promise<void> {
  const backup = await backupOf(line, bank, payee, bought)
  if (backup === undefined) return
  const { number, password } = bought
  const answer = await line.lives.insist(payee, () =>
    payee.running.merchant.revealPassword({ number, backup, origin: aPhone }),
  )
  if (answer.outcome === 'revealed' && answer.password.reveal() !== password.reveal())
    throw new Error(`of ${number} another password was revealed than was told`)
  if (answer.outcome !== 'revealed' && answer.outcome !== 'busy' && !line.told.wentBack(bank.id, payee.id)) {
    // Whoever dies between a try and its result has used the try up.
    if (!(await ranOut(line, payee, number, 'backup')))
      throw new Error(`the right backup password was ${answer.outcome}`)
  }
}

async function lockAndUnlock(line: Line, bank: BankHouse, payee: PayeeHouse, bought: ToldSale): Promise<void> {
  const { runtime, lives, told } = line
  const backup = await backupOf(line, bank, payee, bought)
  if (backup === undefined) return
  const { number } = bought
  // Who is refused is kept waiting: the other callers have another telephone.
  const stranger = phoneOf(`+86139${number.slice(-8)}`)
  for (let wrong = 0; wrong < 3; wrong++) {
    const password = new Secret(`8${randomDigits(runtime, 11)}`)
    const { outcome } = await lives.insist(payee, () =>
      payee.running.merchant.openVoucher({ number, password, origin: stranger }),
    )
    if (outcome !== 'refused' && outcome !== 'busy') throw new Error(`a wrong password was answered by ${outcome}`)
  }
  const { outcome } = await lives.insist(payee, async () => {
    const answer = await payee.running.merchant.unlock({ number, backup, origin: aPhone })
    if (answer.outcome === 'busy') throw new Error('too many ask at once')
    return answer
  })
  const isUnlocked = outcome === 'unlocked' || outcome === 'not-locked'
  if (!isUnlocked && !told.wentBack(bank.id, payee.id) && !(await ranOut(line, payee, number, 'backup')))
    throw new Error(`a locked voucher with its backup password is ${outcome}`)
}

/** Once the voucher opens; undefined when its bank, put back, knows nothing of it. */
async function backupOf(
  { lives, told }: Line,
  bank: BankHouse,
  payee: PayeeHouse,
  { number, password, buyer, sale }: ToldSale,
): Promise<Secret | undefined> {
  await lives.insist(payee, () => opened(payee, number, password), triesFor(told, bank, payee))
  const telling = await lives.insist(bank, () => bank.running.bank.backupPassword({ buyer, voucher: sale }))
  return telling.outcome === 'told' ? telling.backup : undefined
}

/** @throws Error when it does not open now */
async function opened({ running }: PayeeHouse, number: VoucherNumber, password: Secret): Promise<VoucherSession> {
  const opening = await running.merchant.openVoucher({ number, password, origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(`a voucher that was told is ${opening.outcome}`)
  return opening.session
}

function triesFor(told: Told, bank: BankHouse, payee: PayeeHouse): number | undefined {
  return told.wentBack(bank.id, payee.id) ? triesAfterLoss : undefined
}

async function ranOut(
  { lives }: Line,
  payee: PayeeHouse,
  number: VoucherNumber,
  secret: 'password' | 'backup',
): Promise<boolean> {
  const row = await lives.insist(payee, () =>
    payee.running.store.read(tx =>
      tx.one<{ used: bigint }>('SELECT used FROM tries WHERE subject = ? AND secret = ?', number, secret),
    ),
  )
  return (row?.used ?? 0n) >= 3n
}
