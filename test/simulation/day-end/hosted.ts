/** What happens to private payees on a day before its night: one is paid twice and a voucher of it is ended, one is paid once, one is not paid. */
import { bankIdentities } from '../../../src/bank/audit.ts'
import type { Payee } from '../../../src/bank/bank.ts'
import { hostIdentities } from '../../../src/merchant/host/audit.ts'
import { yuan } from '../../../src/money.ts'
import { aPhone, intentId } from '../../support/ids.ts'
import { alarmsOf, faultsIn, type HowProved } from '../../support/proof.ts'
import type { World } from '../../support/world.ts'

/** Until no letter is under way and nothing of a day end is left to do. */
export async function hostedLettersArrive(world: World): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await world.harbour.dayEnd.idle()
    await world.harbour.mail.idle()
    await world.neighbours().ordersFilled()
    await world.neighbours().dayEnd.idle()
    await world.neighbours().mail.idle()
  }
}

export async function arePaid(world: World, payments = 0): Promise<void> {
  const { ada, bo, dora } = world.customers
  const [first, second] = [await enrolled(world, ada.account), await enrolled(world, bo.account)]
  await enrolled(world, dora.account)
  const ended = await opened(world, first, 'ended')
  await pay(ended, 'before the end', 3n)
  await ended.merchant.endVoucher({ intent: intentId('end'), session: ended.session })
  const other = await opened(world, second, 'other')
  await pay(other, 'whole', 20n)
  const many = await opened(world, first, 'many')
  for (let i = 0; i < payments; i++) await pay(many, `payment ${i}`, 1n, 100n)
  await pay(many, 'last', 4n)
  // What the night would order is drawn by chance: it is ordered before.
  await world.harbour.teller.replenish()
  await hostedLettersArrive(world)
}

export async function enrolled(world: World, account: Parameters<World['bank']['becomePayee']>[0]): Promise<Payee> {
  const being = await world.bank.becomePayee(account)
  await hostedLettersArrive(world)
  const payee = being.outcome === 'payee' ? await world.bank.findPayee(being.number) : undefined
  if (payee === undefined) throw new Error(`nobody became a payee: ${being.outcome}`)
  return payee
}

export type Open = Awaited<ReturnType<typeof opened>>

export async function opened(world: World, payee: Payee, name: string) {
  const { account } = world.customers.cai
  const order = { buyer: account, payee: payee.id, amount: yuan(50n), channel: 'telephone' } as const
  const sale = await world.bank.sellVoucher({ intent: intentId(name), ...order })
  if (sale.outcome !== 'sold') throw new Error(sale.outcome)
  await hostedLettersArrive(world)
  const { host } = world.neighbours()
  const found = await host.findPayee({ number: payee.number, origin: aPhone })
  if (found.outcome !== 'found') throw new Error(found.outcome)
  const merchant = host.at(found.payee)
  const opening = await merchant.openVoucher({ ...sale.voucher, origin: aPhone })
  if (opening.outcome !== 'open') throw new Error(opening.outcome)
  return { merchant, session: opening.session, number: sale.voucher.number }
}

/** So many yuan, or a part of one. */
export async function pay({ merchant, session }: Open, name: string, whole: bigint, partOf = 1n): Promise<void> {
  const amount = { ...yuan(whole), minor: yuan(whole).minor / partOf }
  const paid = await merchant.pay({ intent: intentId(name), session, amount })
  if (paid.outcome !== 'paid') throw new Error(paid.outcome)
}

/** Everything that is wrong in the books of a bank and its host. */
export async function faultsOfHost(world: World, how: HowProved = {}): Promise<readonly string[]> {
  const [bank, host] = [world.harbour, world.neighbours()]
  return [
    ...(await faultsIn(bank, bankIdentities({ tenant: 'harbour', chain: 'main' }), [host], how)),
    ...(await faultsIn(host, hostIdentities({ tenant: 'neighbours', chain: 'main' }), [bank], how)),
    ...(await alarmsOf(bank)),
    ...(await alarmsOf(host)),
  ]
}
