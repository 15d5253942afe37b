/**
 * Opening a voucher with number and password. A bad check digit says so; whatever else is wrong (unknown, unsold, locked,
 * the password) is one answer at one instant, and counts as a try of that number whether or not it exists.
 *
 *     1 print                    ──▶ issued
 *     2 activation    issued     ──▶ active      its bank has sold it
 *     3 payment       active     ──▶ exhausted   the last of its value was paid
 *     4 wrong tries   active     ──▶ locked      the third; in any other state tries change nothing
 */

import type { InstitutionId, VoucherNumber } from '../ids.ts'
import { isUnderReview, noteTold } from '../institution/gap.ts'
import { answerAtFixedInstant, type Elsewhere } from '../keys/fixed-answer.ts'
import { OriginLimit, RateLimit, takeFromAll } from '../keys/rate-limit.ts'
import type { Comparison } from '../keys/tries.ts'
import { balanceOf } from '../ledger/accounts.ts'
import { Undeliverable } from '../mail/transport.ts'
import type { Money } from '../money.ts'
import { DeadlineExceeded } from '../runtime.ts'
import type { Secret } from '../secret.ts'
import type { ReadTx, Tx } from '../store/store.ts'
import { parseByPlan } from '../voucher/voucher-number.ts'
import { activate } from './activation.ts'
import type { Opening, OpeningRequest } from './merchant.ts'
import { passwordOwner, promiseOf, type Shop } from './shop.ts'

type Registered = {
  readonly bank: InstitutionId
  readonly batch: string
  readonly serial: bigint
  readonly state: 'issued' | 'active' | 'locked' | 'exhausted'
  readonly generation: bigint
  readonly password: string
}

type Opened = {
  readonly generation: bigint
  readonly remaining: Money
  readonly isExhausted: boolean
  readonly isClosed: boolean
}

/** Numbers that begin alike, up to their last four digits, are one range: guessing along a range is slowed as a whole. */
const rangeDigits = 4

export function openingDesk(shop: Shop): (request: OpeningRequest) => Promise<Opening> {
  const { runtime, config, passwordTries, sessions } = shop
  const perNumber = new RateLimit(runtime, config.openingRates.number)
  const perOrigin = new OriginLimit(runtime, config.openingRates)
  const perRange = new RateLimit(runtime, config.openingRates.range)
  const overall = new RateLimit(runtime, config.openingRates.overall)
  const open = async ({ number, password, origin }: OpeningRequest, elsewhere: Elsewhere): Promise<Opening> => {
    const range = number.slice(0, -rangeDigits)
    const own = [[perNumber, number], perOrigin.bucketOf(origin)] as const
    if (!takeFromAll(...own, [perRange, range], [overall, 'all'])) return { outcome: 'busy' }
    const tried = await passwordTries.attempt(
      number,
      () => compare(shop, number, password, elsewhere),
      (tx, comparison, triesLeft) =>
        comparison === 'right' ? opened(tx, shop, number) : lockAfterLast(tx, shop, number, triesLeft),
    )
    switch (tried.outcome) {
      case 'busy':
        return { outcome: 'busy' }
      case 'wrong':
      case 'locked':
        return { outcome: 'refused' }
      case 'undecided':
        return { outcome: 'refused' }
      case 'right': {
        if (tried.value === undefined) return { outcome: 'refused' }
        const { generation, remaining, isExhausted, isClosed } = tried.value
        if (isClosed) return { outcome: 'under-review' }
        if (isExhausted) return { outcome: 'exhausted' }
        return { outcome: 'open', session: sessions.begin({ number, generation }), remaining }
      }
    }
  }
  // Check digits say nothing about what exists, so what does not fit is answered at once.
  return async request =>
    parseByPlan(request.number, config.numbers) === undefined
      ? { outcome: 'bad-number' }
      : answerAtFixedInstant(runtime, { isRefused }, elsewhere => open(request, elsewhere))
}

/** Whoever is told `exhausted` had the right password. */
function isRefused({ outcome }: Opening): boolean {
  return outcome !== 'open' && outcome !== 'exhausted'
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

/**
 * The password is right and no activation has come: its letter may be on its way, so the bank is asked. Out of reach, the
 * answer is no, without counting: the floor limit is zero. An answer that comes too late for this caller still counts: the
 * next try finds the voucher active.
 */
async function askItsBank(shop: Shop, record: Registered, elsewhere: Elsewhere): Promise<Comparison> {
  try {
    return await elsewhere.ask(`whether ${record.bank} sold a record`, learnWhetherSold(shop, record))
  } catch (error) {
    if (error instanceof DeadlineExceeded || error instanceof Undeliverable) return 'undecided'
    throw error
  }
}

async function learnWhetherSold(shop: Shop, { bank, batch, serial }: Registered): Promise<Comparison> {
  const { mail, store, config } = shop
  const answer = await mail.ask(bank, 'is-sold', { batch, serial }, config.isSoldDeadlineMs)
  if (!answer.sold) return 'wrong'
  const { activation } = answer
  const { outcome } = await store.execute(async tx => {
    const activated = await activate(tx, shop, bank, activation)
    if (activated.outcome !== 'refused') await noteTold(tx, config.id, bank, promiseOf(activation.number), undefined)
    return activated
  })
  // A held one is a sold voucher whose buyer has to wait: no try is counted.
  if (outcome === 'held') return 'undecided'
  return outcome === 'active' ? 'right' : 'wrong'
}

/** Undefined when the voucher was locked while the password was compared. */
async function opened(tx: Tx, shop: Shop, number: VoucherNumber): Promise<Opened | undefined> {
  const record = await registered(tx, shop.config.id, number)
  if (record === undefined || record.state === 'locked' || record.state === 'issued') return undefined
  const { available } = await balanceOf(tx, promiseOf(number), shop.chain)
  const isClosed = await isUnderReview(tx, shop.config.id, promiseOf(number))
  return { generation: record.generation, remaining: available, isExhausted: record.state === 'exhausted', isClosed }
}

/** The third wrong password locks, and ends every session of the voucher. */
async function lockAfterLast(tx: Tx, shop: Shop, number: VoucherNumber, triesLeft: number): Promise<undefined> {
  if (triesLeft > 0) return
  await tx.run(
    `UPDATE voucher SET state = 'locked', generation = generation + 1 WHERE tenant = ? AND number = ? AND state = 'active'`,
    shop.config.id,
    number,
  )
}

/** At start: a process that died between the third slot and its result left a voucher without slots: it is locked. */
export async function lockWhatRanOut(shop: Shop): Promise<void> {
  await shop.store.execute(tx =>
    tx.run(
      `UPDATE voucher SET state = 'locked', generation = generation + 1
       WHERE tenant = ? AND state = 'active' AND EXISTS (SELECT 1 FROM tries
         WHERE tries.tenant = voucher.tenant AND secret = 'password' AND subject = number AND used >= 3)`,
      shop.config.id,
    ),
  )
}

export function registered(tx: ReadTx, tenant: InstitutionId, number: VoucherNumber): Promise<Registered | undefined> {
  return tx.one<Registered>(
    'SELECT bank, batch, serial, state, generation, password FROM voucher WHERE tenant = ? AND number = ?',
    tenant,
    number,
  )
}
