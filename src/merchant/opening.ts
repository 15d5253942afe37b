/**
 * Opening a voucher with number and password. A bad check digit says so; whatever else is wrong (unknown, unsold, locked,
 * the password) is one answer at one instant, and counts as a try of that number whether or not it exists.
 */

import type { VoucherNumber } from '../ids.ts'
import { isUnderReview } from '../institution/gap.ts'
import type { Elsewhere } from '../keys/fixed-answer.ts'
import type { Comparison } from '../keys/tries.ts'
import { balanceOf } from '../ledger/accounts.ts'
import type { Secret } from '../secret.ts'
import type { Tx } from '../store/store.ts'
import { askItsBank } from './ask-its-bank.ts'
import type { FrontDoor } from './front-door.ts'
import { untold } from './given-back.ts'
import { lockAfterLastPassword } from './locks.ts'
import type { Dead, Opening, OpeningRequest } from './merchant.ts'
import { deadAs, registered } from './register.ts'
import { passwordOwner, promiseOf, type Shop } from './shop.ts'

type Opened =
  | (Omit<Extract<Opening, { outcome: 'open' }>, 'session'> & { readonly generation: bigint })
  | { readonly outcome: 'under-review' }
  | Dead

export function openingDesk(shop: Shop, door: FrontDoor): (request: OpeningRequest) => Promise<Opening> {
  const { passwordTries, sessions } = shop
  const open = async ({ number, password }: OpeningRequest, elsewhere: Elsewhere): Promise<Opening> => {
    const tried = await passwordTries.attempt(
      number,
      () => compare(shop, number, password, elsewhere),
      async (tx, comparison, triesLeft) => {
        if (comparison === 'right') return opened(tx, shop, number)
        await lockAfterLastPassword(tx, shop, number, triesLeft)
        return undefined
      },
    )
    if (tried.outcome === 'busy') return { outcome: 'busy' }
    if (tried.outcome !== 'right' || tried.value === undefined) return { outcome: 'refused' }
    if (tried.value.outcome !== 'open') return tried.value
    const { generation, ...facts } = tried.value
    return { ...facts, session: sessions.begin({ number, generation }) }
  }
  return request => door.admit(request, isRefused, elsewhere => open(request, elsewhere))
}

/** Whoever is told that a voucher is dead, or is being looked at, had the right password. */
function isRefused({ outcome }: Opening): boolean {
  return outcome === 'refused' || outcome === 'busy' || outcome === 'bad-number'
}

/** Right only when the password is right and the voucher is sold, whoever has to be asked. */
async function compare(shop: Shop, number: VoucherNumber, password: Secret, elsewhere: Elsewhere): Promise<Comparison> {
  const { store, verifiers, config } = shop
  const record = await store.read(tx => registered(tx, config.id, number))
  const verified = await verifiers.verify(record?.password, password, passwordOwner(number))
  if (verified === 'busy') return 'undecided'
  if (verified === 'wrong' || record === undefined) return 'wrong'
  return record.state === 'issued' ? askItsBank(shop, record, elsewhere) : 'right'
}

/** Undefined when the voucher is locked, or was while the password was compared. */
async function opened(tx: Tx, shop: Shop, number: VoucherNumber): Promise<Opened | undefined> {
  const record = await registered(tx, shop.config.id, number)
  if (record === undefined) return undefined
  const { state, generation } = record
  if (state !== 'active') return deadAs(state)
  if (await isUnderReview(tx, shop.house, promiseOf(number))) return { outcome: 'under-review' }
  const { available } = await balanceOf(tx, promiseOf(number), shop.chain)
  return { outcome: 'open', generation, remaining: available, givenBack: await untold(tx, shop, number) }
}
