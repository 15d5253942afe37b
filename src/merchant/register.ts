/**
 * The register of voucher records as one reads it: who made a voucher worth something, and whether it still is.
 *
 *     1 print                                  ──▶ issued
 *     2 activation     issued                  ──▶ active              its bank has sold it
 *     3 payment        active, locked, closed  ──▶ exhausted           the last of its value was paid, in an open session
 *     4 wrong tries    active                  ──▶ locked              the third password; closed, if 5 came first
 *     5 wrong tries    locked                  ──▶ identity required   the third backup password: closed
 *     6 unlocking      locked                  ──▶ active              its backup password was right
 *     7 termination    active, locked, closed  ──▶ terminated          ended by its holder, in an open session
 *
 * In any other state tries change nothing. A voucher whose password still opens it stays active when its backup password
 * runs out of tries: who guesses at the one does not take away the other.
 */
import type { InstitutionId, VoucherNumber } from '../ids.ts'
import type { Elsewhere } from '../keys/fixed-answer.ts'
import type { Comparison } from '../keys/tries.ts'
import { Undeliverable } from '../mail/transport.ts'
import { DeadlineExceeded } from '../runtime.ts'
import type { ReadTx } from '../store/store.ts'
import { activate } from './activation.ts'
import type { Dead } from './merchant.ts'
import type { OpenSession } from './sessions.ts'
import type { Shop } from './shop.ts'

export type VoucherState = 'issued' | 'active' | 'locked' | 'identity required' | 'exhausted' | 'terminated'

export type Registered = {
  readonly bank: InstitutionId
  readonly batch: string
  readonly serial: bigint
  readonly state: VoucherState
  readonly generation: bigint
  readonly password: string
  readonly backup: string
  readonly reveal: string
  readonly revealable: string
}

export function registered(tx: ReadTx, tenant: InstitutionId, number: VoucherNumber): Promise<Registered | undefined> {
  return tx.one<Registered>(
    `SELECT bank, batch, serial, state, generation, password, backup, reveal, revealable
     FROM voucher WHERE tenant = ? AND number = ?`,
    tenant,
    number,
  )
}

/** Why a right secret of the voucher is of no use any more. */
export function deadAs(state: VoucherState): Dead | undefined {
  return state === 'exhausted' || state === 'terminated' ? { outcome: state } : undefined
}

/** Undefined when the session's voucher has another password since, or has ended. */
export async function inSession(tx: ReadTx, shop: Shop, session: OpenSession): Promise<Registered | undefined> {
  const record = await registered(tx, shop.config.id, session.number)
  return record?.generation === session.generation && record.state !== 'terminated' ? record : undefined
}

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
  const { mail, store, config } = shop
  const answer = await mail.ask(bank, 'is-sold', { batch, serial }, config.isSoldDeadlineMs)
  if (!answer.sold) return 'wrong'
  const { activation } = answer
  const { outcome } = await store.execute(tx => activate(tx, shop, bank, activation))
  // A held one is a sold voucher whose buyer has to wait: no try is counted.
  if (outcome === 'held') return 'undecided'
  return outcome === 'active' ? 'right' : 'wrong'
}
