/** Whether a record is sold of which no activation has come: its bank is asked, while the caller waits. */
import { noteTold } from '../institution/gap.ts'
import type { Elsewhere } from '../keys/fixed-answer.ts'
import type { Comparison } from '../keys/tries.ts'
import { Undeliverable } from '../mail/transport.ts'
import { DeadlineExceeded } from '../runtime.ts'
import { activate } from './activation.ts'
import type { Registered } from './register.ts'
import { aboutWhom, promiseOf, type Shop } from './shop.ts'

/**
 * A secret is right and no activation has come: its letter may be on its way, so the bank is asked. Out of reach, the answer
 * is no, without counting: the floor limit is zero. An answer that comes too late for this caller still counts: the next try
 * finds the voucher active.
 */
export async function askItsBank(shop: Shop, record: Registered, elsewhere: Elsewhere): Promise<Comparison> {
  try {
    return await elsewhere.ask(`whether ${record.bank} sold a record`, learnWhetherSold(shop, record))
  } catch (error) {
    if (error instanceof DeadlineExceeded || error instanceof Undeliverable) return 'undecided'
    throw error
  }
}

async function learnWhetherSold(shop: Shop, { bank, batch, serial }: Registered): Promise<Comparison> {
  const { mail, store, config, house } = shop
  const answer = await mail.ask(bank, 'is-sold', { ...aboutWhom(shop), batch, serial }, config.isSoldDeadlineMs)
  if (!answer.sold) return 'wrong'
  const { activation } = answer
  const { outcome } = await store.execute(async tx => {
    const activated = await activate(tx, shop, bank, activation)
    if (activated.outcome !== 'refused') await noteTold(tx, house, bank, promiseOf(activation.number), undefined)
    return activated
  })
  // A held one is a sold voucher whose buyer has to wait: no try is counted.
  if (outcome === 'held') return 'undecided'
  return outcome === 'active' ? 'right' : 'wrong'
}
