/** A caller who ends a voucher: its password is dead at once, and what is left goes back to whoever bought it. */
import { drawIntentId } from '../../../src/ids.ts'
import type { Money } from '../../../src/money.ts'
import { aPhone } from '../../support/ids.ts'
import type { BankHouse, PayeeHouse } from '../../support/network/network.ts'
import type { Line } from './line.ts'
import { NoAnswer, triesAfterLoss } from './lives.ts'
import { stateOf } from './state-of.ts'
import type { ToldSale } from './told.ts'

export async function endVoucher(line: Line, bank: BankHouse, payee: PayeeHouse, bought: ToldSale): Promise<void> {
  const { runtime, lives, told } = line
  const { number, password, buyer } = bought
  const intent = drawIntentId(runtime)
  try {
    const tries = told.hasLost ? triesAfterLoss : undefined
    const amount = await lives.insist(payee, () => end(payee, bought, intent), tries)
    if (amount === undefined) return
    told.ended({ by: payee.id, bank: bank.id, intent, number, amount, buyer })
    const { outcome } = await lives.insist(payee, () =>
      payee.running.merchant.openVoucher({ number, password, origin: aPhone }),
    )
    if (outcome === 'open' && !told.wentBack(payee.id)) throw new Error(`voucher ${number} was ended, and opens`)
  } catch (error) {
    // A voucher that its payee does not know any more, or whose account is closed until two people release it.
    if (!(error instanceof NoAnswer) || !told.wentBack(bank.id, payee.id)) throw error
  }
}

/** How much is to go back. Undefined: there is nothing left, or nobody can open it. */
async function end(
  payee: PayeeHouse,
  { number, password }: ToldSale,
  intent: ReturnType<typeof drawIntentId>,
): Promise<Money | undefined> {
  const { merchant } = payee.running
  const became = await merchant.resolve({ intent, principal: number })
  if (became.outcome === 'done' && became.kind === 'termination') return became.amount
  const opening = await merchant.openVoucher({ number, password, origin: aPhone })
  if (opening.outcome === 'exhausted') return undefined
  if (opening.outcome !== 'open') {
    const state = await stateOf(payee, number)
    if (state === 'locked') return undefined
    throw new Error(`${opening.outcome}, as it is ${state}`)
  }
  const ended = await merchant.endVoucher({ intent, session: opening.session })
  if (ended.outcome === 'ended') return ended.amount
  if (ended.outcome === 'nothing-left') return undefined
  throw new Error(`a voucher was not ended: ${ended.outcome}`)
}
